import { PratiqueError, toPratiqueError } from '../../errors.ts';
import { type JsonFields, readFields } from '../../io/json/json-fields.ts';
import { readJson } from '../../io/json/strict-json.ts';
import { quoted } from '../../model/printable.ts';
import type { TrustRoot } from '../../model/trust-root.ts';
import type { Log } from './rekor.ts';
import { readServiceUrl } from './service.ts';

/** Whom signing without a key asks. */
export interface SigningServices {
  readonly authority: URL;
  /** absent: what is signed is in no log */
  readonly log?: Log;
  /** absent: the log's signed time of entry has to do */
  readonly timestamps?: URL;
}

/** The public-good instance. Its log signs the time of entry, so that no timestamp is needed. */
export const PUBLIC_SERVICES: SigningServices = {
  authority: new URL('https://fulcio.sigstore.dev'),
  log: { url: new URL('https://rekor.sigstore.dev'), version: 1 },
};

const TYPE = 'application/vnd.dev.sigstore.signingconfig.v0.2+json';
const WHERE = 'signing configuration';
const VERSIONS = { authority: [1], log: [1, 2], timestamps: [1] } as const;

/**
 * Reads a signing configuration: of each kind the service that came into use last, among those in use now whose version is known
 * here. More than one log or timestamp authority at a time is not supported.
 * @throws {PratiqueError} `USAGE`
 * @see sigstore protobuf-specs, sigstore_trustroot.proto, `SigningConfig`
 */
export function readSigningConfig(bytes: Uint8Array, now: Date): SigningServices {
  try {
    return readConfig(readFields(readJson(bytes, { where: WHERE }), { where: WHERE }), now);
  } catch (thrown) {
    const error = toPratiqueError(thrown);
    if (error.code === 'USAGE') throw error;
    throw unusable(error.problem.why ?? error.problem.what);
  }
}

/**
 * Makes sure that what these services sign can hold under a trust root; otherwise everything would be signed for nothing.
 * @throws {PratiqueError} `USAGE`
 */
export function requireEnough(
  { log, timestamps }: SigningServices,
  { needsLog, name }: Pick<TrustRoot, 'needsLog' | 'name'>,
): void {
  if (log === undefined && needsLog)
    throw unfit(`the trust root ${quoted(name)} demands a transparency log, and there is none to sign with`);
  if (timestamps === undefined && log?.version !== 1)
    throw unfit('nothing would prove when it was signed: a timestamp authority is needed (--tsa-url)');
}

function readConfig(config: JsonFields, now: Date): SigningServices {
  const type = config.string('mediaType');
  if (type !== TYPE) throw unusable(`its type is ${quoted(type)}`);
  const authority = newest(config, 'caUrls', VERSIONS.authority, now);
  if (authority === undefined) throw unusable('it names no certificate authority that can be asked now');
  const log = isWanted(config, 'rekorTlogConfig')
    ? newest(config, 'rekorTlogUrls', VERSIONS.log, now)
    : undefined;
  if (isWanted(config, 'rekorTlogConfig') && log === undefined)
    throw unusable('it names no transparency log that can be asked now');
  const timestamps = isWanted(config, 'tsaConfig')
    ? newest(config, 'tsaUrls', VERSIONS.timestamps, now)
    : undefined;
  if (isWanted(config, 'tsaConfig') && timestamps === undefined)
    throw unusable('it names no timestamp authority that can be asked now');
  return {
    authority: authority.url,
    ...(log && { log: { url: log.url, version: log.version === 2 ? 2 : 1 } }),
    ...(timestamps && { timestamps: timestamps.url }),
  };
}

/** Whether services of a kind are to be used; an absent or empty selection wants none. */
function isWanted(config: JsonFields, name: string): boolean {
  const selection = config.optionalObject(name);
  const selector = selection?.optionalString('selector');
  if (selector === undefined) return false;
  const count = selection?.optionalInteger('count') ?? 1;
  if (selector === 'ANY' || (selector === 'EXACT' && count === 1)) return true;
  throw unusable(`${name} selects ${quoted(selector)} of ${count}: one at a time is supported`);
}

function newest(config: JsonFields, name: string, versions: readonly number[], now: Date) {
  const usable = config.objects(name).flatMap((service) => {
    const version = service.integer('majorApiVersion');
    const term = service.optionalObject('validFor');
    const start = timeIn(term, 'start') ?? 0;
    const end = timeIn(term, 'end') ?? Number.POSITIVE_INFINITY;
    const inUse = start <= now.getTime() && now.getTime() <= end;
    return inUse && versions.includes(version) ? [{ url: service.string('url'), version, start }] : [];
  });
  const [first] = usable.toSorted((a, b) => b.start - a.start || b.version - a.version);
  return first && { ...first, url: readServiceUrl(first.url, `an address in the ${WHERE}`) };
}

function timeIn(term: JsonFields | undefined, name: string): number | undefined {
  const text = term?.optionalString(name);
  if (term === undefined || text === undefined) return undefined;
  const time = Date.parse(text);
  if (Number.isNaN(time)) throw term.error(name, `${quoted(text)} is no time`);
  return time;
}

function unusable(why: string): PratiqueError {
  return new PratiqueError('USAGE', {
    what: `the ${WHERE} cannot be used`,
    why,
    next: 'give the signing_config.v0.2.json of the instance',
  });
}

function unfit(why: string): PratiqueError {
  return new PratiqueError('USAGE', { what: 'these services are not enough to sign with', why });
}
