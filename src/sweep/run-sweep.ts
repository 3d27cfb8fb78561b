import { type SweepItem, type SweptImage, worstOf } from '../model/sweep.ts';
import type { JudgedItem } from './judge-messages.ts';
import type { Ledger } from './ledger.ts';
import { keyOfDay } from './sweep-key.ts';
import type { SweepWatch } from './sweep-watch.ts';

/** Judges an image somewhere: in a process here, or through a queue. Throws only where nobody could judge anything. */
export type JudgeItem = (item: SweepItem) => Promise<JudgedItem>;

export interface SweepOptions {
  /** what is to be judged; each digest once */
  readonly items: readonly SweepItem[];
  readonly ledger: Ledger;
  readonly key: string;
  readonly policy: string;
  /** which selection it judges, for the run that goes on where this one stopped; absent: none does on another day */
  readonly wanted?: string;
  readonly judge: JudgeItem;
  /** images that are being judged at the same time */
  readonly atOnce: number;
  readonly now: () => Date;
  /** is told of each image that this run has judged, and before the first how many are left */
  readonly watch?: SweepWatch;
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
/** digests in a line of the ledger that says what a run saw */
const DIGESTS_OF_A_LINE = 10_000;

/**
 * Judges every image that the ledger has no verdict of, and records each verdict before the next. Ends early where nobody could
 * judge: nothing is recorded of what was under way, and the next run goes on from there.
 * @throws {PratiqueError} where no judge can be set up, or the ledger cannot be written
 */
export async function runSweep(options: SweepOptions): Promise<SweepResult> {
  const { items, ledger, key, policy, now, wanted } = options;
  ledger.add({
    kind: 'begun',
    key,
    at: now().toISOString(),
    policy,
    ...(wanted !== undefined && { wanted }),
  });
  for (const item of items) if (isNew(ledger, key, item)) ledger.add({ kind: 'expected', key, ...item });
  const open = items.filter((item) => !isJudged(ledger, key, item));
  const timer = setInterval(() => void ledger.settled().catch(() => {}), SYNC_EVERY);
  try {
    await judgeAll(open, options);
  } finally {
    clearInterval(timer);
    await ledger.settled();
  }
  if (options.isOver?.() !== true) recordEnd(options);
  await ledger.settled();
  return {
    images: items.flatMap((item) => verdictOn(ledger, key, item) ?? []),
    known: items.length - open.length,
  };
}

function recordEnd({ items, ledger, key, now, wanted }: SweepOptions): void {
  for (let at = 0; at < items.length; at += DIGESTS_OF_A_LINE)
    ledger.add({
      kind: 'seen',
      key,
      digests: items.slice(at, at + DIGESTS_OF_A_LINE).map(({ digest }) => digest),
    });
  ledger.add({ kind: 'ended', key, at: now().toISOString(), ...(wanted !== undefined && { wanted }) });
}

async function judgeAll(open: readonly SweepItem[], options: SweepOptions): Promise<void> {
  const { key, ledger } = options;
  const failure = Promise.withResolvers<never>();
  failure.promise.catch(() => {});
  let next = 0;
  let left = open.length;
  options.watch?.left(left);
  let hasFailed = false;
  const isOver = () => hasFailed || options.isOver?.() === true;
  const work = async () => {
    for (let item = open[next++]; item !== undefined && !isOver(); item = open[next++]) {
      const { digest } = item;
      const at = options.now();
      const today = keyOfDay(key, at);
      ledger.add({ kind: 'attempt', key, digest, at: at.toISOString() });
      const image = { ...(await options.judge(item)), attempts: ledger.attemptsOf(key, digest) };
      if (isOver()) return;
      if (ledger.fault !== undefined) throw ledger.fault; // whatever is judged now would be judged for nothing
      ledger.add({ kind: 'verdict', key, image, ...(today !== key && { also: today }) });
      left -= 1;
      options.watch?.judged(image);
      options.watch?.left(left);
    }
  };
  const stop = (thrown: unknown) => {
    if (isOver()) return; // what is broken off ends with a fault of its own
    hasFailed = true;
    failure.reject(thrown);
  };
  const all = Promise.all(Array.from({ length: options.atOnce }, () => work().catch(stop)));
  await Promise.race([all, failure.promise]); // what others have in hand is not waited for
  if (hasFailed) await failure.promise;
}

function isNew(ledger: Ledger, key: string, { digest, names }: SweepItem): boolean {
  const known = new Set(ledger.expectedOf(key).get(digest)?.names);
  return names.some((name) => !known.has(name));
}

function isJudged(ledger: Ledger, key: string, item: SweepItem): boolean {
  const image = verdictOn(ledger, key, item);
  return (
    image !== undefined && image.passing !== true && image.names.every(({ acted }) => acted?.done !== false)
  );
}

/**
 * What was decided about an image by the names that this sweep wants; another one of the same day may have wanted more of them.
 * @returns nothing where one of them was not judged
 */
function verdictOn(ledger: Ledger, key: string, { digest, names }: SweepItem): SweptImage | undefined {
  const image = ledger.verdictOf(key, digest);
  if (image === undefined) return undefined;
  const known = new Map(image.names.map((one) => [one.name, one]));
  const wanted = names.flatMap((name) => known.get(name) ?? []);
  if (wanted.length < names.length) return undefined;
  return { ...image, result: worstOf(wanted.map(({ result }) => result)), names: wanted };
}
