import { createHash, createPublicKey } from 'node:crypto';
import { resolve } from 'node:path';
import { PratiqueError, toPratiqueError } from '../../errors.ts';
import type { ClaimDemands } from '../../model/certificate-claims.ts';
import type { TrustRoot } from '../../model/trust-root.ts';
import type { Signer } from '../../model/trusted.ts';
import type { PolicyFiles } from '../policy-files.ts';
import { identifyNotation, readNotation } from './notation-file.ts';
import type { SignerFile } from './signer-schema.ts';
import { identifyRoot } from './trust-root-file.ts';

/** Where a policy's keys are looked for. */
export interface KeyPlaces {
  /** folder of the file that names the key */
  readonly folder: string;
  readonly files: PolicyFiles;
  readonly env: Readonly<Record<string, string | undefined>>;
}

const ENV = /^env:\/\/([A-Za-z_][A-Za-z0-9_]*)$/;
const PUBLIC_KEY = /^\s*-----BEGIN PUBLIC KEY-----[A-Za-z0-9+/=\s]+-----END PUBLIC KEY-----\s*$/;

/**
 * Reads a signer with a key. Says nothing of the text that it read: it might be a private key.
 * @throws {PratiqueError} `POLICY_INVALID`, `POLICY_NOT_FOUND`
 */
export async function readSigner(
  name: string,
  signer: SignerFile,
  rootNamed: (name: string | undefined) => TrustRoot,
  places: KeyPlaces,
): Promise<Signer> {
  if ('notation' in signer) return readNotation(name, signer.notation, places);
  const slsaLevel = signer['slsa-level'];
  const vouched = slsaLevel === undefined ? {} : { slsaLevel };
  if (!('key' in signer)) {
    const { issuer, identity, root } = signer;
    const claims = signer.claims && { claims: claimsOf(signer.claims) };
    return { name, kind: 'keyless', issuer, identity, ...claims, ...vouched, root: rootNamed(root) };
  }
  return { name, kind: 'key', publicKey: normalize(await textOf(signer.key, places)), ...vouched };
}

function claimsOf(written: Readonly<Record<string, string | string[] | undefined>>): ClaimDemands {
  const said = Object.entries(written).flatMap(([name, patterns]) =>
    patterns === undefined ? [] : [[name, [patterns].flat()] as const],
  );
  return Object.fromEntries(said);
}

/** What stands for a signer in the policy's digest: of a key the fingerprint of its DER form, not its PEM's line breaks. */
export function identify(signer: Signer) {
  if (signer.kind === 'notation') return identifyNotation(signer);
  const { slsaLevel } = signer;
  if (signer.kind === 'keyless') {
    const { issuer, identity, claims = {}, root } = signer;
    const demands = Object.fromEntries(
      Object.entries(claims).map(([name, patterns]) => [name, [...new Set(patterns)].sort()]),
    );
    return { issuer, identity, claims: demands, slsaLevel, root: identifyRoot(root) };
  }
  const der = createPublicKey(signer.publicKey).export({ type: 'spki', format: 'der' });
  return { key: createHash('sha256').update(der).digest('hex'), slsaLevel };
}

async function textOf(key: string, { folder, files, env }: KeyPlaces): Promise<string> {
  if (key.trimStart().startsWith('-----BEGIN')) return key;
  if (key.includes('://')) return fromEnvironment(key, env);
  try {
    return await files.read(resolve(folder, key), key);
  } catch (thrown) {
    throw unusable(toPratiqueError(thrown).problem.why ?? 'it cannot be read');
  }
}

function fromEnvironment(key: string, env: KeyPlaces['env']): string {
  const name = ENV.exec(key)?.[1];
  if (name === undefined) throw unusable('a key is a file, env://NAME, or the PEM itself');
  const text = env[name];
  if (text === undefined || text === '') throw unusable(`the environment has no ${name}`);
  return text;
}

/** node:crypto would also take a private key or a certificate, and make a public key of it. */
function normalize(text: string): string {
  if (/PRIVATE KEY/.test(text)) throw unusable('it is a private key, which must not be given to a verifier');
  if (!PUBLIC_KEY.test(text)) throw unusable('one PEM block "PUBLIC KEY" was expected');
  try {
    return createPublicKey(text).export({ type: 'spki', format: 'pem' }).toString();
  } catch {
    throw unusable('the PEM block holds no key');
  }
}

function unusable(why: string): PratiqueError {
  return new PratiqueError('POLICY_INVALID', { what: 'the key cannot be used', why });
}
