import { type DecodeOptions, decode, encode, Tagged, type Token, Tokenizer, Type } from 'cborg';
import { quoted } from '../../model/printable.ts';
import {
  HEADER,
  malformed,
  type NotationEnvelope,
  type ProtectedHeader,
  understandHeader,
} from './envelope.ts';
import { ALGORITHMS } from './signature-algorithm.ts';

/** Labels of COSE's own header fields. */
const LABEL = { algorithm: 1, critical: 2, contentType: 3, chain: 33 } as const;
const TAG = { epoch: 1, sign1: 18 } as const;
/** tokens of one envelope, and so also how deep it can nest; a real one has some forty */
const TOKEN_LIMIT = 512;
const LATEST = 253_402_300_799; // seconds; the last moment of the year 9999

type Label = number | string;
type Header = ReadonlyMap<Label, unknown>;

/**
 * Reads a COSE_Sign1 with its tag, as Notation has it: no indefinite lengths, no number or length longer than it needs to be or in
 * another form, no field twice, nothing behind it.
 * @throws {NotationFault} `malformed`, `unsupported`
 * @see Notary Project, signature-envelope-cose.md; RFC 9052, sections 4.2 and 4.4
 */
export function readCose(bytes: Uint8Array): NotationEnvelope {
  const parts = readCbor(bytes, { [TAG.sign1]: Tagged.decoder(TAG.sign1) });
  if (!(parts instanceof Tagged) || !Array.isArray(parts.value) || parts.value.length !== 4)
    throw malformed('it is no tagged COSE_Sign1');
  const [headerBytes, open, payload, signature] = parts.value as unknown[];
  if (!isBytes(headerBytes) || !isBytes(payload) || !isBytes(signature))
    throw malformed('it lacks its header, its payload or its signature');
  const header = requireMap(readCbor(headerBytes, { [TAG.epoch]: Tagged.decoder(TAG.epoch) }));
  const unsigned = requireMap(open);
  requireApart(header, unsigned);
  const timestamp = unsigned.get(HEADER.timestamp);
  if (timestamp !== undefined && !isBytes(timestamp)) throw malformed('its timestamp is no run of bytes');
  return {
    ...understandHeader(readHeader(header)),
    payload,
    signedBytes: encode(['Signature1', headerBytes, new Uint8Array(), payload]),
    signature,
    chain: readChain(unsigned.get(LABEL.chain)),
    ...(timestamp && { timestamp }),
  };
}

/** Counts what it reads, since a thousand arrays inside each other would end the stack; and takes each number in one form. */
class BoundedTokenizer extends Tokenizer {
  private count = 0;

  override next(): Token {
    this.count += 1;
    if (this.count > TOKEN_LIMIT) throw malformed(`it has more than ${TOKEN_LIMIT} values`);
    const token = super.next();
    // To CBOR 33.0 is another label than 33; here they would be one number.
    if (Type.equals(token.type, Type.float) && Number.isInteger(token.value))
      throw malformed('it has a whole number in floating point');
    return token;
  }
}

function readCbor(bytes: Uint8Array, tags: NonNullable<DecodeOptions['tags']>): unknown {
  const options: DecodeOptions = {
    strict: true,
    useMaps: true,
    rejectDuplicateMapKeys: true,
    allowIndefinite: false,
    allowUndefined: false,
    allowInfinity: false,
    allowNaN: false,
    allowBigInt: false,
    tags,
  };
  try {
    return decode(bytes, { ...options, tokenizer: new BoundedTokenizer(bytes, options) });
  } catch (thrown) {
    throw malformed(`it is not the CBOR that was expected: ${thrown instanceof Error ? thrown.message : ''}`);
  }
}

/** RFC 9052, section 3: a label stands in one of the two headers; and what means something only where it is signed, in that. */
function requireApart(header: Header, unsigned: Header): void {
  const both = [...unsigned.keys()].find((label) => header.has(label));
  if (both !== undefined) throw malformed(`its field ${quoted(String(both))} is both signed and not`);
  const loose = [...unsigned.keys()].find((label) => PROTECTED_ONLY.has(label));
  if (loose !== undefined) throw malformed(`its field ${quoted(String(loose))} is not signed`);
}

const PROTECTED_ONLY: ReadonlySet<Label> = new Set<Label>([
  LABEL.algorithm,
  LABEL.critical,
  LABEL.contentType,
  HEADER.scheme,
  HEADER.signingTime,
  HEADER.authenticTime,
  HEADER.expiry,
]);

function readHeader(header: Header): ProtectedHeader {
  const critical = header.get(LABEL.critical);
  if (!Array.isArray(critical) || !critical.every(isLabel))
    throw malformed('it has no list of critical fields');
  const times = {
    signingTime: readTime(header, HEADER.signingTime),
    authenticTime: readTime(header, HEADER.authenticTime),
    expiry: readTime(header, HEADER.expiry),
  };
  return {
    algorithm: algorithmOf(header.get(LABEL.algorithm)),
    contentType: readText(header, LABEL.contentType),
    scheme: readText(header, HEADER.scheme),
    // A number is no name of a field that Notation has: as a text it is one that nobody understands.
    critical: critical.map(String),
    names: [...header.keys()].map(String),
    ...(times.signingTime && { signingTime: times.signingTime }),
    ...(times.authenticTime && { authenticTime: times.authenticTime }),
    ...(times.expiry && { expiry: times.expiry }),
  };
}

/** By its number; a name of JWS is none here, though Notation would know it. */
function algorithmOf(number: unknown): string {
  const known = Object.entries(ALGORITHMS).find(([, { cose }]) => cose === number);
  return known?.[0] ?? `COSE ${String(number)}`;
}

function readChain(chain: unknown): readonly Uint8Array[] {
  if (Array.isArray(chain) && chain.length > 0 && chain.every(isBytes)) return chain;
  throw malformed('it carries no list of certificates');
}

function readTime(header: Header, name: string): Date | undefined {
  const value = header.get(name);
  if (!header.has(name)) return undefined;
  const seconds = value instanceof Tagged ? value.value : undefined;
  if (typeof seconds !== 'number' || !Number.isSafeInteger(seconds) || seconds < 0 || seconds > LATEST)
    throw malformed(`its field ${name} is no moment in whole seconds`);
  return new Date(seconds * 1000);
}

function readText(header: Header, label: Label): string {
  const value = header.get(label);
  if (typeof value === 'string') return value;
  throw malformed(`its field ${label} is no text`);
}

function requireMap(value: unknown): Header {
  if (value instanceof Map && [...value.keys()].every(isLabel)) return value;
  throw malformed('a header of it is no map of labels');
}

function isLabel(value: unknown): value is Label {
  return typeof value === 'string' || Number.isSafeInteger(value);
}

function isBytes(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array && value.length > 0;
}
