import { type Int64, readDecimal } from './tar-header.ts';

/** Keys and values are binary strings: one character for each byte. */
export type PaxRecords = ReadonlyMap<string, string>;

/** Keys whose values become C strings, in which a NUL would end them early. */
const TEXT_KEYS = new Set(['path', 'linkpath', 'uname', 'gname']);
const SPARSE_PAIR = ['GNU.sparse.offset', 'GNU.sparse.numbytes'];
const INTEGER_KEYS = ['uid', 'gid', 'size'];
const TIME_KEYS = ['mtime', 'atime', 'ctime'];
const XATTR = 'SCHILY.xattr.';

/**
 * Reads the records of an extended header. Of a key that comes twice the last counts. Offsets and lengths
 * of GNU's sparse format 0.0 are gathered into the `GNU.sparse.map` of 0.1.
 * @param body the header's body as a binary string
 * @returns the records, or why they cannot be read
 * @see POSIX.1-2017, pax, "pax Extended Header"; Go archive/tar, `parsePAX`
 */
export function readPax(body: string): PaxRecords | string {
  const records = new Map<string, string>();
  const sparse: string[] = [];
  for (let at = 0; at < body.length; ) {
    const record = readRecord(body, at);
    if (typeof record === 'string') return record;
    const { key, value, end } = record;
    at = end;
    if (SPARSE_PAIR.includes(key)) {
      if (key !== SPARSE_PAIR[sparse.length % 2] || value.includes(','))
        return 'a sparse map in a PAX header is out of order';
      sparse.push(value);
    } else {
      records.set(key, value);
    }
  }
  if (sparse.length > 0) records.set('GNU.sparse.map', sparse.join(','));
  return records;
}

/** `25 path=some/file\n`: the number counts the whole record. */
function readRecord(body: string, at: number): { key: string; value: string; end: number } | string {
  const space = body.indexOf(' ', at);
  const digits = space < 0 ? '' : body.slice(at, Math.min(space, at + 32));
  const length = readDecimal(digits);
  const end = at + Number(length);
  if (!(length >= 5) || end > body.length || end <= space + 1 || digits.length !== space - at) {
    return 'the length of a PAX record is wrong';
  }
  if (body[end - 1] !== '\n') return 'a PAX record does not end with its line';
  const equals = body.indexOf('=', space + 1);
  if (equals < 0 || equals >= end - 1) return 'a PAX record has no equals sign';
  const key = body.slice(space + 1, equals);
  const value = body.slice(equals + 1, end - 1);
  if (key === '' || (TEXT_KEYS.has(key) ? value : key).includes('\0'))
    return 'a PAX record holds a NUL or has no key';
  return { key, value, end };
}

/** Why the values that every reader parses cannot be used; nothing where they can. */
export function complainAboutPax(records: PaxRecords): string | undefined {
  const bad = (key: string, isValid: (value: string) => boolean) => {
    const value = records.get(key) ?? '';
    return value !== '' && !isValid(value);
  };
  const wrong = INTEGER_KEYS.find((key) => bad(key, isInteger)) ?? TIME_KEYS.find((key) => bad(key, isTime));
  return wrong === undefined ? undefined : `the ${wrong} in a PAX header is not a number`;
}

/** A number in the records; `undefined` where it is absent or empty: then the header's own counts. */
export function paxNumber(records: PaxRecords, key: string): Int64 | undefined {
  const value = records.get(key) ?? '';
  return value === '' ? undefined : readDecimal(value);
}

/** Extended attributes, by name as a binary string. */
export function paxXattrs(records: PaxRecords): ReadonlyMap<string, Uint8Array> {
  const xattrs = new Map<string, Uint8Array>();
  for (const [key, value] of records) {
    if (key.startsWith(XATTR)) xattrs.set(key.slice(XATTR.length), Buffer.from(value, 'latin1'));
  }
  return xattrs;
}

function isInteger(value: string): boolean {
  return !Number.isNaN(readDecimal(value));
}

function isTime(value: string): boolean {
  const [seconds = '', ...rest] = value.split('.');
  return isInteger(seconds) && /^[0-9]*$/.test(rest.join('.'));
}
