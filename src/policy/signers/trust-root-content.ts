import { type JsonFields, readFields } from '../../io/json/json-fields.ts';
import { readJson } from '../../io/json/strict-json.ts';
import { quoted } from '../../model/printable.ts';
import type { TrustRoot } from '../../model/trust-root.ts';

const TYPES: ReadonlySet<string> = new Set([
  'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
  'application/vnd.dev.sigstore.trustedroot+json;version=0.2',
  'application/vnd.dev.sigstore.trustedroot.v0.2+json',
]);

/**
 * Refuses a `trusted_root.json` that would mean less than its owner thinks. What holds under it is decided where signatures
 * are checked.
 * @throws {PratiqueError} `POLICY_INVALID`, `JSON_INVALID`
 */
export function requireUsableRoot(
  text: string,
  { needsLog, needsCertificateLog }: Pick<TrustRoot, 'needsLog' | 'needsCertificateLog'>,
): void {
  const where = 'trusted_root.json';
  const root = readFields(readJson(Buffer.from(text), { where }), { where, code: 'POLICY_INVALID' });
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
