/** What a compiled Python file says of its source. */
export interface CompiledFrom {
  /** seconds since 1970, the lowest 32 bits */
  readonly mtime: number;
  /** bytes, the lowest 32 bits */
  readonly size: number;
}

/** A file as a tar has it, as far as Python looks at it. */
export interface SourceFile {
  /** bytes */
  readonly size: number;
  /** seconds since 1970 */
  readonly mtime: number;
}

/** Bytes of the head: magic, flags, time and size of the source. */
export const PYC_HEAD = 16;

/**
 * The head of a `.pyc`. Nothing where it is none, or goes by a hash of its source (flag 1).
 * @see PEP 552; CPython, Lib/importlib/_bootstrap_external.py, `_classify_pyc`
 */
export function readPycHead(head: Uint8Array): CompiledFrom | undefined {
  if (head.length < PYC_HEAD || head[2] !== 0x0d || head[3] !== 0x0a) return undefined;
  const view = new DataView(head.buffer, head.byteOffset, PYC_HEAD);
  if (view.getUint32(4, true) !== 0) return undefined;
  return { mtime: view.getUint32(8, true), size: view.getUint32(12, true) };
}

/** The path of the source of a `.pyc`: `a/__pycache__/b.cpython-311.pyc` is made of `a/b.py`. @see PEP 3147 */
export function sourcePathOf(path: string): string | undefined {
  const [, folder, name] =
    /^((?:.*\/)?)__pycache__\/([^/]+?)\.[a-z]+-\d+(?:\.opt-\d)?\.pyc$/.exec(path) ?? [];
  return folder === undefined || name === undefined ? undefined : `${folder}${name}.py`;
}

/** Whether Python would take the one for the source of the other. Tars round times to seconds, up or down. */
export function isCompiledFrom({ mtime, size }: CompiledFrom, source: SourceFile): boolean {
  return size === source.size % 2 ** 32 && Math.abs(mtime - (source.mtime % 2 ** 32)) <= 1;
}
