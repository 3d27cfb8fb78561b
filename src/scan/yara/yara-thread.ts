import { Worker } from 'node:worker_threads';
import { PratiqueError, toPratiqueError } from '../../errors.ts';
import type { Limits } from '../../io/limits.ts';
import { printable } from '../../model/printable.ts';
import { GAP_BYTES } from './joined-matches.ts';
import { WORKER_OPTIONS, WORKER_URL } from './worker-options.ts';
import {
  CLOCK,
  type LookAnswer,
  type LookRequest,
  type ThreadTask,
  type YaraMatch,
} from './yara-messages.ts';
import type { YaraRules } from './yara-rules.ts';

/** A file to run rules on. */
export interface FedFile {
  /** secrets cut out; foreign */
  readonly path: string;
  /** in order */
  readonly parts: readonly Uint8Array[];
  /** bytes of all parts */
  readonly size: number;
}

/** milliseconds between two looks at the thread's clock */
const WATCH_EVERY = 50;
/** seconds in which a thread compiles rules that have been proved to compile */
const START_SECONDS = 300;
/** Bytes of the engine, which never gives any back, at which a thread is ended and the next one begins anew. */
const MEMORY_TO_RENEW = 512 * 1024 * 1024;

/**
 * The thread that runs the rules, for one image. It is started with the first file, and ended where the engine takes
 * longer for one look than the policy allows: nothing else stops it. After that nothing more is found out.
 */
export class YaraThread {
  readonly rules: YaraRules;
  readonly limits: Limits;
  /** why it finds out nothing any more */
  fault: PratiqueError | undefined;
  private readonly isOver: () => boolean;
  private worker: Worker | undefined;
  private clock: Int32Array = new Int32Array(0);

  /** @param isOver whether nobody waits any more */
  constructor(rules: YaraRules, limits: Limits, isOver: () => boolean = () => false) {
    this.rules = rules;
    this.limits = limits;
    this.isOver = isOver;
  }

  /**
   * Runs the rules on files; one call at a time. The bytes are copied.
   * @returns by file, what is true of it
   * @throws {PratiqueError} `LIMIT_EXCEEDED` where a look takes too long, `TIMEOUT`, `SCAN_INCOMPLETE` where the
   *   engine fails
   */
  async look(files: readonly FedFile[]): Promise<readonly (readonly YaraMatch[])[]> {
    if (this.fault !== undefined) throw this.fault;
    try {
      this.worker ??= await this.start();
      const request = joinFiles(files);
      this.worker.postMessage(request, [request.bytes.buffer]);
      const answer = await this.answer(this.worker, this.limits.yaraSeconds, files);
      if (!('matches' in answer)) throw failed('it gave no answer');
      if (answer.memory > MEMORY_TO_RENEW) this.close();
      return answer.matches;
    } catch (thrown) {
      this.close();
      this.fault = toPratiqueError(thrown);
      throw this.fault;
    }
  }

  /** Ends the thread, whatever it does. */
  close(): void {
    void this.worker?.terminate();
    this.worker = undefined;
  }

  private async start(): Promise<Worker> {
    const { engine, together, alone } = this.rules;
    const { url, module } = engine;
    this.clock = new Int32Array(new SharedArrayBuffer(CLOCK.length * Int32Array.BYTES_PER_ELEMENT));
    const workerData: ThreadTask = { kind: 'run', url, module, clock: this.clock, together, alone };
    const worker = new Worker(WORKER_URL, { ...WORKER_OPTIONS, workerData });
    worker.on('error', () => {}); // of one that nobody waits for; whoever waits is told
    this.worker = worker;
    await this.answer(worker, START_SECONDS, []);
    return worker;
  }

  /** The next answer. The process stays alive for it, and for nothing else of the thread. */
  private answer(worker: Worker, seconds: number, files: readonly FedFile[]): Promise<LookAnswer> {
    return new Promise<LookAnswer>((resolve, reject) => {
      const since = { steps: -1, at: 0 };
      const watch = setInterval(() => this.watch(since, seconds, files, settle), WATCH_EVERY);
      const onError = (thrown: unknown) => settle(failed(String(thrown)));
      const onExit = () => settle(failed('its thread ended'));
      const settle = (outcome: LookAnswer | PratiqueError) => {
        clearInterval(watch);
        worker.off('message', settle).off('error', onError).off('exit', onExit).unref();
        if (outcome instanceof PratiqueError) reject(outcome);
        else if ('fault' in outcome) reject(failed(outcome.fault, this.placeIn(files)));
        else resolve(outcome);
      };
      worker.on('message', settle).on('error', onError).on('exit', onExit).ref();
    });
  }

  /** Ends the wait where the clock of the thread stands still for too long, or nobody waits any more. */
  private watch(
    since: { steps: number; at: number },
    seconds: number,
    files: readonly FedFile[],
    settle: (fault: PratiqueError) => void,
  ): void {
    const steps = Atomics.load(this.clock, CLOCK.steps);
    const now = performance.now();
    if (this.isOver()) settle(tooLate());
    else if (steps !== since.steps) Object.assign(since, { steps, at: now });
    else if (now - since.at > seconds * 1000) settle(tooSlow(seconds, this.placeIn(files)));
  }

  /** What the thread looks at. */
  private placeIn(files: readonly FedFile[]): string {
    const file = files[Atomics.load(this.clock, CLOCK.file)];
    if (file !== undefined) return printable(file.path);
    return files.length === 0 ? 'before the first file' : 'many small files at once';
  }
}

function joinFiles(files: readonly FedFile[]): LookRequest {
  const total = files.reduce((sum, { size }) => sum + size + GAP_BYTES, 0);
  const bytes = new Uint8Array(new ArrayBuffer(total));
  let at = 0;
  const spans = files.map(({ parts }) => {
    const start = at;
    for (const part of parts) {
      bytes.set(part, at);
      at += part.length;
    }
    const end = at;
    at += GAP_BYTES;
    return [start, end] as const;
  });
  return { bytes, spans };
}

function tooSlow(seconds: number, where: string): PratiqueError {
  return new PratiqueError('LIMIT_EXCEEDED', {
    what: `the YARA rules took more than ${seconds} seconds for one look`,
    where,
    next: 'mend the rule that is slow, or raise limits.yara-seconds in the policy',
  });
}

/** The engine says "unreachable" for want of memory as for a fault of its own. */
function failed(why: string, where?: string): PratiqueError {
  return new PratiqueError('SCAN_INCOMPLETE', {
    what: 'the engine for YARA rules failed, or needed too much memory',
    ...(where !== undefined && { where }),
    why: printable(why, 300),
    next: 'see whether a rule has a pattern that matches almost everywhere',
  });
}

function tooLate(): PratiqueError {
  return new PratiqueError('TIMEOUT', { what: 'the run was over before the YARA rules were' });
}
