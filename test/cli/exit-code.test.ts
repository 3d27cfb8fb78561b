import { describe, expect, test } from 'vitest';
import { exitCodeFor } from '../../src/cli/exit-code.ts';
import type { Result } from '../../src/model/verdict.ts';

const of = (...results: Result[]) => results.map((result) => ({ result }));

describe('the exit code of several images', () => {
  test.each([
    [of('admitted'), false, 0],
    [of('admitted', 'admitted'), false, 0],
    [of('admitted', 'refused'), false, 1],
    [of('admitted', 'undecided'), false, 3],
    [of('refused', 'undecided'), false, 1],
    [of('refused'), true, 0],
    [of('refused', 'undecided'), true, 3],
    [of('undecided'), true, 3],
    [of(), false, 3],
    [of(), true, 3],
  ])('%j, report only %s: %i', (verdicts, reportOnly, code) => {
    expect(exitCodeFor(verdicts, reportOnly)).toBe(code);
  });
});
