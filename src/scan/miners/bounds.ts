import type { ByteWindow } from '../byte-window.ts';
import type { PreparedKeyword } from '../prepared-rules.ts';
import type { SignBounds } from '../rule.ts';

/** Letters behind a keyword that decide where it stands. */
export const BYTES_BEHIND = 5;
/** Blanks between the beginning of a line and a keyword; deeper, and it is no part of a rule. */
export const BYTES_BEFORE = 17;

/** A letter around the keyword: the first before it is -1, the first behind it 0; -1 where there is none. */
type Around = (place: number) => number;

/** Whether a keyword stands where its sign wants it. */
export function standsIn(
  bounds: SignBounds | undefined,
  window: ByteWindow,
  keyword: PreparedKeyword,
  start: number,
): boolean {
  if (bounds === undefined) return true;
  const step = keyword.wide ? 2 : 1;
  const end = start + keyword.length * step;
  return STANDS[bounds]((place) => window.byteAt(place < 0 ? start + place * step : end + place * step));
}

/** A byte that goes on with a word, a host name or a token. */
export function isWordByte(byte: number): boolean {
  return isAlphanumeric(byte) || byte === 0x5f || byte === 0x2d; // _ -
}

const STANDS: Readonly<Record<SignBounds, (at: Around) => boolean>> = {
  word: (at) => !isWordByte(at(-1)) && !isWordByte(at(0)),
  // A dot and a letter behind it would be the rest of another host: supportxmr.com.example.test
  host: (at) => !isWordByte(at(-1)) && !isWordByte(at(0)) && !(at(0) === 0x2e && isAlphanumeric(at(1))),
  'host-port': (at) => !isWordByte(at(-1)) && at(0) === 0x3a && isDigit(at(1)) && isDigit(at(2)),
  url: (at) => isAlphanumeric(at(0)) || at(0) === 0x5b || at(0) === 0x24, // [ of an address, $ of a variable
  value: standsWithValue,
  name: (at) => isAlphanumeric(at(0)),
  key: (at) => at(0) === 0x3a || (isBlank(at(0)) && (at(1) === 0x3a || (isBlank(at(1)) && at(2) === 0x3a))),
  line: standsFirst,
};

/** A number or a variable, as somebody writes it who means it: `--x=1`, `--x "$N"`, `"--x", "1"`; in a list is none. */
function standsWithValue(at: Around): boolean {
  if (isWordByte(at(-1))) return false;
  let place = isQuote(at(0)) && at(1) === 0x2c ? 2 : 0;
  if (at(place) === 0x3d || at(place) === 0x20) place++;
  if (isQuote(at(place))) place++;
  return place > 0 && (isDigit(at(place)) || at(place) === 0x24);
}

function standsFirst(at: Around): boolean {
  let place = -1;
  while (place > -BYTES_BEFORE && isBlank(at(place))) place--;
  const before = at(place);
  return before === -1 || before === 0x0a || before === 0x0d;
}

function isAlphanumeric(byte: number): boolean {
  return (byte >= 0x61 && byte <= 0x7a) || (byte >= 0x41 && byte <= 0x5a) || isDigit(byte);
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

function isBlank(byte: number): boolean {
  return byte === 0x20 || byte === 0x09;
}

function isQuote(byte: number): boolean {
  return byte === 0x22 || byte === 0x27;
}
