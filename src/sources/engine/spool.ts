import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PratiqueError } from '../../errors.ts';
import { printable } from '../../model/printable.ts';

/**
 * A file for what cannot be read in the order in which it comes. Its name is taken away at once: nobody else opens it, and
 * nothing is left of it when this process ends, however that comes.
 * @throws {PratiqueError} `WRITE_FAILED`
 */
export async function openSpool(): Promise<FileHandle> {
  try {
    const folder = await mkdtemp(join(tmpdir(), 'pratique-'));
    try {
      return await open(join(folder, 'spool'), 'wx+', 0o600);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  } catch (cause) {
    throw notWritten(cause);
  }
}

/** The most that a spool may take, and the limit that says so. */
export interface Most {
  readonly bytes: number;
  readonly setting: string;
}

/**
 * Appends a stream to a spool.
 * @param stop ends what makes the stream, where it is not read to its end
 * @returns bytes written
 * @throws {PratiqueError} `LIMIT_EXCEEDED`, `WRITE_FAILED`; whatever the stream throws
 */
export async function writeSpool(
  spool: FileHandle,
  stream: AsyncIterable<Uint8Array>,
  { bytes, setting }: Most,
  stop: () => void = () => {},
): Promise<number> {
  let written = 0;
  try {
    for await (const chunk of stream) {
      written += chunk.length;
      if (written > bytes) throw tooLarge(bytes, setting);
      await append(spool, chunk);
    }
    return written;
  } catch (thrown) {
    stop();
    throw thrown;
  }
}

async function append(spool: FileHandle, chunk: Uint8Array): Promise<void> {
  try {
    await spool.writeFile(chunk);
  } catch (cause) {
    throw notWritten(cause);
  }
}

const CHUNK = 256 * 1024; // bytes read at once

/** Bytes of a spool, in order. */
export async function* readSpool(
  spool: FileHandle,
  offset: number,
  size: number,
): AsyncGenerator<Uint8Array> {
  for (let at = offset; at < offset + size; ) {
    const buffer = Buffer.allocUnsafeSlow(Math.min(CHUNK, offset + size - at));
    const { bytesRead } = await spool.read(buffer, 0, buffer.length, at);
    if (bytesRead === 0) return; // who verifies it tells that bytes are missing
    yield buffer.subarray(0, bytesRead);
    at += bytesRead;
  }
}

function tooLarge(bytes: number, setting: string): PratiqueError {
  return new PratiqueError('LIMIT_EXCEEDED', {
    what: `the image as the local engine writes it has more than ${bytes} bytes`,
    next: `raise limits.${setting} in the policy if this is meant`,
  });
}

function notWritten(cause: unknown): PratiqueError {
  const code = (cause as NodeJS.ErrnoException).code ?? 'unknown reason';
  return new PratiqueError(
    'WRITE_FAILED',
    {
      what: 'the image of the local engine could not be kept while it is looked at',
      why: printable(code),
      next: 'let TMPDIR name a folder with room for the whole image',
    },
    { cause },
  );
}
