import { formatReference, type Reference } from '../model/reference.ts';

/** Images that a registry told of and that are still to be judged. */
export interface EventQueue {
  /** @returns whether there was room; one that waits already is not taken twice */
  accept(reference: Reference): boolean;
  /** images that wait, and those that are being judged */
  size(): { readonly waiting: number; readonly running: number };
  /**
   * Takes nothing more, and resolves once nothing waits or runs, or the time is over.
   * @returns what was not judged to its end
   */
  end(milliseconds: number): Promise<readonly Reference[]>;
}

/** Content that was pushed, under every tag that it was pushed by. */
interface Pushed {
  readonly reference: Reference;
  /** `REPOSITORY@DIGEST` */
  readonly content: string;
  /** `REPOSITORY:TAG` */
  readonly names: Set<string>;
}

/** images; a registry sends again what was not accepted */
const WAITING = 1_000;
/** They wait for their registry more than they work, and the machine has other things to do: admission reviews, mostly. */
const AT_ONCE = 4;

/**
 * Judges images as they come, some at once. The same content waits once, whatever its tags. What was pushed by one tag is judged in the
 * order in which it came, so that the last word about a tag is about what it stands for. What fails stops nobody behind it.
 * @param judge tells itself what became of an image; what it throws is passed over
 */
export function makeEventQueue(
  judge: (reference: Reference) => Promise<void>,
  atOnce: number = AT_ONCE,
): EventQueue {
  const waiting: Pushed[] = [];
  const running = new Set<Pushed>();
  let isEnding = false;
  let idle: (() => void) | undefined;

  function work(): void {
    while (running.size < atOnce) {
      const next = takeNext(waiting, running);
      if (next === undefined) break;
      running.add(next);
      judge(next.reference)
        .catch(() => {}) // told already, or nobody can be told
        .finally(() => {
          running.delete(next);
          work();
        });
    }
    if (running.size === 0 && waiting.length === 0) idle?.();
  }

  return {
    accept(reference) {
      if (isEnding) return false;
      const { names, ...pushed } = pushedOf(reference);
      const same = waiting.findLastIndex(({ content }) => content === pushed.content);
      const isOvertaken = waiting.slice(same + 1).some((later) => sharesOne(later.names, names));
      if (same >= 0 && !isOvertaken) {
        for (const name of names) waiting[same]?.names.add(name);
        return true;
      }
      if (waiting.length >= WAITING) return false;
      waiting.push({ ...pushed, names });
      queueMicrotask(work); // one message may tell of the same content under several tags
      return true;
    },
    size: () => ({ waiting: waiting.length, running: running.size }),
    async end(milliseconds) {
      isEnding = true;
      if (running.size + waiting.length === 0) return [];
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        idle = resolve;
        timer = setTimeout(resolve, milliseconds);
      });
      clearTimeout(timer);
      return [...running, ...waiting.splice(0)].map(({ reference }) => reference);
    },
  };
}

/** The first that waits for nothing: whose content is not being judged, and whose tags nobody before it has. */
function takeNext(waiting: Pushed[], running: ReadonlySet<Pushed>): Pushed | undefined {
  const contents = new Set([...running].map(({ content }) => content));
  const names = new Set([...running].flatMap((one) => [...one.names]));
  for (const [index, next] of waiting.entries()) {
    if (!contents.has(next.content) && !sharesOne(next.names, names)) return waiting.splice(index, 1)[0];
    for (const name of next.names) names.add(name);
  }
  return undefined;
}

function sharesOne(some: ReadonlySet<string>, others: ReadonlySet<string>): boolean {
  return [...some].some((one) => others.has(one));
}

function pushedOf(reference: Reference): Pushed {
  const { registry, repository, digest, tag } = reference;
  const place = `${registry}/${repository}`;
  return {
    reference,
    content: `${place}@${digest ?? formatReference(reference)}`,
    names: new Set([`${place}:${tag ?? ''}`]),
  };
}
