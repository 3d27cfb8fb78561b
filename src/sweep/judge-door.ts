import { Socket } from 'node:net';
import { toPratiqueError } from '../errors.ts';
import { type SweepItem, worstOf } from '../model/sweep.ts';
import type { Verdict } from '../model/verdict.ts';
import { readJsonLines, toLine } from './json-lines.ts';
import { type JudgeAnswer, type JudgedItem, type JudgeRequest, LONGEST_MESSAGE } from './judge-messages.ts';
import { isPassing, sweptName, undecidedName, withinBounds } from './swept-name.ts';

/** What a judging process is once it is set up. */
export interface Judging {
  /** of the sweep as it sees it */
  readonly key: string;
  /** Judges one name, and does with the verdict what was asked for. May throw what kept it from that. */
  judge(
    name: string,
  ): Promise<{ readonly verdict: Verdict; readonly acted?: { done: boolean; text: string } }>;
}

/** The end of a channel for messages that a judging process has. */
export interface Channel {
  send(answer: JudgeAnswer): void;
  on(listener: (request: JudgeRequest) => void): void;
}

/** where a judging process answers; its standard output is anybody's who writes there */
export const ANSWERS_AT = 3;

/** The channel of this process to the one that started it; the process ends with it. */
export function channelToStarter(): Channel {
  const answers = new Socket({ fd: ANSWERS_AT, readable: false });
  for (const stream of [process.stdin, answers])
    for (const event of ['error', 'close', 'end']) stream.on(event, () => process.exit()); // nobody would hear what is found
  return {
    send: (answer) => void answers.write(toLine(answer)),
    on: (listener) =>
      readJsonLines(
        process.stdin,
        LONGEST_MESSAGE,
        (request) => listener(request as JudgeRequest),
        () => process.exit(),
      ),
  };
}

/** Answers the one that started this process, for as long as that one is there. */
export function answerRequests(
  channel: Channel,
  setUp: (begin: Extract<JudgeRequest, { kind: 'begin' }>) => Promise<Judging>,
  now: () => Date,
): void {
  let judging: Promise<Judging> | undefined;
  channel.on((request) => {
    if (request.kind === 'begin') {
      judging = setUp(request);
      judging.then(
        ({ key }) => channel.send({ kind: 'ready', key }),
        (thrown) => channel.send({ kind: 'unfit', ...faultOf(thrown) }),
      );
    } else
      void judging
        ?.then((ready) => judgeItem(ready, request.item, now))
        .then((image) => channel.send({ kind: 'judged', image, memory: process.memoryUsage.rss() }));
  });
}

/** Judges every name of an image; what they have in common is read once, as one gate judges them. */
async function judgeItem(
  judging: Judging,
  { digest, names }: SweepItem,
  now: () => Date,
): Promise<JudgedItem> {
  const began = now().getTime();
  const judged = [];
  for (const name of names) {
    try {
      const { verdict, acted } = await judging.judge(name);
      judged.push({ ...sweptName(verdict, digest), ...(acted && { acted }) });
    } catch (thrown) {
      judged.push(undecidedName(name, thrown));
    }
  }
  const at = now();
  const isOpen = judged.some(({ result }) => result === 'undecided');
  const passes = isOpen && judged.every((name) => name.result !== 'undecided' || isPassing(name));
  return {
    digest,
    result: worstOf(judged.map(({ result }) => result)),
    names: withinBounds(judged),
    at: at.toISOString(),
    seconds: (at.getTime() - began) / 1000,
    ...(passes && { passing: true as const }),
  };
}

function faultOf(thrown: unknown) {
  const { code, message } = toPratiqueError(thrown);
  return { code, text: message };
}
