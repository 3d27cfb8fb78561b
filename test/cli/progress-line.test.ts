import { describe, expect, test } from 'vitest';
import { progressLine } from '../../src/cli/progress-line.ts';

const MB = 1_000_000;

/** A scan of so many seconds, told every 50 milliseconds, and what was written meanwhile. */
function told(
  seconds: number,
  {
    isTTY = true,
    quiet = false,
    env = {},
  }: { isTTY?: boolean; quiet?: boolean; env?: Record<string, string> } = {},
): readonly string[] {
  let at = 1_000_000;
  const written: string[] = [];
  const err = { isTTY, columns: 100, write: (text: string) => void written.push(text) };
  const line = progressLine({ err, env, now: () => new Date(at) }, quiet);
  line.begin('nginx:1');
  for (let done = 0; done <= seconds * 20; done += 1) {
    line.update({ layer: 1, layers: 2, doneBytes: done * MB, totalBytes: seconds * 20 * MB });
    at += 50;
  }
  line.clear();
  return written;
}

describe('where somebody watches', () => {
  test('a line moves, ten times in a second, and is taken away', () => {
    const written = told(10);
    expect(written.length).toBeGreaterThan(90);
    expect(written.length).toBeLessThan(110);
    expect(written.at(50)).toMatch(
      /^\r\u001b\[2Klayer 1\/2 · \d+ of 200 MB · 20\.\d MB\/s · 5 s left · nginx:1$/,
    );
    expect(written.at(-1)).toBe('\r\u001b[2K');
  });

  test('the speed is that of the platform which is read now', () => {
    let at = 0;
    const written: string[] = [];
    const err = { isTTY: true, columns: 100, write: (text: string) => void written.push(text) };
    const line = progressLine({ err, env: {}, now: () => new Date(at) }, false);
    line.begin('x');
    const tell = (second: number, doneBytes: number) => {
      at = second * 1000;
      line.update({ layer: 1, layers: 1, doneBytes, totalBytes: 100 * MB });
    };
    tell(10, 100 * MB);
    tell(11, 0);
    tell(12, 50 * MB);
    expect(written.at(-1)).toContain('50.0 MB/s');
  });
});

describe('where nobody watches', () => {
  test.each([
    ['no terminal', { isTTY: false }],
    ['a CI system', { env: { CI: 'true' } }],
    ['a terminal that moves nothing', { env: { TERM: 'dumb' } }],
  ])('%s: nothing of what is quickly done, and a few plain lines of what is not', (_what, options) => {
    expect(told(9, options)).toEqual([]);
    const lines = told(3600, options);
    expect(lines.length).toBeLessThanOrEqual(9);
    expect(lines[0]).toBe('layer 1/2 · 0.20 of 72.0 GB · 20.0 MB/s · 60 min left · nginx:1\n');
    for (const line of lines) expect(line).toMatch(/^[^\r\u001b]+\n$/);
  });
});

test('with --quiet there is nothing', () => {
  expect(told(100, { quiet: true })).toEqual([]);
  expect(told(100, { quiet: true, isTTY: false })).toEqual([]);
});
