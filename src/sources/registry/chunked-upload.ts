import { PratiqueError } from '../../errors.ts';
import type { Descriptor } from '../../model/descriptor.ts';
import type { Answer } from './answer.ts';
import { placeOf } from './fault.ts';
import type { RegistryOptions } from './registry-options.ts';
import { pause } from './retry.ts';
import type { Session } from './session.ts';
import {
  abandonUpload,
  finishedPlace,
  requireSaid,
  startUpload,
  type Upload,
  uploadPlace,
  uploadStep,
} from './upload.ts';

/**
 * What became of an upload in chunks: the blob is stored, or the registry does not take it this way and is to be sent it in one
 * piece, or it met a fault that another upload may not meet.
 */
export type ChunkedOutcome = 'stored' | 'not taken' | PratiqueError;

const MiB = 1024 * 1024;
/** Chunks from which on a blob is sent in chunks: a smaller one is as soon sent anew as gone on with. */
const LEAST_CHUNKS = 8;
/** Bytes, which are held in memory. Google's store wants multiples of 256 KiB, Azure takes 20 MB at the most. */
const CHUNK = 8 * MiB;
/** The most that a registry may want in each chunk; one that wants more gets the blob in one piece. */
const MOST_CHUNK = 32 * MiB;
const SLICE = 64 * 1024; // bytes; so that a slow line is seen to move
const RESUMES = 20; // of one upload
const FRUITLESS = 3; // in a row, each without a byte more
const RESUME_DELAY = 500; // milliseconds; doubled for each that was fruitless
const RANGE = /^(?:bytes[ =])?0-(\d{1,15})$/;

/** Whether a blob is so large that it is worth its round trips to send it in chunks. */
export function isForChunks({ size }: Descriptor, { chunkBytes = CHUNK }: RegistryOptions): boolean {
  return size >= LEAST_CHUNKS * chunkBytes;
}

/**
 * Sends a blob piece by piece, each of which the registry acknowledges. After a cut it is asked how much it has, and is sent the
 * rest. Where it has forgotten the upload, or is elsewhere in it, another one has to begin.
 * @param content the bytes from the start; one chunk of them is held in memory
 * @throws {PratiqueError} whatever `content` throws; a fault that another upload would meet as well
 * @see OCI distribution-spec v1.1, "Pushing a blob in chunks"
 */
export async function uploadInChunks(
  session: Session,
  what: Descriptor,
  content: () => AsyncIterable<Uint8Array>,
): Promise<ChunkedOutcome> {
  const upload = await startUpload(session);
  const state: Sending = { place: upload.place, acknowledged: 0, resumes: 0, fruitless: 0 };
  const outcome = await sendAll(session, what, content, upload, state);
  const isMute = outcome instanceof PratiqueError && outcome.code === 'TIMEOUT';
  if (outcome !== 'stored' && !isMute) await abandonUpload(session, state.place);
  return outcome;
}

/** How far an upload is. */
interface Sending {
  place: URL;
  /** bytes that the registry says it has */
  acknowledged: number;
  resumes: number;
  fruitless: number;
}

async function sendAll(
  session: Session,
  what: Descriptor,
  content: () => AsyncIterable<Uint8Array>,
  { leastChunk }: Upload,
  state: Sending,
): Promise<ChunkedOutcome> {
  if (leastChunk > MOST_CHUNK) return 'not taken';
  try {
    for await (const chunk of chunksOf(
      content(),
      Math.max(session.options.chunkBytes ?? CHUNK, leastChunk),
    )) {
      const refused = await sendChunk(session, what, chunk, state);
      if (refused !== undefined) return refused;
    }
  } catch (thrown) {
    await abandonUpload(session, state.place);
    throw thrown;
  }
  return finish(session, what, state);
}

/** @returns nothing once the registry has the whole chunk */
async function sendChunk(
  session: Session,
  what: Descriptor,
  chunk: Uint8Array,
  state: Sending,
): Promise<Exclude<ChunkedOutcome, 'stored'> | undefined> {
  const start = state.acknowledged;
  const end = start + chunk.length;
  while (state.acknowledged < end) {
    const at = state.acknowledged;
    const rest = chunk.subarray(at - start);
    const headers = {
      'content-type': 'application/octet-stream',
      'content-length': String(rest.length),
      'content-range': `${at}-${end - 1}`,
    };
    const step = await refusable(
      uploadStep(
        session,
        { method: 'PATCH', at: state.place, headers, body: () => slicesOf(rest), expect: [202, 416] },
        what,
      ),
    );
    if (step === 'refused') return 'not taken';
    if ('answer' in step) step.answer.discard();
    if ('answer' in step && step.answer.status === 202) {
      if (!(await advance(session, step.answer, state, end))) return 'not taken';
      if (state.acknowledged < end) state.resumes += 1; // one that takes a byte of each chunk would have it sent for ever
    } else if ('answer' in step && at === 0) {
      return 'not taken'; // a range, and nothing was sent before it: this registry takes none
    } else {
      const lost = await askWhere(session, what, state, end, 'fault' in step ? step.fault : undefined);
      if (lost !== undefined) return lost;
    }
    state.fruitless = state.acknowledged > at ? 0 : state.fruitless + 1;
    if (state.fruitless >= FRUITLESS || state.resumes > RESUMES) return noProgress(state.place, at);
  }
  return undefined;
}

