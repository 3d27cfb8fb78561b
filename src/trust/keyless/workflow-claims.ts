import { type CertificateClaims, isGitHubActions } from '../../model/certificate-claims.ts';
import { type Extensions, requireAscii, textIn } from './extension-text.ts';
import { KeylessFault } from './keyless-fault.ts';

type Claims = Omit<CertificateClaims, 'identity' | 'issuer'>;

const ARC = '1.3.6.1.4.1.57264.1';
/** By the last number of their OID; a UTF8String in DER. */
const TEXTS: readonly (readonly [number, keyof Claims, string])[] = [
  [9, 'buildSigner', 'build signer'],
  [10, 'buildSignerDigest', 'build signer digest'],
  [11, 'runner', 'runner environment'],
  [12, 'sourceRepository', 'source repository'],
  [13, 'sourceDigest', 'source digest'],
  [14, 'sourceRef', 'source ref'],
  [15, 'sourceRepositoryId', 'source repository identifier'],
  [16, 'sourceOwner', 'source owner'],
  [18, 'buildConfig', 'build config'],
  [20, 'trigger', 'build trigger'],
  [21, 'run', 'run invocation'],
  [22, 'visibility', 'visibility'],
];
const WORKFLOW_NAME = `${ARC}.4`;
const OLD_REPOSITORY = `${ARC}.5`;
/** GitHub's, of the time before the others: bare texts. The repository is told as `acme/app` there. */
const OLD_TEXTS: readonly (readonly [number, keyof Claims, string])[] = [
  [2, 'trigger', 'trigger'],
  [3, 'sourceDigest', 'commit'],
  [6, 'sourceRef', 'ref'],
];
/** Printable, with spaces inside: paths and names may have them. */
const TEXT = /^[!-~](?:[ -~]*[!-~])?$/;
const GITHUB_PLACE = 'https://github.com/';

/**
 * Reads what an authority certified about the run that signed. Of what is told twice, in an old extension and in a new one, both
 * must say the same: else it would hang on the reader which of the two decides.
 * @throws {KeylessFault} `bad-certificate`
 * @see Fulcio, docs/oid-info.md, 1.3.6.1.4.1.57264.1.2 to .22
 */
export function readWorkflowClaims(
  extensions: Extensions,
  { identity, issuer }: Pick<CertificateClaims, 'identity' | 'issuer'>,
): Claims {
  const claims: Partial<Record<keyof Claims, string>> = {};
  for (const [number, name, what] of TEXTS) {
    const bytes = textIn(extensions, `${ARC}.${number}`, what);
    if (bytes !== undefined) claims[name] = requireAscii(bytes, what, TEXT);
  }
  for (const [number, name, what] of OLD_TEXTS) {
    const old = bareText(extensions, `${ARC}.${number}`, what);
    if (old === undefined) continue;
    claims[name] ??= old;
    if (claims[name] !== old) throw bad(`it names two values for its ${what}`);
  }
  const isGitHub = isGitHubActions({ ...(issuer !== undefined && { issuer }) });
  readOldRepository(extensions, claims, isGitHub);
  readWorkflowName(extensions, claims);
  // GitHub names a run by the workflow that signs: before .9 there was only that name.
  if (isGitHub && identity.startsWith(GITHUB_PLACE)) claims.buildSigner ??= identity;
  return claims;
}

function readOldRepository(
  extensions: Extensions,
  claims: Partial<Record<keyof Claims, string>>,
  isGitHub: boolean,
): void {
  const old = bareText(extensions, OLD_REPOSITORY, 'repository');
  if (old === undefined) return;
  if (isGitHub) claims.sourceRepository ??= `${GITHUB_PLACE}${old}`;
  const whole = claims.sourceRepository;
  if (whole === undefined) return; // of which host it is, nobody says
  const agrees = isGitHub ? whole === `${GITHUB_PLACE}${old}` : pathOf(whole) === old;
  if (!agrees) throw bad('it names two source repositories');
}

/** Chosen by whoever wrote the workflow, in any language: left out where it is not ASCII, and then meets no demand. */
function readWorkflowName(extensions: Extensions, claims: Partial<Record<keyof Claims, string>>): void {
  const name = extensions.get(WORKFLOW_NAME)?.octets.value.toString('latin1');
  if (name !== undefined && TEXT.test(name)) claims.workflow = name;
}

function bareText(extensions: Extensions, oid: string, what: string): string | undefined {
  const bytes = extensions.get(oid)?.octets.value;
  return bytes === undefined ? undefined : requireAscii(bytes, what, TEXT);
}

/** `acme/app` of `https://forge.example/acme/app`. */
function pathOf(uri: string): string {
  return uri.split('/').slice(3).join('/');
}

function bad(detail: string): KeylessFault {
  return new KeylessFault('bad-certificate', detail);
}
