import { createHmac, timingSafeEqual } from 'node:crypto';

/** A message in a queue, with a code by those who share a key. */
export interface Sealed {
  readonly body: string;
  /** hexadecimal HMAC-SHA-256; empty where there is no key */
  readonly code: string;
}

/**
 * Puts a message into a form that whoever may write to the queue, and has no key, cannot make: verdicts travel in it.
 * @param about what it is, and of which sweep and image: it is nothing else then, and no answer of yesterday is one of today
 */
export function seal(message: unknown, about: string, key: string | undefined): Sealed {
  const body = JSON.stringify(message);
  return { body, code: codeOf(body, about, key) };
}

/** The message; `undefined` where the code is not by our key, or the form another. */
export function unseal(sealed: unknown, about: string, key: string | undefined): unknown {
  const { body, code } = (sealed ?? {}) as Partial<Sealed>;
  if (typeof body !== 'string' || typeof code !== 'string') return undefined;
  const [given, wanted] = [code, codeOf(body, about, key)].map((text) => Buffer.from(text));
  if (
    given?.length !== wanted?.length ||
    !timingSafeEqual(given ?? Buffer.alloc(0), wanted ?? Buffer.alloc(0))
  )
    return undefined;
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function codeOf(body: string, about: string, key: string | undefined): string {
  return key === undefined
    ? ''
    : createHmac('sha256', key).update(`${about.length} ${about}${body}`).digest('hex');
}
