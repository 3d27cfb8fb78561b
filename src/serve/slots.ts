/** Lets works run, so many at once; the others start in their order. */
export type Slots = <T>(work: () => Promise<T>) => Promise<T>;

/** @param most works at the same time */
export function makeSlots(most: number): Slots {
  let free = most;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) free += 1;
      else next();
    }
  };
}
