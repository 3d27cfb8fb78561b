import {
  constants,
  createInflate,
  createInflateRaw,
  deflateRawSync,
  type InflateRaw,
  type ZstdDecompress,
} from 'node:zlib';

/** Output of one step at the most, bytes. Small ones cost 2 to 5 times the processor time. */
const ROOM = 256 * 1024;

/** What is used of the handle below a stream of `node:zlib`. None of it is documented. */
interface Handle {
  onerror: (message: string, errno: number, code: string) => void;
  writeSync(
    flush: number,
    input: Uint8Array,
    inputAt: number,
    inputLength: number,
    output: Uint8Array,
    outputAt: number,
    outputLength: number,
  ): void;
  reset(): void;
}

interface Below {
  readonly _handle: Handle;
  /** after a write: room left in the output, bytes left of the input */
  readonly _writeState: Uint32Array;
}

/** What one step has brought. */
export interface Step {
  /** valid until the next step */
  readonly output: Uint8Array;
  /** bytes of the input that were used */
  readonly used: number;
  /** whether the output is full and there may be more of the same input */
  readonly isFull: boolean;
}

const NOTHING = new Uint8Array(0);

/**
 * Unpacks at once, in the thread that asks, into one buffer that is used again and again: the streams of Node hand each
 * piece to another thread and take a new buffer for it, at twice the time.
 */
export class ZlibHandle {
  private readonly stream: InflateRaw | ZstdDecompress;
  private readonly below: Below;
  private readonly room = new Uint8Array(ROOM);
  private fault: { readonly message: string; readonly errno: number; readonly code: string } | undefined;

  /** @param stream used for nothing else */
  constructor(stream: InflateRaw | ZstdDecompress) {
    this.stream = stream;
    this.below = stream as unknown as Below;
    this.below._handle.onerror = (message, errno, code) => {
      this.fault = { message, errno, code };
    };
  }

  /** Frees what it holds outside of our memory. */
  close(): void {
    this.stream.destroy();
  }

  /** Begins a new stream of deflate. */
  reset(): void {
    this.fault = undefined;
    this.below._handle.reset();
  }

  /**
   * Unpacks as much as there is room for.
   * @throws {Error} with the code of zlib, `Z_DATA_ERROR` and the like
   */
  step(input: Uint8Array, from: number): Step {
    return this.write(constants.Z_NO_FLUSH, input, from);
  }

  /** Tells that no more will come. @throws {Error} `Z_BUF_ERROR` where more should */
  finish(): Step {
    return this.write(constants.Z_FINISH, NOTHING, 0);
  }

  private write(flush: number, input: Uint8Array, from: number): Step {
    const { below, room } = this;
    const length = input.length - from;
    below._handle.writeSync(flush, input, from, length, room, 0, ROOM);
    if (this.fault !== undefined) throw faultOf(this.fault);
    const [roomLeft = 0, inputLeft = 0] = below._writeState;
    return { output: room.subarray(0, ROOM - roomLeft), used: length - inputLeft, isFull: roomLeft === 0 };
  }
}

function faultOf({ message, errno, code }: { message: string; errno: number; code: string }): Error {
  return Object.assign(new Error(message), { errno, code });
}

/** How deflate is wrapped: not at all, as in zip and gzip, or as in RFC 1950. */
export type DeflateKind = 'raw' | 'zlib';

/** Handles that are kept for the next stream: as many as archives lie in archives. */
const MOST_IDLE = 8;
const idle: Readonly<Record<DeflateKind, ZlibHandle[]>> = { raw: [], zlib: [] };

/** A handle for one stream of deflate; give it back. Where `hasZlibHandle` */
export function takeHandle(kind: DeflateKind): ZlibHandle {
  const handle = idle[kind].pop() ?? new ZlibHandle(kind === 'raw' ? createInflateRaw() : createInflate());
  handle.reset();
  return handle;
}

/** Keeps a handle for the next stream. */
export function giveBackHandle(handle: ZlibHandle, kind: DeflateKind): void {
  if (idle[kind].length < MOST_IDLE) idle[kind].push(handle);
  else handle.close();
}

let isKnownToWork: boolean | undefined;

/** Whether this Node has what is used here, and it does what is expected: found out once, by trying. */
export function hasZlibHandle(): boolean {
  isKnownToWork ??= works();
  return isKnownToWork;
}

/** Unpacks something that does not fit at once, in two parts with others behind; hears of what is cut off and what is damaged. */
function works(): boolean {
  try {
    const plain = Buffer.alloc(2 * ROOM + 1000, 'pratique ');
    const packed = deflateRawSync(plain);
    const input = Buffer.concat([packed, Buffer.from('behind')]);
    const handle = takeHandle('raw');
    for (let turn = 0; turn < 2; turn++) {
      handle.reset();
      if (!unpacks(handle, input, packed.length, plain)) return false;
    }
    const hears =
      codeThrown(handle, (one) => one.step(packed.subarray(0, 10), 0) && one.finish()) === 'Z_BUF_ERROR' &&
      codeThrown(handle, (one) => one.step(Buffer.alloc(10, 0xff), 0)) === 'Z_DATA_ERROR';
    giveBackHandle(handle, 'raw');
    return hears;
  } catch {
    return false;
  }
}

function unpacks(handle: ZlibHandle, input: Buffer, length: number, plain: Buffer): boolean {
  const parts: Uint8Array[] = [];
  let at = 0;
  for (const end of [length >> 1, input.length]) {
    for (let isFull = true; isFull; ) {
      const step = handle.step(input.subarray(0, end), at);
      parts.push(Uint8Array.from(step.output));
      at += step.used;
      isFull = step.isFull;
    }
  }
  const behind = handle.step(input, at);
  return (
    at === length && behind.used === 0 && behind.output.length === 0 && plain.equals(Buffer.concat(parts))
  );
}

function codeThrown(handle: ZlibHandle, work: (handle: ZlibHandle) => void): unknown {
  try {
    handle.reset();
    work(handle);
  } catch (thrown) {
    return (thrown as { code?: unknown }).code;
  }
  return undefined;
}
