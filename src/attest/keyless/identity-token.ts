import { PratiqueError, toPratiqueError } from '../../errors.ts';
import { type JsonFields, readFields } from '../../io/json/json-fields.ts';
import { readJson } from '../../io/json/strict-json.ts';
import { quoted } from '../../model/printable.ts';

/** An OIDC token that says who we are. Whoever has its text can sign in our name: it goes to the certificate authority alone. */
export interface IdentityToken {
  readonly text: string;
  /** what the proof of possession is over: the address, or the subject */
  readonly subject: string;
  /** one of them has to be the issuer that the certificate names */
  readonly issuers: readonly string[];
  /** whom the certificate has to name, where the token tells */
  readonly identity?: string;
}

/** Whom a token is for: what Sigstore's authority, and every private one that nobody changed, wants to read in it. */
export const SIGSTORE_AUDIENCE = 'sigstore';
/** characters; those of GitHub have 2,000, those of a company with many groups 10,000 */
const LIMIT = 16_384;
/** header, claims, signature; RFC 7519, section 3 */
const SHAPE = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)$/;
const WHERE = 'identity token';

/**
 * Reads an identity token: only what is needed to ask for a certificate with it. Its signature is the authority's to check.
 * @param audience whom it must be for; one for somebody else would show them, or us, what they may not see
 * @throws {PratiqueError} `SIGNING_FAILED`, without a word of the token
 * @see RFC 7519; Fulcio, docs/oidc.md
 */
export function readIdentityToken(
  text: string,
  now: Date,
  audience: string = SIGSTORE_AUDIENCE,
): IdentityToken {
  try {
    return readToken(text.trim(), now, audience);
  } catch (thrown) {
    const error = toPratiqueError(thrown);
    // The reader's words could quote a claim.
    throw error.code === 'SIGNING_FAILED' ? error : unusable('a claim of it is not what it should be');
  }
}

function readToken(trimmed: string, now: Date, audience: string): IdentityToken {
  const [, , body] = (trimmed.length <= LIMIT && SHAPE.exec(trimmed)) || [];
  if (body === undefined) throw unusable('it is not a token as OpenID Connect has them');
  const claims = readClaims(body);
  requireFresh(claims, now);
  requireAudience(claims, audience);
  const issuer = claims.string('iss');
  const broker = claims.optionalObject('federated_claims')?.optionalString('connector_id');
  const identity = identityIn(claims, issuer);
  return {
    text: trimmed,
    subject: subjectIn(claims),
    issuers: broker === undefined ? [issuer] : [issuer, broker],
    ...(identity === undefined ? {} : { identity }),
  };
}

function readClaims(body: string): JsonFields {
  const json = readJson(Buffer.from(body, 'base64url'), { where: WHERE, values: 10_000 });
  return readFields(json, { where: WHERE });
}

/** One that has run out is told here, where the sentence can say so; the authority only says that it does not like it. */
function requireFresh(claims: JsonFields, now: Date): void {
  const until = claims.optionalInteger('exp');
  if (until === undefined) throw unusable('it does not say until when it counts');
  const seconds = Math.floor(now.getTime() / 1000) - until;
  if (seconds >= 0) throw unusable(`it ran out ${seconds} s ago`, 'ask for a new one right before signing');
}

/** One for another service is as good as a password of that service: it is sent nowhere. See RFC 7519, section 4.1.3. */
function requireAudience(claims: JsonFields, audience: string): void {
  const said = claims.get('aud');
  const isFor = typeof said === 'string' ? said === audience : claims.strings('aud').includes(audience);
  if (isFor) return;
  throw unusable(
    `it is not for ${quoted(audience)}`,
    `ask for one with the audience ${quoted(audience)} (in GitLab: aud, under id_tokens); --token-audience names another where the certificate authority wants one`,
  );
}

function subjectIn(claims: JsonFields): string {
  const email = claims.optionalString('email');
  const isVerified = [true, 'true'].some((yes) => claims.get('email_verified') === yes); // some write it as a text
  if (email && !isVerified) throw unusable('its issuer has not verified the mail address');
  const subject = email || claims.optionalString('sub');
  if (!subject) throw unusable('it names nobody');
  return subject;
}

/**
 * Whom a certificate for this token names, as far as the token tells. Fulcio makes a workflow's name of claims that differ
 * by the issuer; of one that is not known here nothing is expected.
 * @see Fulcio, docs/oidc.md and config/identity/config.yaml
 */
function identityIn(claims: JsonFields, issuer: string): string | undefined {
  const email = claims.optionalString('email');
  if (email) return email;
  const host = URL.canParse(issuer) ? new URL(issuer).host : '';
  const workflow = claims.optionalString('job_workflow_ref');
  if (host === 'token.actions.githubusercontent.com' && workflow) return `https://github.com/${workflow}`;
  const pipeline = claims.optionalString('ci_config_ref_uri');
  if (host === 'gitlab.com' && pipeline) return `https://${pipeline}`;
  const subject = claims.optionalString('sub');
  return subject?.startsWith('spiffe://') ? subject : undefined;
}

/** A fault of the token; its text is in none. */
export function unusable(why: string, next?: string): PratiqueError {
  return new PratiqueError('SIGNING_FAILED', {
    what: 'the identity token cannot be used',
    why,
    ...(next === undefined ? {} : { next }),
  });
}

/**
 * A certificate that is not for whoever the token names.
 * @param found empty where it must not be repeated
 */
export function otherName(what: string, found: string, expected: readonly string[]): PratiqueError {
  const wanted = expected.map((one) => quoted(one)).join(' or ');
  return new PratiqueError('SIGNING_FAILED', {
    what: `the certificate authority issued a certificate with another ${what}`,
    why:
      found === ''
        ? `the identity token says ${wanted}`
        : `it says ${quoted(found)}, the identity token ${wanted}`,
  });
}
