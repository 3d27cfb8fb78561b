/** Bytes of one page of WebAssembly's memory. */
export const WASM_PAGE = 64 * 1024;
const MEMORY_SECTION = 5;
const HEADER_BYTES = 8;
const HAS_MAXIMUM = 1;

/**
 * A WebAssembly program whose memory may grow to so many pages and no further: more makes it fail. Without that a file
 * full of what a pattern matches makes the engine take four gigabytes in a few seconds.
 * @param program with one memory of its own that has no bound, as compilers write it
 * @throws {RangeError} where it is anything else
 * @see WebAssembly core specification 2.0, "Memory Section" and "Limits"
 */
export function boundMemory(program: Uint8Array, pages: number): Uint8Array {
  for (let at = HEADER_BYTES; at < program.length; ) {
    const length = readNumber(program, at + 1);
    const body = length.end;
    const end = body + length.value;
    if (program[at] === MEMORY_SECTION) {
      const least = readNumber(program, body + 2);
      if (program[body] !== 1 || program[body + 1] !== 0 || least.end !== end) break;
      const bounded = [1, HAS_MAXIMUM, ...writeNumber(least.value), ...writeNumber(pages)];
      const section = Uint8Array.from([MEMORY_SECTION, ...writeNumber(bounded.length), ...bounded]);
      return Buffer.concat([program.subarray(0, at), section, program.subarray(end)]);
    }
    at = end;
  }
  throw new RangeError('the program has no memory of its own without a bound');
}

/** An unsigned LEB128 number, and where it ends. */
function readNumber(bytes: Uint8Array, start: number): { readonly value: number; readonly end: number } {
  let value = 0;
  for (let at = start, scale = 1; at < bytes.length && at < start + 5; at++, scale *= 0x80) {
    const byte = bytes[at] as number;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return { value, end: at + 1 };
  }
  throw new RangeError('the program holds a number that does not end');
}

function writeNumber(value: number): readonly number[] {
  const bytes: number[] = [];
  let left = value;
  for (; left >= 0x80; left = Math.floor(left / 0x80)) bytes.push((left % 0x80) + 0x80);
  return [...bytes, left];
}
