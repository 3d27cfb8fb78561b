/** One DER value. What a constructed one holds is read by whoever knows its type, level by level. */
export interface Der {
  /** the identifier octet; `DER` has those that occur */
  readonly tag: number;
  /** tag, length and contents */
  readonly raw: Uint8Array;
  /** the contents */
  readonly value: Uint8Array;
}

/** Identifier octets. */
export const DER = {
  boolean: 0x01,
  integer: 0x02,
  bits: 0x03,
  octets: 0x04,
  oid: 0x06,
  enumerated: 0x0a,
  utf8: 0x0c,
  printable: 0x13,
  ia5: 0x16,
  utcTime: 0x17,
  time: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

/** Thrown where bytes are not the DER that was expected. */
export class DerFault extends Error {
  constructor(detail: string) {
    super(detail);
    this.name = 'DerFault';
  }
}

const LONGEST_OID = 40; // bytes
const UTC_TIME = /^(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})Z$/;
const TIME = /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})(?:\.(\d{1,9}))?Z$/;

/**
 * Reads one value that fills the bytes. Only DER: definite lengths in their shortest form, so that nothing has two encodings.
 * Nothing is read ahead: depth and effort are those of whoever asks.
 * @throws {DerFault}
 * @see X.690, section 10.1
 */
export function readDer(bytes: Uint8Array): Der {
  const der = readAt(bytes, 0);
  if (der.raw.length !== bytes.length) throw new DerFault('bytes follow its end');
  return der;
}

/** The values that a constructed value holds, one after the other; a list of revocations has a million. */
export function* eachOf({ tag, value }: Der): Generator<Der> {
  if ((tag & 0x20) === 0) throw new DerFault('it holds no values');
  for (let at = 0; at < value.length; ) {
    const der = readAt(value, at);
    yield der;
    at += der.raw.length;
  }
}

/** The values that a constructed value holds, taken in their order and read one by one: a hostile list has five million. */
export class DerItems {
  private readonly bytes: Uint8Array;
  private readonly what: string;
  private at = 0;

  /** @param what name of the type, for messages */
  constructor(der: Der, what: string, tag: number = DER.sequence) {
    if (der.tag !== tag) throw new DerFault(`${what} has another type`);
    this.bytes = der.value;
    this.what = what;
  }

  /** The next value, which must have this tag. */
  take(tag: number): Der {
    const item = this.takeIf(tag);
    if (item === undefined) throw new DerFault(`${this.what} lacks a value of type ${tag}`);
    return item;
  }

  /** The next value if it has this tag. */
  takeIf(tag: number): Der | undefined {
    return this.bytes[this.at] === tag ? this.takeAny() : undefined;
  }

  /** The next value, whatever it is. */
  takeAny(): Der {
    if (this.isEmpty) throw new DerFault(`${this.what} is too short`);
    const item = readAt(this.bytes, this.at);
    this.at += item.raw.length;
    return item;
  }

  /** Whether all have been taken. */
  get isEmpty(): boolean {
    return this.at === this.bytes.length;
  }

  /** Makes sure that all have been taken: what is passed over could mean something to another reader. */
  end(): void {
    if (!this.isEmpty) throw new DerFault(`${this.what} has more in it than is known`);
  }
}

/** The one value inside a constructed value. */
export function onlyIn(der: Der): Der {
  const [first, second] = eachOf(der);
  if (first === undefined || second !== undefined) throw new DerFault('it does not hold exactly one value');
  return first;
}

/** An object identifier in dotted form. */
export function oidOf({ tag, value }: Der): string {
  if (tag !== DER.oid || value.length === 0 || value.length > LONGEST_OID)
    throw new DerFault('it is no object identifier');
  const arcs: bigint[] = [];
  let arc = 0n;
  for (const [index, byte] of value.entries()) {
    const starts = index === 0 || ((value[index - 1] ?? 0) & 0x80) === 0;
    if (starts && byte === 0x80) throw new DerFault('an object identifier is not in its shortest form');
    arc = (arc << 7n) | BigInt(byte & 0x7f);
    if ((byte & 0x80) !== 0) continue;
    arcs.push(arc);
    arc = 0n;
  }
  if (((value.at(-1) ?? 0) & 0x80) !== 0) throw new DerFault('an object identifier is cut');
  const [both = 0n, ...rest] = arcs;
  const first = both < 80n ? both / 40n : 2n;
  return [first, both - first * 40n, ...rest].join('.');
}

