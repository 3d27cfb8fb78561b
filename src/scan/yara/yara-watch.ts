import { PratiqueError, toPratiqueError } from '../../errors.ts';
import { printable } from '../../model/printable.ts';
import type { HitBudget } from '../hit-budget.ts';
import type { Hit } from '../rule.ts';
import { FileIntake } from './file-intake.ts';
import { tooLargeHit, yaraHit } from './yara-hit.ts';
import type { FedFile, YaraThread } from './yara-thread.ts';

/** A hit in a file of a layer, or in a member of an archive that lies there. */
export interface YaraLayerHit {
  readonly path: string;
  /** of the file among the layer's entries */
  readonly ordinal: number;
  readonly hit: Hit;
}

/** What the rules brought up in a layer; with a fault nobody knows what else there is. */
export interface YaraLayerScan {
  readonly hits: readonly YaraLayerHit[];
  readonly fault?: PratiqueError;
}

interface Waiting extends FedFile {
  readonly ordinal: number;
}

/** Bytes and files that are gathered before they are looked at together. */
const BATCH_BYTES = 8 * 1024 * 1024;
const BATCH_FILES = 4096;

/**
 * Gathers the files of a layer that the rules are run on, each whole, and hands them to the thread in batches. Files
 * come in pushed; what is gathered waits until `settle`, so that no more is held than one batch, what one chunk of the
 * layer brings beside it, and what is still open.
 */
export class YaraWatch {
  private readonly thread: YaraThread;
  private readonly budget: HitBudget;
  private readonly where: string;
  private waiting: Waiting[] = [];
  private waitingBytes = 0;
  private readonly hits: YaraLayerHit[] = [];
  private fault: PratiqueError | undefined;
  private underway: Promise<void> = Promise.resolve();

  /** @param where printable */
  constructor(thread: YaraThread, budget: HitBudget, where: string) {
    this.thread = thread;
    this.budget = budget;
    this.where = where;
  }

  /**
   * Begins a file; any number may be open at a time, as archives lie in archives.
   * @param path with secrets cut out
   */
  begin(path: string, ordinal: number): FileIntake {
    const { rules, limits } = this.thread;
    const wanted = this.isBlind ? false : rules.setting.files === 'all' || undefined;
    return new FileIntake(path, wanted, limits.yaraFileBytes, ({ size, parts }) => {
      if (parts === undefined) this.tellTooLarge(path, ordinal, size);
      else this.add({ path, ordinal, size, parts });
    });
  }

  /** Hands on what is gathered, if it is enough. Absent where there is nothing to wait for. */
  settle(): Promise<void> | undefined {
    const isEnough = this.waitingBytes >= BATCH_BYTES || this.waiting.length >= BATCH_FILES;
    return isEnough ? this.handOn() : undefined;
  }

  /** What was found, once everything was looked at. */
  async finish(): Promise<YaraLayerScan> {
    await this.handOn();
    await this.underway;
    const fault = this.fault ?? this.thread.fault;
    return { hits: this.hits, ...(fault && { fault }) };
  }

  /** Whether nothing that is still to come can change what is known. */
  private get isBlind(): boolean {
    return this.fault !== undefined || this.thread.fault !== undefined;
  }

  private add(file: Waiting): void {
    this.waiting.push(file);
    this.waitingBytes += file.size;
  }

  private tellTooLarge(path: string, ordinal: number, size: number): void {
    const { rules, limits } = this.thread;
    const most = limits.yaraFileBytes;
    if (rules.setting.largerFiles === 'tell') this.tell({ path, ordinal }, tooLargeHit(path, size, most));
    else this.fault ??= tooLarge(most, `${this.where}, ${printable(path)}`);
  }

  private tell({ path, ordinal }: Omit<YaraLayerHit, 'hit'>, hit: Hit): void {
    this.budget.spend(1);
    this.hits.push({ path, ordinal, hit });
  }

  /** One batch is looked at while the next is gathered. */
  private async handOn(): Promise<void> {
    await this.underway;
    const files = this.waiting;
    this.waiting = [];
    this.waitingBytes = 0;
    if (files.length > 0 && !this.isBlind) this.underway = this.look(files);
  }

  private async look(files: readonly Waiting[]): Promise<void> {
    try {
      for (const batch of batchesOf(files)) {
        const found = await this.thread.look(batch);
        for (const [index, file] of batch.entries())
          for (const match of found[index] ?? [])
            this.tell(file, yaraHit(match, file.path, this.thread.rules));
      }
    } catch (thrown) {
      this.fault ??= toPratiqueError(thrown);
    }
  }
}

/**
 * As many files as fit together, or one that is larger: sparse files that came at once may be much larger than what
 * came.
 */
function* batchesOf(files: readonly Waiting[]): Generator<readonly Waiting[]> {
  let batch: Waiting[] = [];
  let bytes = 0;
  for (const file of files) {
    if (batch.length > 0 && bytes + file.size > BATCH_BYTES) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(file);
    bytes += file.size;
  }
  if (batch.length > 0) yield batch;
}

function tooLarge(most: number, where: string): PratiqueError {
  return new PratiqueError('LIMIT_EXCEEDED', {
    what: `the YARA rules are not run on files of more than ${most} bytes`,
    where,
    next: 'raise limits.yara-file-bytes in the policy, or set yara.larger-files to tell',
  });
}
