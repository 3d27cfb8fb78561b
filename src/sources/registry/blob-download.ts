import { PratiqueError } from '../../errors.ts';
import type { Descriptor } from '../../model/descriptor.ts';
import { quoted } from '../../model/printable.ts';
import { type Answer, requirePlain } from './answer.ts';
import { placeOf } from './fault.ts';
import { pause } from './retry.ts';
import type { Session } from './session.ts';

const RESUMES = 20; // for one blob
const FRUITLESS_RESUMES = 3; // in a row, each without PROGRESS more
const PROGRESS = 64 * 1024; // bytes
const RESUME_DELAY = 500; // milliseconds
const SKIP_LIMIT = 64 * 1024 * 1024; // bytes read twice where a registry cannot resume; more would be O(n²)
const CONTENT_RANGE = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15}|\*)$/;

/**
 * The bytes of a blob as the registry sends them, not yet verified; goes on where a broken connection
 * stopped. Addresses in a descriptor's `urls` are never asked (CVE-2020-15157).
 * @throws {PratiqueError} `SIZE_MISMATCH` where the length is announced wrong, `REGISTRY_ERROR` where a
 * range is, `TIMEOUT` or `NETWORK` after the last resume, or another transport fault
 * @see OCI distribution-spec v1.1, "Pulling blobs"; RFC 9110, section 14
 */
export async function* downloadBlob(session: Session, what: Descriptor): AsyncGenerator<Uint8Array> {
  let received = 0;
  let skipped = 0;
  let fruitless = 0;
  for (let resumes = 0; ; resumes += 1) {
    const start = received;
    const answer = await ask(session, what, start);
    let skip = answer.status === 206 ? 0 : start;
    skipped += skip;
    if (skipped > SKIP_LIMIT) throw cannotResume(answer, skipped);
    try {
      for await (const chunk of answer.body) {
        const fresh = chunk.subarray(Math.min(skip, chunk.length));
        skip -= chunk.length - fresh.length;
        received += fresh.length;
        if (fresh.length > 0) yield fresh;
      }
      return;
    } catch (thrown) {
      fruitless = received - start >= PROGRESS ? 0 : fruitless + 1;
      if (!mayResume(thrown) || fruitless >= FRUITLESS_RESUMES || resumes >= RESUMES) throw thrown;
    }
    await pause(RESUME_DELAY * 2 ** fruitless, session.options);
  }
}

async function ask(session: Session, what: Descriptor, start: number): Promise<Answer> {
  const answer = await session.ask({
    method: 'GET',
    at: session.path('blobs', what.digest),
    headers: start > 0 ? { range: `bytes=${start}-` } : {},
    scope: { repository: session.repository, actions: 'pull' },
    expect: start > 0 ? [200, 206] : [200],
  });
  requirePlain(answer);
  try {
    if (answer.status === 206) requireRange(answer, start, what.size);
    requireLength(answer, answer.status === 206 ? what.size - start : what.size);
  } catch (thrown) {
    answer.discard();
    throw thrown;
  }
  return answer;
}

// A range other than the one asked for would be joined to bytes it does not follow.
function requireRange(answer: Answer, start: number, size: number): void {
  const text = answer.header('content-range') ?? '';
  const [, first, last, total] = CONTENT_RANGE.exec(text) ?? [];
  const whole = total === '*' || Number(total) === size;
  if (Number(first) === start && Number(last) === size - 1 && whole) return;
  throw new PratiqueError('REGISTRY_ERROR', {
    what: `the registry resumes with the range ${quoted(text, 80)}`,
    where: placeOf(answer.method, answer.url, answer.foreign),
    why: `asked for was ${start} to the end of ${size} bytes`,
  });
}

function requireLength(answer: Answer, expected: number): void {
  const text = answer.header('content-length');
  if (text === undefined || Number(text) === expected) return;
  throw new PratiqueError('SIZE_MISMATCH', {
    what: `the registry announces ${quoted(text, 40)} bytes of a blob where ${expected} are due`,
    where: placeOf(answer.method, answer.url, answer.foreign),
  });
}

function cannotResume(answer: Answer, skipped: number): PratiqueError {
  answer.discard();
  return new PratiqueError('NETWORK', {
    what: 'the download broke off and the registry cannot go on where it stopped',
    where: placeOf(answer.method, answer.url, answer.foreign),
    why: `it starts anew each time; ${skipped} bytes would have been read twice`,
    next: 'try again on a steadier network',
  });
}

function mayResume(thrown: unknown): boolean {
  return thrown instanceof PratiqueError && (thrown.code === 'NETWORK' || thrown.code === 'TIMEOUT');
}
