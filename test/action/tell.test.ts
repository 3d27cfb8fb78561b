import { expect, test } from 'vitest';
import type { Runner } from '../../src/action/runner.ts';
import { type StepOutcome, tellOutcome } from '../../src/action/tell.ts';
import type { RunnerCommand } from '../../src/action/workflow-commands.ts';
import { PratiqueError } from '../../src/errors.ts';
import type { Verdict } from '../../src/model/verdict.ts';
import { defaultPolicy } from '../../src/policy/default-policy.ts';
import { refusedVerdict, sampleVerdict } from '../support/sample-verdicts.ts';

const FAULT = new PratiqueError('TIMEOUT', { what: 'the layer was not read' });
const many = (count: number, change: Partial<Verdict> = {}) =>
  Array.from({ length: count }, (_, index) =>
    sampleVerdict({ ...change, name: `ghcr.io/acme/${'long-'.repeat(30)}${index}:1` }),
  );

async function tell(verdicts: readonly Verdict[], change: Partial<StepOutcome> = {}, sarif = true) {
  const commands: RunnerCommand[] = [];
  const outputs = new Map<string, string>();
  let summary = '';
  const runner: Runner = {
    log: () => {},
    command: (command) => commands.push(command),
    setOutput: async (name, value) => void outputs.set(name, value),
    summarize: async (text) => {
      summary += text;
    },
    end: () => {},
  };
  const outcome: StepOutcome = {
    deciding: { policy: defaultPolicy(), said: 'the policy of the checkout decides', warns: false },
    verdicts,
    anchors: verdicts.map(() => ({ uri: 'Dockerfile', line: 1 })),
    isAttested: true,
    reportOnly: false,
    attached: [],
    bundle: '/nowhere',
    ...change,
  };
  await tellOutcome(runner, outcome, new Map(sarif ? [['sarif', 'verdict.sarif']] : []));
  const of = (name: RunnerCommand['name']) =>
    commands.filter((one) => one.name === name).map(({ message }) => message);
  return { of, outputs, summary };
}

test('more images than a SARIF file may have are told, counted as they stand in the file', async () => {
  const said = [expect.stringContaining('more than 20 images')];
  expect((await tell(many(20))).of('notice')).toEqual([]);
  expect((await tell(many(21))).of('notice')).toEqual(said);
  expect((await tell(many(21), {}, false)).of('notice')).toEqual([]);
  const open = many(10, { result: 'undecided', faults: [FAULT] });
  expect((await tell([...many(15), ...open])).of('notice')).toEqual([]);
});

test('a thousand images stay within what GitHub takes of a summary, of errors and of outputs', async () => {
  const refused = many(1000, { ...refusedVerdict() });
  const { of, outputs, summary } = await tell(refused, { isAttested: false });
  expect(of('error')).toHaveLength(10);
  expect(of('error')[0]).toContain('not everything is attested');
  expect(of('error').at(-1)).toMatch(/^and \d+ more/);
  expect(Buffer.byteLength(summary)).toBeLessThan(1024 * 1024);
  expect(summary).toContain('not everything is attested');
  expect(Buffer.byteLength([...outputs.values()].join(''))).toBeLessThan(1024 * 1024);
  expect(outputs.get('verdict')).toBe('refused');
});

test('the third of ten images that is undecided makes the whole so', async () => {
  const ten = many(10).map((one, index) =>
    index === 2 ? { ...one, result: 'undecided' as const, faults: [FAULT] } : one,
  );
  const { of, outputs, summary } = await tell(ten);
  expect([outputs.get('verdict'), outputs.get('digest')]).toEqual(['undecided', '']);
  expect(of('error')).toEqual([expect.stringContaining('long-2:1 could not be judged')]);
  expect(summary).toContain('undecided');
  expect((await tell([])).outputs.get('verdict')).toBe('undecided');
});
