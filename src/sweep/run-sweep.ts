import type { SweepItem, SweptImage } from '../model/sweep.ts';
import type { JudgedItem } from './judge-messages.ts';
import type { Ledger } from './ledger.ts';

/** Judges an image somewhere: in a process here, or through a queue. Throws only where nobody could judge anything. */
export type JudgeItem = (item: SweepItem) => Promise<JudgedItem>;

export interface SweepOptions {
  /** what is to be judged; each digest once */
  readonly items: readonly SweepItem[];
  readonly ledger: Ledger;
  readonly key: string;
  readonly policy: string;
  readonly judge: JudgeItem;
  /** images that are being judged at the same time */
  readonly atOnce: number;
  readonly now: () => Date;
  readonly onJudged?: (image: SweptImage, left: number) => void;
  /** whether nobody waits any more: what is under way is not recorded */
  readonly isOver?: () => boolean;
}

/** What a sweep came to. */
export interface SweepResult {
  readonly images: readonly SweptImage[];
  /** how many of them had been judged before */
  readonly known: number;
}

/** milliseconds between two times that the ledger is brought to the disk */
const SYNC_EVERY = 500;

/**
 * Judges every image that the ledger has no verdict of, and records each verdict before the next. Ends early where nobody could
 * judge: nothing is recorded of what was under way, and the next run goes on from there.
 * @throws {PratiqueError} where no judge can be set up, or the ledger cannot be written
 */
export async function runSweep(options: SweepOptions): Promise<SweepResult> {
  const { items, ledger, key, policy, now } = options;
  ledger.add({ kind: 'begun', key, at: now().toISOString(), policy });
  for (const item of items) if (isNew(ledger, key, item)) ledger.add({ kind: 'expected', key, ...item });
  const open = items.filter((item) => !isJudged(ledger, key, item));
  const timer = setInterval(() => void ledger.settled().catch(() => {}), SYNC_EVERY);
  try {
    await judgeAll(open, options);
  } finally {
    clearInterval(timer);
    await ledger.settled();
  }
  if (options.isOver?.() !== true)
    ledger.add({ kind: 'ended', key, at: now().toISOString(), digests: items.map(({ digest }) => digest) });
  await ledger.settled();
  const images = items.flatMap(({ digest }) => ledger.verdictOf(key, digest) ?? []);
  return { images, known: items.length - open.length };
}

async function judgeAll(open: readonly SweepItem[], options: SweepOptions): Promise<void> {
  const { key } = options;
  const queue = [...open];
  let left = open.length;
  let failed: unknown;
  const work = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) {
      if (options.isOver?.() === true) return;
      const { digest } = item;
      options.ledger.add({ kind: 'attempt', key, digest, at: options.now().toISOString() });
      const image = { ...(await options.judge(item)), attempts: options.ledger.attemptsOf(key, digest) };
      if (options.isOver?.() === true) return;
      options.ledger.add({ kind: 'verdict', key, image });
      left -= 1;
      options.onJudged?.(image, left);
    }
  };
  const stop = (thrown: unknown) => {
    if (options.isOver?.() !== true) failed ??= thrown; // what is broken off ends with a fault of its own
    queue.length = 0;
  };
  await Promise.all(Array.from({ length: options.atOnce }, () => work().catch(stop)));
  if (failed !== undefined) throw failed;
}

function isNew(ledger: Ledger, key: string, { digest, names }: SweepItem): boolean {
  const known = new Set(ledger.expectedOf(key).get(digest)?.names);
  return names.some((name) => !known.has(name));
}

function isJudged(ledger: Ledger, key: string, { digest, names }: SweepItem): boolean {
  const image = ledger.verdictOf(key, digest);
  if (image === undefined || image.passing === true) return false;
  const judged = new Set(image.names.map(({ name }) => name));
  return names.every((name) => judged.has(name));
}