/** Asks a registry how much of an upload it has. @returns what ends the upload, if that is not to be found out */
async function askWhere(
  session: Session,
  what: Descriptor,
  state: Sending,
  end: number,
  met: PratiqueError | undefined,
): Promise<PratiqueError | undefined> {
  state.resumes += 1;
  const lost = met ?? noProgress(state.place, state.acknowledged);
  await pause(RESUME_DELAY * 2 ** state.fruitless, session.options);
  const step = await refusable(uploadStep(session, { method: 'GET', at: state.place, expect: [204] }, what));
  if (step === 'refused') return lost; // it has forgotten the upload
  // A server that hangs twice would hold the run up once more for each try; what is only cut is asked again after the next one.
  if ('fault' in step) return step.fault.code === 'TIMEOUT' ? step.fault : undefined;
  step.answer.discard();
  return (await advance(session, step.answer, state, end)) ? undefined : lost;
}

/**
 * Takes over what an answer says of the upload.
 * @returns false where that is no count of bytes between those that it had and those that were sent
 */
async function advance(session: Session, answer: Answer, state: Sending, end: number): Promise<boolean> {
  if (answer.header('location') !== undefined) state.place = await uploadPlace(session, answer);
  const text = answer.header('range');
  const last = RANGE.exec(text ?? '')?.[1];
  // `0-0` is one byte, and what registries write for none. Without a word, a chunk that was taken is there as a whole.
  const said = last === '0' ? 0 : Number(last ?? Number.NaN) + 1;
  const has = text === undefined && answer.status === 202 ? end : said;
  if (!(has >= state.acknowledged && has <= end)) return false;
  state.acknowledged = has;
  return true;
}

async function finish(session: Session, what: Descriptor, state: Sending): Promise<ChunkedOutcome> {
  const step = await refusable(
    uploadStep(
      session,
      {
        method: 'PUT',
        at: finishedPlace(state.place, what.digest),
        headers: { 'content-length': '0' },
        expect: [201],
      },
      what,
    ),
  );
  if (step === 'refused') return 'not taken';
  if ('fault' in step) return step.fault;
  requireSaid(step.answer, what.digest);
  step.answer.discard();
  return 'stored';
}

/**
 * An answer that says no to a chunk says nothing of the blob: registries without chunked uploads have a dozen of them. The blob in
 * one piece then tells what is wrong.
 */
async function refusable<T>(step: Promise<T>): Promise<T | 'refused'> {
  try {
    return await step;
  } catch (thrown) {
    if (thrown instanceof PratiqueError && REFUSALS.has(thrown.code)) return 'refused';
    throw thrown;
  }
}

const REFUSALS: ReadonlySet<string> = new Set(['REGISTRY_ERROR', 'NOT_FOUND', 'DENIED', 'UNAUTHORIZED']);

/** Pieces of one length, the last may be shorter. */
async function* chunksOf(stream: AsyncIterable<Uint8Array>, length: number): AsyncGenerator<Uint8Array> {
  let parts: Uint8Array[] = [];
  let held = 0;
  for await (const part of stream) {
    let rest = part;
    while (held + rest.length >= length) {
      const fits = length - held;
      yield Buffer.concat([...parts, rest.subarray(0, fits)], length);
      rest = rest.subarray(fits);
      parts = [];
      held = 0;
    }
    if (rest.length > 0) parts.push(rest);
    held += rest.length;
  }
  if (held > 0) yield Buffer.concat(parts, held);
}

async function* slicesOf(chunk: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < chunk.length; at += SLICE) yield chunk.subarray(at, at + SLICE);
}

function noProgress(place: URL, bytes: number): PratiqueError {
  return new PratiqueError('NETWORK', {
    what: 'the upload does not go on',
    where: placeOf('PATCH', place),
    why: `the registry stays at ${bytes} bytes`,
    next: 'try again; what is there already is not sent twice',
  });
}
