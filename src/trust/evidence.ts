import { PratiqueError } from '../errors.ts';
import type { Limits } from '../io/limits.ts';
import type { Descriptor } from '../model/descriptor.ts';
import type { ImageSource } from '../model/image-source.ts';
import { printable } from '../model/printable.ts';
import type { Evidence, EvidenceForm, RejectedEvidence, RejectionReason } from '../model/trusted.ts';
import type { Keyring } from './keyring.ts';

/** Where one signature manifest was found, and what it is checked with. */
export interface Found {
  readonly source: ImageSource;
  readonly keyring: Keyring;
  readonly limits: Limits;
  readonly form: EvidenceForm;
  /** the image manifest or index beside which it was found */
  readonly about: Descriptor;
  /** the manifest that carries it */
  readonly from: Descriptor;
  /** the predicate type that it claims beside its signature; absent where it claims none */
  readonly label?: string;
}

/** Evidence that counts for nothing. `detail` may quote foreign text: it is made printable here. */
export function reject(found: Found, reason: RejectionReason, detail: string): RejectedEvidence {
  const { form, about, from, label } = found;
  const claim = label === undefined ? {} : { label };
  return { state: 'rejected', form, reason, detail: printable(detail), about, from, ...claim };
}

/** What a reader of foreign content came to. */
export type Read<T> = { readonly value: T } | { readonly rejected: RejectedEvidence };

/**
 * Reads content that is already here. Whatever is thrown is a fault of the content (or of a parser that met it)
 * and rejects this piece of evidence; a crash must never look like a signature (gitsign CVE-2026-44310).
 */
export function reading<T>(found: Found, read: () => T): Read<T> {
  try {
    return { value: read() };
  } catch (thrown) {
    return { rejected: reject(found, 'malformed', wordsOf(thrown)) };
  }
}

/** What a library throws at hostile content is no fault inside pratique, and nobody should report it as one. */
function wordsOf(thrown: unknown): string {
  if (thrown instanceof PratiqueError) return thrown.message;
  return `it cannot be read: ${thrown instanceof Error ? thrown.message : String(thrown)}`;
}

/** `reading` where the outcome is evidence itself. */
export function judging(found: Found, judge: () => readonly Evidence[]): readonly Evidence[] {
  const read = reading(found, judge);
  return 'value' in read ? read.value : [read.rejected];
}

/** What bounds a blob: a bare signature is small, a statement may hold what a scanner said of a whole image. */
type SizeLimit = 'signatureBytes' | 'statementBytes';

/**
 * Fetches one signature or attestation; `undefined` where it says it is larger than the limit, which must not
 * fill the memory (CVE-2024-29902). A fault of the source is thrown: "could not check" is not "unsigned".
 */
export async function fetchSmall(
  found: Found,
  blob: Descriptor,
  limit: SizeLimit,
): Promise<Uint8Array | undefined> {
  if (blob.size > found.limits[limit]) return undefined;
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of found.source.blob(blob)) {
    size += chunk.length;
    if (size > blob.size) break;
    chunks.push(chunk.slice());
  }
  return requireWhole(Buffer.concat(chunks), blob, size);
}

/** Fetches a manifest; see `fetchSmall`. */
export async function fetchManifest({ source }: Found, what: Descriptor): Promise<Uint8Array> {
  const bytes = await source.manifest(what);
  return requireWhole(bytes, what, bytes.length);
}

/** Sources verify what they give. A short read that slipped through would look like a signature that does not hold. */
function requireWhole(bytes: Uint8Array, { digest, size: expected }: Descriptor, size: number): Uint8Array {
  if (size === expected) return bytes;
  throw new PratiqueError('SIZE_MISMATCH', {
    what: `${digest} was not delivered whole`,
    why: `it has ${expected} bytes`,
    next: 'try again',
  });
}

/** of the largest statement, how many bytes all beside one image may have; those that hold stay in memory until it is judged */
const TOGETHER = 8;

/**
 * Counts the bytes of what is fetched: each is small enough, and a hundred together would fill the memory.
 * @returns to be called with each size; throws `LIMIT_EXCEEDED`
 */
export function bytesTogether({ statementBytes }: Limits): (size: number) => void {
  const most = TOGETHER * statementBytes;
  let bytes = 0;
  return (size) => {
    bytes += size;
    if (bytes <= most) return;
    throw new PratiqueError('LIMIT_EXCEEDED', {
      what: `the image has attestations of more than ${most} bytes together`,
      next: 'remove those that are not needed, or raise limits.statement-bytes in the policy, an eighth of this',
    });
  };
}

/** Evidence for content over a limit. */
export function rejectBig(found: Found, blob: Descriptor, limit: SizeLimit): RejectedEvidence {
  const setting = limit === 'signatureBytes' ? 'limits.signature-bytes' : 'limits.statement-bytes';
  const most = found.limits[limit];
  return reject(found, 'too-big', `it has ${blob.size} bytes; at most ${most} are read (${setting})`);
}