/** A small number that is not negative, such as a version or the length of a path. */
export function numberOf({ value }: Der): number {
  const [first = 0x80, second = 0] = value;
  const isPadded = value.length > 1 && first === 0 && second < 0x80;
  if (first >= 0x80 || isPadded || value.length > 6)
    throw new DerFault('a number is negative, too large or badly written');
  return value.reduce((number, byte) => number * 256 + byte, 0);
}

/** The contents of a whole number of any length, such as a serial number: one number has one form, and can be compared. */
export function integerOf({ tag, value }: Der): Uint8Array {
  const [first, second = 0] = value;
  const isPadded = value.length > 1 && (second < 0x80 ? first === 0 : first === 0xff);
  if (tag !== DER.integer || first === undefined || isPadded)
    throw new DerFault('a number is not in its shortest form');
  return value;
}

/** A truth value; DER has one way to write each. */
export function booleanOf({ tag, value }: Der): boolean {
  const [byte] = value;
  if (tag === DER.boolean && value.length === 1 && (byte === 0 || byte === 0xff)) return byte === 0xff;
  throw new DerFault('it is neither true nor false');
}

/** The bytes of a bit string whose bits fill them. */
export function bytesOf({ tag, value }: Der): Uint8Array {
  if (tag !== DER.bits || value[0] !== 0) throw new DerFault('it is no string of whole bytes');
  return value.subarray(1);
}

/** Which bits of a bit string of names, such as key usages, are set; the first is number 0. */
export function bitsOf({ tag, value }: Der): ReadonlySet<number> {
  const [unused = 8] = value;
  if (tag !== DER.bits || unused > 7 || value.length > 5 || (value.length === 1 && unused > 0))
    throw new DerFault('it is no string of bits');
  const set = new Set<number>();
  for (let bit = 0; bit < (value.length - 1) * 8 - unused; bit += 1) {
    if ((((value[1 + (bit >> 3)] ?? 0) >> (7 - (bit & 7))) & 1) === 1) set.add(bit);
  }
  return set;
}

/**
 * A moment; fractions of a second count to the millisecond.
 * @see RFC 5280, section 4.1.2.5; RFC 3161, section 2.4.2
 */
export function timeOf({ tag, value }: Der): Date {
  const text = Buffer.from(value).toString('latin1');
  const match = tag === DER.utcTime ? UTC_TIME.exec(text) : tag === DER.time ? TIME.exec(text) : null;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = (match ?? [])
    .slice(1, 7)
    .map(Number);
  const full = tag === DER.utcTime ? year + (year < 50 ? 2000 : 1900) : year;
  const time = new Date(
    Date.UTC(
      full,
      month - 1,
      day,
      hour,
      minute,
      second,
      Number((match?.[7] ?? '').padEnd(3, '0').slice(0, 3)),
    ),
  );
  // The 31st of February would become a day in March.
  const isReal = time.getUTCMonth() === month - 1 && time.getUTCDate() === day && time.getUTCHours() === hour;
  if (match === null || full < 100 || !isReal || minute > 59 || second > 59)
    throw new DerFault('it is no moment');
  return time;
}

/** Whether two values or texts are the same bytes. */
export function sameBytes(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.compare(one, other) === 0;
}

function readAt(bytes: Uint8Array, start: number): Der {
  const tag = bytes[start];
  const first = bytes[start + 1];
  if (tag === undefined || first === undefined) throw new DerFault('it is cut');
  if ((tag & 0x1f) === 0x1f) throw new DerFault('a type has a number that nobody uses');
  let at = start + 2;
  let length = first;
  if (first >= 0x80) {
    const digits = first & 0x7f;
    if (digits === 0 || digits > 4) throw new DerFault('a length is indefinite or too large');
    length = 0;
    for (const end = at + digits; at < end; at += 1) length = length * 256 + (bytes[at] ?? 0);
    if (length < 0x80 || length < 256 ** (digits - 1))
      throw new DerFault('a length is not in its shortest form');
  }
  if (at + length > bytes.length) throw new DerFault('it is cut');
  return { tag, raw: bytes.subarray(start, at + length), value: bytes.subarray(at, at + length) };
}
