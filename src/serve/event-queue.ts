import { formatReference, type Reference } from '../model/reference.ts';

/** Images that a registry told of and that are still to be judged. */
export interface EventQueue {
  /** @returns whether there was room; one that waits already is not taken twice */
  accept(reference: Reference): boolean;
  /** resolves once nothing waits or runs */
  idle(): Promise<void>;
}

/** images; a registry sends again what was not accepted */
const WAITING = 1_000;

/**
 * Judges one image after the other, in the order in which they came. What fails stops nobody behind it.
 * @param judge tells itself what became of an image; what it throws is passed over
 */
export function makeEventQueue(judge: (reference: Reference) => Promise<void>): EventQueue {
  const waiting = new Map<string, Reference>();
  let running: Promise<void> | undefined;

  async function work(): Promise<void> {
    for (let [next] = waiting; next !== undefined; [next] = waiting) {
      const [name, reference] = next;
      waiting.delete(name);
      try {
        await judge(reference);
      } catch {
        // Told already, or nobody can be told; the images behind it are still to be judged.
      }
    }
    running = undefined;
  }

  return {
    accept(reference) {
      const name = formatReference(reference);
      if (waiting.has(name)) return true;
      if (waiting.size >= WAITING) return false;
      waiting.set(name, reference);
      running ??= Promise.resolve().then(work);
      return true;
    },
    idle: () => running ?? Promise.resolve(),
  };
}
