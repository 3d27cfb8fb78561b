import { createHash, type Hash } from 'node:crypto';
import { PratiqueError } from '../errors.ts';
import { algorithmOf, type Digest, hexOf } from '../model/digest.ts';
import { printable } from '../model/printable.ts';

/**
 * Passes a blob through and proves it is the one that was asked for.
 * @param blob chunks in order, any sizes; never held together in memory; a chunk must not be reused by its maker
 * @param expected `size` in bytes; `digest` over exactly these bytes
 * @param where what is read, for messages: `layer 2, sha256:…`
 * @returns the same chunks; the last is withheld until the digest agrees
 * @throws {PratiqueError} `LIMIT_EXCEEDED` at the first byte past `size`; `SIZE_MISMATCH` where bytes are
 * missing; `DIGEST_MISMATCH` where other bytes came
 * @see OCI image-spec v1.1.1, descriptor.md, "Verification"
 */
export async function* verified(
  blob: AsyncIterable<Uint8Array>,
  expected: { readonly digest: Digest; readonly size: number },
  where: string,
): AsyncGenerator<Uint8Array> {
  const hash = startDigest(expected.digest);
  let total = 0;
  let last: Uint8Array | undefined;
  for await (const chunk of blob) {
    if (chunk.length === 0) continue;
    total += chunk.length;
    // An answer without an end, or a second body behind the first, stops here and not at its own end.
    if (total > expected.size) throw tooLong(expected.size, where);
    hash.update(chunk);
    if (last !== undefined) yield last;
    last = chunk;
  }
  if (total < expected.size) throw tooShort(total, expected.size, where);
  requireDigest(hash, expected.digest, 'DIGEST_MISMATCH', where);
  if (last !== undefined) yield last;
}

/**
 * Collects a stream into one piece.
 * @param limitBytes the most that may come; one byte more ends the read
 * @throws {PratiqueError} `LIMIT_EXCEEDED`
 */
export async function readAll(
  stream: AsyncIterable<Uint8Array>,
  limitBytes: number,
  where: string,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let total = 0;
  for await (const chunk of stream) {
    total += chunk.length;
    if (total > limitBytes) throw tooLong(limitBytes, where);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, total);
}

/** A running hash of the algorithm that a digest names. */
export function startDigest(digest: Digest): Hash {
  return createHash(algorithmOf(digest));
}

/** Ends a running hash. @throws {PratiqueError} `code` where it is not the digest that was promised */
export function requireDigest(
  hash: Hash,
  expected: Digest,
  code: 'DIGEST_MISMATCH' | 'DIFF_ID_MISMATCH',
  where: string,
): void {
  const found = hash.digest('hex');
  if (found === hexOf(expected)) return;
  throw new PratiqueError(code, {
    what:
      code === 'DIFF_ID_MISMATCH'
        ? 'the layer does not unpack to what the image promises'
        : 'these are not the bytes that were asked for',
    where: printable(where),
    why: `promised ${expected}, found ${algorithmOf(expected)}:${found}`,
    next: 'pull the image again; if it stays, the registry or the image is not to be trusted',
  });
}

function tooLong(limit: number, where: string): PratiqueError {
  return new PratiqueError('LIMIT_EXCEEDED', {
    what: `there is more than the ${limit} bytes that were expected or allowed`,
    where: printable(where),
  });
}

function tooShort(total: number, size: number, where: string): PratiqueError {
  return new PratiqueError('SIZE_MISMATCH', {
    what: `only ${total} of ${size} bytes came`,
    where: printable(where),
    next: 'try again; if it stays, the blob is damaged where it is stored',
  });
}
