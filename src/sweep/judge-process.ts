import type { ChildProcess } from 'node:child_process';
import { type ErrorCode, PratiqueError } from '../errors.ts';
import { printable } from '../model/printable.ts';
import type { SweepItem } from '../model/sweep.ts';
import type { JudgeAnswer, JudgedItem, JudgeRequest } from './judge-messages.ts';

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
  private readonly child: ChildProcess;
  private readonly key: string;
  private readonly ended: Promise<string>;
  private readonly ready: Promise<void>;
  private tooLong: string | undefined;
  private answer: ((image: JudgedItem) => void) | undefined;
  isAlive = true;

  /**
   * @param begin what it is told first
   * @param key of the sweep; a process that reads another policy meanwhile is of no use
   */
  constructor(child: ChildProcess, begin: JudgeRequest, key: string) {
    this.child = child;
    this.key = key;
    this.ended = endOf(child);
    void this.ended.then(() => {
      this.isAlive = false;
    });
    this.ready = this.untilReady();
    child.send(begin, () => {}); // one that is gone is told by its end
    this.ready.catch(() => {}); // told to whoever judges first
  }

  /**
   * @param seconds after which the process is ended
   * @throws {JudgeDied} where it ends before it answers
   * @throws {PratiqueError} where it cannot be set up
   */
  async judge(item: SweepItem, seconds: number): Promise<JudgedItem> {
    await this.within(START_SECONDS, this.ready, false);
    const judged = new Promise<JudgedItem>((resolve) => {
      this.answer = resolve;
    });
    const request: JudgeRequest = { kind: 'judge', item };
    this.child.send(request, () => {});
    const image = await this.within(seconds, judged, true);
    this.judged += 1;
    return image;
  }

  /** Ends it at once. */
  end(): void {
    this.child.kill('SIGKILL');
  }

  private async within<T>(seconds: number, work: Promise<T>, hasBegun: boolean): Promise<T> {
    const timer = setTimeout(() => {
      this.tooLong = `it took longer than ${seconds} s and was ended`;
      this.end();
    }, seconds * 1000);
    try {
      return await Promise.race([work, this.untilDead(hasBegun)]);
    } finally {
      clearTimeout(timer);
    }
  }

  private async untilDead(hadBegun: boolean): Promise<never> {
    const how = await this.ended;
    throw new JudgeDied(this.tooLong ?? how, hadBegun);
  }

  private untilReady(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.child.on('message', (message: JudgeAnswer) => {
        if (message.kind === 'unfit')
          reject(new PratiqueError(message.fault.code as ErrorCode, { what: message.fault.text }));
        else if (message.kind === 'judged') this.answer?.(message.image);
        else if (message.key === this.key) resolve();
        else reject(changed());
      });
    });
  }
}

function endOf(child: ChildProcess): Promise<string> {
  let written = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    written = `${written}${text}`.slice(-LAST_WORDS);
  });
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(`it could not be started: ${error.message}`));
    child.once('exit', (code, signal) => {
      const how = signal === null ? `it ended with ${code}` : `it was ended by ${signal}`;
      resolve(written.trim() === '' ? how : `${how}; it said ${printable(written.trim(), LAST_WORDS)}`);
    });
  });
}

function changed(): PratiqueError {
  return new PratiqueError('POLICY_INVALID', {
    what: 'the policy, or what it reads, was changed during the sweep',
    next: 'run the sweep again: what was decided under the old one does not count under the new',
  });
}
