/**
 * Does work on each item, so many at a time, in their order. The first fault ends it: nothing new is begun, and what
 * is under way is left to its source being closed.
 * @returns the results in the order of the items
 */
export async function severalAtOnce<T, R>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const results: R[] = [];
  let next = 0;
  let isOver = false;
  const worker = async () => {
    while (next < items.length && !isOver) {
      const index = next;
      next += 1;
      try {
        results[index] = await work(items[index] as T);
      } catch (thrown) {
        isOver = true;
        throw thrown;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
  return results;
}
