import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { PratiqueError, toPratiqueError } from '../../errors.ts';
import { type JsonFields, readFields } from '../../io/json/json-fields.ts';
import { readJson } from '../../io/json/strict-json.ts';
import { parseDigest } from '../../model/digest.ts';
import { quoted } from '../../model/printable.ts';
import { PUBLIC_GOOD, type TrustRoot } from '../../model/trust-root.ts';
import { readSmallFile } from '../read-file.ts';
import type { TrustRootFile } from './signer-schema.ts';

const BUILT_IN = new URL('../../../trust-roots/sigstore.json', import.meta.url);
const TYPES: ReadonlySet<string> = new Set([
  'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
  'application/vnd.dev.sigstore.trustedroot+json;version=0.2',
  'application/vnd.dev.sigstore.trustedroot.v0.2+json',
]);

let known: TrustRoot | undefined;

/**
 * The public-good Sigstore instance, from the copy that ships with the package. Read once in the life of the process.
 * @throws {PratiqueError} `POLICY_NOT_FOUND` where the installation lacks it
 */
export function publicGood(): TrustRoot {
  try {
    known ??= toTrustRoot(PUBLIC_GOOD, readFileSync(BUILT_IN, 'utf8'), {});
    return known;
  } catch (thrown) {
    throw new PratiqueError('POLICY_NOT_FOUND', {
      what: 'the trust root of Sigstore that ships with pratique cannot be used',
      where: 'trust-roots/sigstore.json',
      why: toPratiqueError(thrown).problem.why ?? 'it cannot be read',
      next: 'install pratique again',
    });
  }
}

/**
 * Reads a `trusted_root.json` that a policy names.
 * @param folder that its path starts from
 * @throws {PratiqueError} `POLICY_INVALID`, `POLICY_NOT_FOUND`
 */
export async function readTrustRoot(
  name: string,
  written: TrustRootFile,
  folder: string,
): Promise<TrustRoot> {
  return toTrustRoot(name, await readSmallFile(resolve(folder, written.file), written.file), written);
}

/** What stands for a root in the policy's digest. */
export function identifyRoot({ digest, needsLog, needsCertificateLog }: TrustRoot) {
  return { digest, needsLog, needsCertificateLog };
}

function toTrustRoot(name: string, text: string, written: Omit<TrustRootFile, 'file'>): TrustRoot {
  const bytes = Buffer.from(text);
  const root: TrustRoot = {
    name,
    text,
    digest: parseDigest(`sha256:${createHash('sha256').update(bytes).digest('hex')}`),
    needsLog: written['transparency-log'] !== 'none',
    needsCertificateLog: written['certificate-log'] !== 'none',
  };
  requireUsable(bytes, root);
  return root;
}

/** Only what would make a root mean less than its owner thinks. What holds is decided where signatures are checked. */
function requireUsable(bytes: Uint8Array, { needsLog, needsCertificateLog }: TrustRoot): void {
  const where = 'trusted_root.json';
  const root = readFields(readJson(bytes, { where }), { where, code: 'POLICY_INVALID' });
  const type = root.string('mediaType');
  if (!TYPES.has(type)) throw root.error('mediaType', `it is ${quoted(type)}`);
  const [logs, certificateLogs] = [root.objects('tlogs'), root.objects('ctlogs')];
  if (root.objects('certificateAuthorities').length === 0)
    throw root.error('certificateAuthorities', 'it names none, so that no signature could ever hold');
  if (needsLog && logs.length === 0)
    throw root.error('tlogs', 'it names none; say transparency-log: none if the instance has none');
  if (needsCertificateLog && certificateLogs.length === 0)
    throw root.error('ctlogs', 'it names none; say certificate-log: none if the instance has none');
  if (!needsLog && root.objects('timestampAuthorities').length === 0)
    throw root.error(
      'timestampAuthorities',
      'without a transparency log nothing else proves when it was signed',
    );
  for (const log of [...logs, ...certificateLogs]) requireStart(log);
}

/** The library takes a log without a beginning for one that always was: its key could then date anything back. */
function requireStart(log: JsonFields): void {
  const key = log.object('publicKey');
  if (key.optionalObject('validFor')?.optionalString('start') === undefined)
    throw key.error('validFor', 'it does not say since when the key counts');
}
