import type { Digest } from '../model/digest.ts';
import { type SweepItem, type SweptImage, worstOf } from '../model/sweep.ts';
import type { LedgerRecord } from './ledger-line.ts';
import { termsOf } from './sweep-key.ts';

/** Sweeps that are kept in memory; what is wanted is the one of today and the one before, under a policy or two. */
const KEPT_ACCOUNTS = 6;
/**
 * Milliseconds after its last sign of life in which a sweep that did not come to its end is gone on with on another day: one of every
 * night must not take up what the night before has left.
 */
const RESUMED_WITHIN = 6 * 3600_000;

/** What is known under one key. */
interface Account {
  readonly expected: Map<string, SweepItem>;
  readonly attempts: Map<string, number>;
  readonly verdicts: Map<string, SweptImage>;
  /** selections whose run has not come to its end */
  readonly open: Set<string>;
  /** when something was last begun, in milliseconds since 1970 */
  active: number;
  /** what the run saw that is under way */
  seeing: Digest[];
  /** what the last run saw that came to its end */
  ended?: readonly Digest[];
}

/** What the records of a ledger come to. */
export class LedgerAccounts {
  private readonly accounts = new Map<string, Account>();

  /** Takes the next record up. */
  apply(record: LedgerRecord): void {
    if (record.kind === 'ledger') return;
    const account = this.of(record.key);
    switch (record.kind) {
      case 'begun':
        account.seeing = [];
        account.active = Date.parse(record.at);
        if (record.wanted !== undefined) account.open.add(record.wanted);
        break;
      case 'expected':
        merge(account.expected, record);
        break;
      case 'attempt':
        account.attempts.set(record.digest, (account.attempts.get(record.digest) ?? 0) + 1);
        account.active = Date.parse(record.at);
        break;
      case 'verdict':
        take(account.verdicts, record.image);
        if (record.also !== undefined) take(this.of(record.also).verdicts, record.image);
        break;
      case 'seen':
        for (const digest of record.digests) account.seeing.push(digest);
        break;
      case 'ended':
        if (record.wanted !== undefined) account.open.delete(record.wanted);
        this.end(record.key, account);
    }
  }

  /** What is known under a key; nothing where no record names it. */
  get(key: string): Readonly<Account> | undefined {
    return this.accounts.get(key);
  }

  /** The key of the last sweep that came to its end, this one left out. */
  endedBefore(key: string): string | undefined {
    return [...this.accounts].findLast(([other, { ended }]) => other !== key && ended !== undefined)?.[0];
  }

  /** @see Ledger.unfinished */
  unfinished(key: string, wanted: string, now: number): string | undefined {
    if (this.accounts.get(key)?.open.has(wanted)) return key;
    const found = [...this.accounts].findLast(
      ([other, { open, active }]) =>
        termsOf(other) === termsOf(key) && open.has(wanted) && now - active < RESUMED_WITHIN,
    );
    return found?.[0];
  }

  /** The key that ended last stands last. */
  private end(key: string, account: Account): void {
    account.ended = account.seeing;
    account.seeing = [];
    this.accounts.delete(key);
    this.accounts.set(key, account);
    for (const old of this.accounts.keys()) if (this.accounts.size > KEPT_ACCOUNTS) this.accounts.delete(old);
  }

  private of(key: string): Account {
    const known = this.accounts.get(key);
    if (known !== undefined) return known;
    const account: Account = {
      expected: new Map(),
      attempts: new Map(),
      verdicts: new Map(),
      open: new Set(),
      active: 0,
      seeing: [],
    };
    this.accounts.set(key, account);
    return account;
  }
}

function take(verdicts: Map<string, SweptImage>, image: SweptImage): void {
  const known = verdicts.get(image.digest);
  if (known === undefined) verdicts.set(image.digest, image);
  else if (isSuperseded(known, image))
    verdicts.set(image.digest, known.passing ? image : joined(known, image));
}

/**
 * Two workers may have judged the same image, where a queue lost one of them. The first verdict stands; but one that was undecided
 * for a passing reason gives way, and so does one about fewer of its names, and one of which something asked for was not done.
 */
function isSuperseded(known: SweptImage, image: SweptImage): boolean {
  if (known.passing === true || known.names.some(({ acted }) => acted?.done === false)) return true;
  const judged = new Set(known.names.map(({ name }) => name));
  return image.names.some(({ name }) => !judged.has(name));
}

/** Names that only the verdict before was about still have theirs. */
function joined(known: SweptImage, image: SweptImage): SweptImage {
  const judged = new Set(image.names.map(({ name }) => name));
  const names = [...image.names, ...known.names.filter(({ name }) => !judged.has(name))];
  return { ...image, names, result: worstOf(names.map(({ result }) => result)) };
}

function merge(expected: Map<string, SweepItem>, { digest, names }: SweepItem): void {
  const known = expected.get(digest)?.names ?? [];
  expected.set(digest, { digest, names: [...new Set([...known, ...names])] });
}
