import { PratiqueError } from '../errors.ts';

/**
 * Work that has so many seconds and no more. What it leaves behind goes on; see `until`.
 * @param next what a reader is told to do where they were not enough
 * @throws {PratiqueError} `TIMEOUT`; whatever `work` throws
 */
export async function withinDeadline<T>(
  work: () => Promise<T>,
  seconds: number,
  next = 'try again, or raise limits.image-seconds in the policy',
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(tooLate(seconds, next)), seconds * 1000);
  });
  try {
    return await Promise.race([work(), deadline]);
  } finally {
    clearTimeout(timer);
  }
}

/** A blob's bytes until the run is over: what a deadline has left behind must not read on, and keep the process alive. */
export async function* until(
  isOver: () => boolean,
  blob: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of blob) {
    if (isOver()) throw new PratiqueError('TIMEOUT', { what: 'the run was over before the layer was read' });
    yield chunk;
  }
}

function tooLate(seconds: number, next: string): PratiqueError {
  return new PratiqueError('TIMEOUT', {
    what: `the image was not judged within ${seconds} seconds`,
    next,
  });
}
