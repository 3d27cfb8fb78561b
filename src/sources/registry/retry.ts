import { PratiqueError, toPratiqueError } from '../../errors.ts';
import type { Answer } from './answer.ts';
import { interrupted, mayPass } from './fault.ts';
import type { RegistryOptions } from './registry-options.ts';

const ATTEMPTS = 5;
const TIMEOUT_ATTEMPTS = 2; // a server that hangs once may recover; more would only hold the run up
const FIRST_DELAY = 500; // milliseconds; doubled for each further attempt
const LONGEST_DELAY = 60_000; // milliseconds; a registry that asks for more is told to people instead
const LONGEST_TRYING = 120_000; // milliseconds from the first attempt until no further one begins

// A request may need a token first, which is fetched with tries of its own: they do not multiply.
const givenUp = new WeakSet<PratiqueError>();

/** Where the time comes from. */
export type Clock = Pick<RegistryOptions, 'now' | 'sleep' | 'signal'>;

/**
 * Tries until an answer is one that trying again would not change: 408, 429, 499, any 5xx but 501, and
 * broken connections are tried again, as late as the server's `Retry-After` asks. The last answer is
 * returned whatever it is, so that its status can be told; nothing is ever taken for "not there".
 * @param work sends the whole request anew: a redirect's target may have expired
 * @see RFC 9110, section 10.2.3
 */
export async function retrying(work: () => Promise<Answer>, clock: Clock): Promise<Answer> {
  const started = clock.now();
  for (let attempt = 1; ; attempt += 1) {
    const outcome = await attempted(work);
    const delay = delayAfter(outcome, attempt, clock.now());
    const tooLate = delay !== undefined && clock.now() + delay - started > LONGEST_TRYING;
    if (delay === undefined || tooLate) return settled(outcome);
    if (!(outcome instanceof PratiqueError)) outcome.discard();
    await pause(delay, clock);
  }
}

/**
 * Waits, and stops waiting when the run is interrupted.
 * @throws {PratiqueError} `NETWORK`
 */
export async function pause(milliseconds: number, { sleep, signal }: Clock): Promise<void> {
  if (signal?.aborted === true) throw interrupted('waiting for another try');
  if (sleep !== undefined) return await sleep(milliseconds);
  await new Promise<void>((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(interrupted('waiting for another try'));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, milliseconds);
    signal?.addEventListener('abort', stop, { once: true });
  });
}

/**
 * Milliseconds that a `Retry-After` asks to wait: seconds, or a date; `undefined` where it is neither.
 * @param now milliseconds since 1970
 */
export function readRetryAfter(text: string | undefined, now: number): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  const date = /[A-Za-z]{3}/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

async function attempted(work: () => Promise<Answer>): Promise<Answer | PratiqueError> {
  try {
    return await work();
  } catch (thrown) {
    return toPratiqueError(thrown);
  }
}

function delayAfter(outcome: Answer | PratiqueError, attempt: number, now: number): number | undefined {
  const failed = outcome instanceof PratiqueError;
  if (failed ? !mayPass(outcome) || givenUp.has(outcome) : !isPassing(outcome.status)) return undefined;
  const most = failed && outcome.code === 'TIMEOUT' ? TIMEOUT_ATTEMPTS : ATTEMPTS;
  if (attempt >= most) return undefined;
  const own = Math.min(FIRST_DELAY * 2 ** (attempt - 1), LONGEST_DELAY);
  const asked = failed ? undefined : readRetryAfter(outcome.header('retry-after'), now);
  if (asked === undefined) return own;
  return asked > LONGEST_DELAY ? undefined : Math.max(asked, FIRST_DELAY);
}

function isPassing(status: number): boolean {
  return status === 408 || status === 429 || status === 499 || (status >= 500 && status !== 501);
}

function settled(outcome: Answer | PratiqueError): Answer {
  if (!(outcome instanceof PratiqueError)) return outcome;
  givenUp.add(outcome);
  throw outcome;
}
