import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Stage, setStage } from '../support/stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await setStage();
});
afterAll(() => stage.close());

test('--offline and --keyless contradict each other, and it is said before anything is asked', async () => {
  const { code, err } = await stage.pratique([
    'check',
    stage.name('acme/shop:1'),
    '--keyless',
    '--attest',
    '--offline',
  ]);
  expect(code).toBe(2);
  expect(err).toContain('--keyless and --offline contradict each other');
  expect(stage.registry.requests).toEqual([]);
});
