import { reasonOf } from './member.ts';

/** A stream whose first bytes are known to come; `undefined` where they do not, as it never was one. */
export async function begun(
  bytes: AsyncGenerator<Uint8Array>,
): Promise<AsyncIterable<Uint8Array> | undefined> {
  try {
    const first = await bytes.next();
    return first.done === true ? undefined : joined(first.value, bytes);
  } catch (thrown) {
    if (reasonOf(thrown) !== undefined) return undefined;
    throw thrown;
  }
}

async function* joined(first: Uint8Array, rest: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield first;
  yield* rest;
}
