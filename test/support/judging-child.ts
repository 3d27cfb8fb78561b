import { writeSync } from 'node:fs';
import type { Verdict } from '../../src/model/verdict.ts';
import { answerRequests, channelToStarter } from '../../src/sweep/judge-door.ts';
import type { JudgeAnswer } from '../../src/sweep/judge-messages.ts';

/** A judging process that does what the name of the image says. */
const channel = channelToStarter();

answerRequests(
  { ...channel, send: (answer) => channel.send(changed(answer)) },
  async ({ argv: [key = '', fate] }) => {
    if (fate === 'unfit') throw new Error('the key does not open');
    return { key, judge: async (name) => ({ verdict: await judge(name) }) };
  },
  () => new Date(),
);

/** What a process could say that an image has got hold of. */
function changed(answer: JudgeAnswer): JudgeAnswer {
  if (answer.kind !== 'judged') return answer;
  const { image } = answer;
  const [{ name = '' } = {}] = image.names;
  if (name.includes('garbage')) writeSync(3, 'no answer at all\n');
  if (name.includes('null')) writeSync(3, 'null\n');
  if (name.includes('twice')) channel.send(answer);
  if (name.includes('leak')) return { ...answer, memory: 2 ** 40 };
  if (name.includes('other'))
    return { ...answer, image: { ...image, digest: `sha256:${'f'.repeat(64)}` as typeof image.digest } };
  if (name.includes('short')) return { ...answer, image: { ...image, names: [] } };
  return answer;
}

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
