import { type SipRounds, sipHash } from './siphash.ts';

/** What a compiled Python file says of its source: its time and size, or a hash of it. */
export type CompiledFrom =
  | {
      /** seconds since 1970, the lowest 32 bits */
      readonly mtime: number;
      /** bytes, the lowest 32 bits */
      readonly size: number;
    }
  | {
      /** 16 hex digits */
      readonly hash: string;
      /** with which it is made: the magic of the Python */
      readonly key: number;
    };

/** A file as a tar has it, as far as Python looks at it. */
export interface SourceFile {
  /** bytes */
  readonly size: number;
  /** seconds since 1970 */
  readonly mtime: number;
  /** absent where it was not kept: what goes by a hash is then not of it */
  readonly content?: Buffer;
}

/** Bytes of the head: magic, flags, and time and size or the hash of the source. */
export const PYC_HEAD = 16;

/** Made with a hash of the source; another flag says whether Python compares it. */
const BY_HASH = 1;
const FLAGS = 3;
/** Of Python since 3.11, and before. */
const ROUNDS: readonly SipRounds[] = [
  [1, 3],
  [2, 4],
];

/**
 * The head of a `.pyc`. Nothing where it is none.
 * @see PEP 552; CPython, Lib/importlib/_bootstrap_external.py, `_classify_pyc`
 */
export function readPycHead(head: Uint8Array): CompiledFrom | undefined {
  if (head.length < PYC_HEAD || head[2] !== 0x0d || head[3] !== 0x0a) return undefined;
  const view = new DataView(head.buffer, head.byteOffset, PYC_HEAD);
  const flags = view.getUint32(4, true);
  if (flags > FLAGS) return undefined;
  if ((flags & BY_HASH) !== 0) {
    const hash = Buffer.from(head.subarray(8, PYC_HEAD)).toString('hex');
    return { hash, key: view.getUint32(0, true) };
  }
  if (flags !== 0) return undefined;
  return { mtime: view.getUint32(8, true), size: view.getUint32(12, true) };
}

/** The path of the source of a `.pyc`: `a/__pycache__/b.cpython-311.pyc` is made of `a/b.py`. @see PEP 3147 */
export function sourcePathOf(path: string): string | undefined {
  const [, folder, name] =
    /^((?:.*\/)?)__pycache__\/([^/]+?)\.[a-z]+-\d+(?:\.opt-\d)?\.pyc$/.exec(path) ?? [];
  return folder === undefined || name === undefined ? undefined : `${folder}${name}.py`;
}

/**
 * Whether Python would take the one for the source of the other. Tars round times to seconds, up or down.
 * @see CPython, Python/pyhash.c, `_Py_KeyedHash`
 */
export function isCompiledFrom(from: CompiledFrom, { size, mtime, content }: SourceFile): boolean {
  if ('mtime' in from) return from.size === size % 2 ** 32 && Math.abs(from.mtime - (mtime % 2 ** 32)) <= 1;
  return content !== undefined && ROUNDS.some((rounds) => sipHash(content, from.key, rounds) === from.hash);
}
