import { type JsonFields, readFields } from '../../io/json/json-fields.ts';
import { readJson } from '../../io/json/strict-json.ts';
import { quoted } from '../../model/printable.ts';
import {
  HEADER,
  malformed,
  type NotationEnvelope,
  type ProtectedHeader,
  understandHeader,
} from './envelope.ts';

const FIELDS: ReadonlySet<string> = new Set(['payload', 'protected', 'header', 'signature']);
const WHERE = 'JWS';
const LIMITS = { depth: 8, values: 256 };
/** Go takes a field in other letters for the same one: it is refused, not passed over. */
const KNOWN: ReadonlySet<string> = new Set([
  ...FIELDS,
  'alg',
  'cty',
  'crit',
  'x5c',
  ...Object.values(HEADER),
]);
const RFC_3339 =
  /^(\d{4})-(\d{2})-(\d{2})[Tt]([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(?:\.\d{1,9})?(?:[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

/**
 * Reads a JWS in the flattened JSON form, as Notation has it.
 * @throws {NotationFault} `malformed`, `unsupported`; {PratiqueError} `JSON_INVALID`, `LIMIT_EXCEEDED`
 * @see Notary Project, signature-envelope-jws.md; RFC 7515, sections 5.2 and 7.2.2
 */
export function readJws(bytes: Uint8Array): NotationEnvelope {
  const jws = readObject(bytes, WHERE);
  const strange = [...jws.value.keys()].find((name) => !FIELDS.has(name));
  // `signatures` beside `signature` would be another form of the same thing, for another reader.
  if (strange !== undefined) throw malformed(`it has the field ${quoted(strange)}`);
  const [header64, payload64] = [jws.string('protected'), jws.string('payload')];
  const header = readObject(readBase64(header64, 'base64url', 'its header'), 'protected header of a JWS');
  const open = jws.object('header');
  const both = [...header.value.keys()].find((name) => open.value.has(name));
  if (both !== undefined) throw malformed(`its field ${quoted(both)} is both signed and not`);
  const unsigned = [...open.value.keys()].find((name) => PROTECTED_ONLY.has(name));
  if (unsigned !== undefined) throw malformed(`its field ${quoted(unsigned)} is not signed`);
  const timestamp = open.optionalString(HEADER.timestamp);
  return {
    ...understandHeader(readHeader(header)),
    payload: readBase64(payload64, 'base64url', 'its payload'),
    signedBytes: Buffer.from(`${header64}.${payload64}`, 'ascii'),
    signature: readBase64(jws.string('signature'), 'base64url', 'its signature'),
    chain: open.strings('x5c').map((text) => readBase64(text, 'base64', 'a certificate')),
    ...(timestamp !== undefined && { timestamp: readBase64(timestamp, 'base64', 'its timestamp') }),
  };
}

/** What means something only where it is signed. */
const PROTECTED_ONLY: ReadonlySet<string> = new Set([
  'alg',
  'cty',
  'crit',
  HEADER.scheme,
  HEADER.signingTime,
  HEADER.authenticTime,
  HEADER.expiry,
]);

function readHeader(header: JsonFields): ProtectedHeader {
  const times = {
    signingTime: readTime(header, HEADER.signingTime),
    authenticTime: readTime(header, HEADER.authenticTime),
    expiry: readTime(header, HEADER.expiry),
  };
  return {
    algorithm: header.string('alg'),
    contentType: header.string('cty'),
    scheme: header.string(HEADER.scheme),
    critical: header.strings('crit'),
    names: [...header.value.keys()],
    ...(times.signingTime && { signingTime: times.signingTime }),
    ...(times.authenticTime && { authenticTime: times.authenticTime }),
    ...(times.expiry && { expiry: times.expiry }),
  };
}

function readObject(bytes: Uint8Array, where: string): JsonFields {
  return readFields(readJson(bytes, { where, known: KNOWN, ...LIMITS }), { where });
}

/** `null` is no moment: a reader that takes it for one that is absent would see no expiry. */
function readTime(header: JsonFields, name: string): Date | undefined {
  if (!header.value.has(name)) return undefined;
  const text = header.string(name);
  const [, year = '', month = '', day = ''] = RFC_3339.exec(text) ?? [];
  const time = new Date(text);
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  const isReal = date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day);
  if (year === '' || !isReal || Number.isNaN(time.getTime()))
    throw malformed(`its field ${name} is no moment: ${quoted(text)}`);
  return time;
}

/** Strict: one text for one run of bytes, so that a copy with other letters is not another signature. */
function readBase64(text: string, form: 'base64' | 'base64url', what: string): Uint8Array {
  const bytes = Buffer.from(text, form);
  if (text === '' || bytes.toString(form) !== text) throw malformed(`${what} is not in ${form}, or empty`);
  return bytes;
}
