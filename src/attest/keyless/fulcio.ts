import { generateKeyPairSync, type KeyObject, X509Certificate as NodeCertificate, sign } from 'node:crypto';
import { X509Certificate } from '@sigstore/core';
import { toPratiqueError } from '../../errors.ts';
import { readFields } from '../../io/json/json-fields.ts';
import { readJson } from '../../io/json/strict-json.ts';
import type { CertificateClaims } from '../../model/certificate-claims.ts';
import { readClaims } from '../../trust/keyless/certificate-claims.ts';
import { type IdentityToken, otherName } from './identity-token.ts';
import {
  askService,
  badAnswer,
  below,
  type Question,
  readingAnswer,
  type SigningWorld,
  safeWords,
} from './service.ts';

/** A key that lives as long as this process, and the certificate that says whose it is for some minutes. */
export interface Certified {
  readonly privateKey: KeyObject;
  /** DER */
  readonly certificate: Buffer;
  readonly claims: CertificateClaims;
}

const WHO = 'the certificate authority (Fulcio)';
/** characters of a certificate in PEM; real ones have 2,000 */
const LIMIT = 16_384;
const PEM = /^\s*-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----\s*$/;

/**
 * Makes a key (ECDSA P-256) and asks for a certificate of it: the token says who we are, a signature over its subject that the
 * key is ours. What comes back has to be for this key and for whoever the token names; whether the authority is one that
 * is trusted is checked with the finished bundle.
 * @throws {PratiqueError} `SIGNING_FAILED`
 * @see Fulcio, fulcio.proto, `CreateSigningCertificate`; docs/certificate-issuing.md
 */
export async function certify(base: URL, token: IdentityToken, world: SigningWorld): Promise<Certified> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const content = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const proofOfPossession = sign('sha256', Buffer.from(token.subject), privateKey).toString('base64');
  const question: Question = {
    who: WHO,
    method: 'POST',
    url: below(base, '/api/v2/signingCert'),
    headers: { authorization: `Bearer ${token.text}`, 'content-type': 'application/json' },
    body: Buffer.from(
      JSON.stringify({ publicKeyRequest: { publicKey: { algorithm: 'ECDSA', content }, proofOfPossession } }),
    ),
    secrets: [token.text],
  };
  const answer = await askService(question, world);
  const leaf = readingAnswer(question, () => leafIn(question, answer));
  if (!leaf.publicKey.equals(publicKey))
    throw badAnswer(question, 'issued a certificate of another key than ours');
  const certificate = leaf.raw;
  return { privateKey, certificate, claims: requireOurs(question, certificate, token) };
}

function leafIn(question: Question, answer: Uint8Array): NodeCertificate {
  const where = 'answer';
  const said = readFields(readJson(answer, { where }), { where });
  const embedded = said.optionalObject('signedCertificateEmbeddedSct');
  if (embedded === undefined && said.has('signedCertificateDetachedSct'))
    throw badAnswer(
      question,
      'keeps the proof of its log beside the certificate',
      'a bundle has no place for that',
    );
  const [pem] = embedded?.object('chain').strings('certificates') ?? [];
  if (pem === undefined || pem.length > LIMIT || !PEM.test(pem))
    throw badAnswer(question, 'gave no certificate');
  return new NodeCertificate(pem);
}

/** Told before anything is written into a public log. */
function requireOurs(question: Question, certificate: Buffer, token: IdentityToken): CertificateClaims {
  const claims = claimsOf(question, certificate);
  const { issuer = '', identity } = claims;
  // It is the authority's text, and the authority has the token.
  const found = (text: string) => safeWords(text, question.secrets ?? []);
  if (!token.issuers.includes(issuer)) throw otherName('issuer', found(issuer), token.issuers);
  if (token.identity !== undefined && token.identity !== identity)
    throw otherName('name', found(identity), [token.identity]);
  return claims;
}

function claimsOf(question: Question, certificate: Buffer): CertificateClaims {
  try {
    return readClaims(X509Certificate.parse(Buffer.from(certificate)));
  } catch (thrown) {
    const detail = thrown instanceof Error ? thrown.message : toPratiqueError(thrown).message;
    const why = safeWords(detail, question.secrets ?? []);
    throw badAnswer(question, 'issued a certificate that is not for signing', why === '' ? undefined : why);
  }
}
