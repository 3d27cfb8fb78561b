import type { ChildProcess } from 'node:child_process';
import { Readable } from 'node:stream';
import { withoutSecrets } from '../checks/without-secrets.ts';
import { PratiqueError } from '../errors.ts';
import { printable } from '../model/printable.ts';
import type { SweepItem } from '../model/sweep.ts';
import { readJsonLines, toLine } from './json-lines.ts';
import { ANSWERS_AT } from './judge-door.ts';
import { type JudgedItem, type JudgeRequest, LONGEST_MESSAGE, readAnswer } from './judge-messages.ts';
import { readJudged } from './judged-item-schema.ts';

/** seconds in which a process has to be set up: rules are built, keys opened */
const START_SECONDS = 120;

/** characters of what it wrote before it ended */
const LAST_WORDS = 300;

/** A process ended instead of judging: of the image that it had, nothing is known. */
export class JudgeDied extends Error {
  /** printable clause: `it was ended by SIGKILL` */
  readonly how: string;
  /** whether it had begun with the image; one that dies before has died of something else */
  readonly hadBegun: boolean;

  constructor(how: string, hadBegun: boolean) {
    super(`the process that judged the image ended: ${how}`);
    this.name = 'JudgeDied';
    this.how = how;
    this.hadBegun = hadBegun;
  }
}

/** A process that judges one image at a time, seen from the one that started it. */
export class JudgeProcess {
  /** images that it has judged */
  judged = 0;
  /** bytes that it took after the last of them */
  memory = 0;
  isAlive = true;
  private readonly child: ChildProcess;
  private readonly ended: Promise<string>;
  private readonly ready: Promise<void>;
  private why: string | undefined;
  private asked: { readonly item: SweepItem; readonly resolve: (image: JudgedItem) => void } | undefined;

  /**
   * @param child reads requests from its standard input, and answers at `ANSWERS_AT`
   * @param begin what it is told first
   * @param key of the sweep; a process that reads another policy meanwhile is of no use
   */
  constructor(child: ChildProcess, begin: JudgeRequest, key: string) {
    this.child = child;
    this.ended = endOf(child);
    void this.ended.then(() => {
      this.isAlive = false;
    });
    this.ready = this.untilReady(key);
    this.ready.catch(() => {}); // told to whoever judges first
    this.child.stdin?.on('error', () => {}); // one that is gone is told by its end
    this.tell(begin);
  }

  /**
   * @param seconds after which the process is ended
   * @throws {JudgeDied} where it ends before it answers, or answers with something else
   * @throws {PratiqueError} where it cannot be set up
   */
  async judge(item: SweepItem, seconds: number): Promise<JudgedItem> {
    await this.within(START_SECONDS, this.ready, false);
    const judged = new Promise<JudgedItem>((resolve) => {
      this.asked = { item, resolve };
    });
    this.tell({ kind: 'judge', item });
    const image = await this.within(seconds, judged, true);
    this.judged += 1;
    return image;
  }

  /** Ends it at once. */
  end(why?: string): void {
    this.why ??= why;
    this.isAlive = false;
    this.child.kill('SIGKILL');
  }

  private tell(request: JudgeRequest): void {
    this.child.stdin?.write(toLine(request));
  }

  private async within<T>(seconds: number, work: Promise<T>, hasBegun: boolean): Promise<T> {
    const timer = setTimeout(() => {
      this.end(`it took longer than ${seconds} s and was ended`);
    }, seconds * 1000);
    try {
      return await Promise.race([work, this.untilDead(hasBegun)]);
    } finally {
      clearTimeout(timer);
    }
  }

  private async untilDead(hadBegun: boolean): Promise<never> {
    const how = await this.ended;
    throw new JudgeDied(this.why ?? how, hadBegun);
  }

  private untilReady(key: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const answers = this.child.stdio?.[ANSWERS_AT];
      if (!(answers instanceof Readable)) return; // it was never started, and `ended` says so
      const isNone = () => this.end('it gave an answer that is none, and was ended');
      const hear = (value: unknown) => {
        if (!this.isAlive) return; // who has lied once is not heard again
        const answer = readAnswer(value);
        if (answer === undefined) isNone();
        else if (answer.kind === 'unfit') reject(new PratiqueError(answer.code, { what: answer.text }));
        else if (answer.kind === 'judged') this.take(answer) || isNone();
        else if (answer.key === key) resolve();
        else reject(changed());
      };
      answers.on('error', () => {});
      readJsonLines(answers, LONGEST_MESSAGE, hear, isNone);
    });
  }

  /** @returns whether it is about the image that was asked about */
  private take({ image, memory }: { readonly image?: unknown; readonly memory: number }): boolean {
    const { asked } = this;
    const judged = asked && readJudged(image, asked.item);
    if (asked === undefined || judged === undefined) return false;
    this.asked = undefined;
    this.memory = memory;
    asked.resolve(judged);
    return true;
  }
}

function endOf(child: ChildProcess): Promise<string> {
  let written = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    written = `${written}${text}`.slice(-LAST_WORDS);
  });
  return new Promise((resolve) => {
    child.on('error', (error) => resolve(`it could not be started: ${error.message}`));
    child.once('exit', (code, signal) => {
      const how = signal === null ? `it ended with ${code}` : `it was ended by ${signal}`;
      resolve(
        written.trim() === ''
          ? how
          : `${how}; it said ${printable(withoutSecrets(written.trim()), LAST_WORDS)}`,
      );
    });
  });
}

function changed(): PratiqueError {
  return new PratiqueError('POLICY_INVALID', {
    what: 'the policy, or what it reads, was changed during the sweep',
    next: 'run the sweep again: what was decided under the old one does not count under the new',
  });
}
