import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { compileMatcher, programFile } from '../../testdata/make-wasm.ts';

describe('the program of the matcher', () => {
  it('is what its source compiles to, byte for byte', { timeout: 60_000 }, async () => {
    const shipped = readFileSync(new URL('../../src/scan/matcher-program.ts', import.meta.url), 'utf8');
    expect(programFile(await compileMatcher())).toBe(shipped);
  });
});
