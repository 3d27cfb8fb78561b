import type { Verdict } from '../../src/model/verdict.ts';
import { answerRequests } from '../../src/sweep/judge-door.ts';
import type { JudgeRequest } from '../../src/sweep/judge-messages.ts';

/** A judging process that does what the name of the image says. */
process.on('disconnect', () => process.exit());

answerRequests(
  {
    send: (answer) => void process.send?.(answer),
    on: (listener) => void process.on('message', (message) => listener(message as JudgeRequest)),
  },
  async ({ argv: [key = '', fate] }) => {
    if (fate === 'die') process.exit(7);
    if (fate === 'unfit') throw new Error('the key does not open');
    return { key, judge: async (name) => ({ verdict: await judge(name) }) };
  },
  () => new Date(),
);

async function judge(name: string): Promise<Verdict> {
  if (name.includes('poison')) process.kill(process.pid, 'SIGKILL');
  if (name.includes('hang')) await new Promise(() => setInterval(() => {}, 1000));
  if (name.includes('throw')) throw new Error('it cannot be promoted');
  return {
    name,
    result: name.includes('bad') ? 'refused' : 'admitted',
    images: [],
    leftOut: [],
    policy: { name: 'test', origin: 'test', digest: `sha256:${'0'.repeat(64)}` },
    ruleSet: `sha256:${'0'.repeat(64)}`,
    pratique: '0',
    startedAt: '',
    at: '',
    faults: [],
    notes: [String(process.pid)],
  } as unknown as Verdict;
}
