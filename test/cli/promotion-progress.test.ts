import { describe, expect, test } from 'vitest';
import { promotionProgress } from '../../src/cli/promotion-progress.ts';
import { promotionSoFar } from '../../src/cli/promotion-so-far.ts';
import { parseDigest } from '../../src/model/digest.ts';
import type { PromotionEvent } from '../../src/model/promotion.ts';
import { fakeTerminal } from '../support/fake-terminal.ts';

const blob = (letter: string, size = 1_000_000) => ({
  mediaType: 'application/octet-stream',
  digest: parseDigest(`sha256:${letter.repeat(64)}`),
  size,
});
const [a, b] = [blob('a'), blob('b')];
const OLD = parseDigest(`sha256:${'0'.repeat(64)}`);

/** What stands on the line after the events; each may be a number of milliseconds that pass. */
function watched(events: readonly (PromotionEvent | number)[], isTTY = true, columns = 80): string[] {
  let at = Date.UTC(2026, 10, 21);
  const written: string[] = [];
  const err = { write: (text: string) => void written.push(text), isTTY, columns };
  const terminal = fakeTerminal([], { err, now: () => new Date(at) });
  const progress = promotionProgress(terminal, false);
  for (const event of events) {
    if (typeof event === 'number') at += event;
    else progress.tell(event);
  }
  return written.map((text) => text.replace('\r\u001b[2K', ''));
}

const planned: PromotionEvent = { kind: 'planned', pieces: 3, bytes: 4_000_000 };
const copied = (what: typeof a): PromotionEvent => ({
  kind: 'piece',
  piece: { kind: 'blob', what, state: 'copied' },
});

describe('the line of a promotion', () => {
  test('says how many copies are under way, how fast they are, and when they will be done', () => {
    const lines = watched([
      planned,
      { kind: 'sending', what: a },
      { kind: 'sending', what: b },
      2_000,
      { kind: 'sent', what: a, bytes: 500_000 },
      { kind: 'sent', what: b, bytes: 500_000 },
      100,
      { kind: 'sent', what: b, bytes: 50_000 },
    ]);
    expect(lines.at(-1)).toBe('copying 0/3 · 2 at once · 1.05 of 4.00 MB · 500 kB/s · 6 s left');
  });

  test('counts what a cut upload sends once more only once', () => {
    const lines = watched([
      planned,
      { kind: 'sending', what: a },
      { kind: 'sent', what: a, bytes: 900_000 },
      { kind: 'sending', what: a },
      200,
      { kind: 'sent', what: a, bytes: 100_000 },
    ]);
    expect(lines.at(-1)).toBe('copying 0/3 · 0.10 of 4.00 MB');
    expect(watched([planned, copied(a), 200, copied(b)]).at(-1)).toBe('copying 2/3 · 2.00 of 4.00 MB');
  });

  test('is as wide as the terminal at the most', () => {
    const lines = watched([planned, { kind: 'sending', what: a }, 900, copied(a)], true, 24);
    expect(lines.at(-1)?.length).toBeLessThanOrEqual(23);
  });

  test('is told now and then where nobody watches, so that nobody takes it for dead', () => {
    const sent: PromotionEvent = { kind: 'sent', what: a, bytes: 1_000 };
    const lines = watched([planned, { kind: 'sending', what: a }, sent, 29_000, sent, 2_000, sent], false);
    expect(lines).toEqual([
      'to be there: 3 pieces, 4.00 MB\n',
      expect.stringMatching(/^copying 0\/3 · 0\.00 of 4\.00 MB · 97 B\/s · \d+ h left\n$/),
    ]);
  });
});

describe('what an interrupted promotion says', () => {
  const words = (events: readonly PromotionEvent[], dryRun = false) => {
    const soFar = promotionSoFar('r.test/acme/shop', ['1.4', '1', 'live'], { dryRun });
    for (const event of events) soFar.tell(event);
    return soFar.words();
  };
  const admitted: PromotionEvent = { kind: 'judged', result: 'admitted' };
  const done = [copied(a), copied(b), copied(blob('c'))];
  const verified = [admitted, planned, ...done, { kind: 'verified' } as const];

  test.each<[string, readonly PromotionEvent[], string]>([
    ['before there is a verdict', [], 'no verdict was reached, and nothing was written'],
    [
      'of a refused image',
      [{ kind: 'judged', result: 'refused' }],
      'the image is refused, and nothing was written',
    ],
    ['before it copies', [admitted], 'the image is admitted; nothing was copied; no tag was moved'],
    [
      'while it copies',
      [admitted, planned, copied(a)],
      'the image is admitted; 1 of 3 pieces are in r.test/acme/shop, under their digests alone; no tag was moved',
    ],
    [
      'before it attests',
      verified,
      'the image is admitted; all of it is in r.test/acme/shop and verified there, under its digest; no tag was moved',
    ],
    [
      'while it moves the first tag',
      [...verified, { kind: 'attested' }, { kind: 'moving', tag: '1.4' }],
      'the image is admitted; all of it is in r.test/acme/shop and verified there, under its digest, and attested; ' +
        '1.4 was being moved, and stands for nothing as before, or for the image; not moved: 1, live',
    ],
    [
      'while it moves the last one',
      [
        ...verified,
        { kind: 'moving', tag: '1.4' },
        { kind: 'moved', tag: '1.4' },
        { kind: 'kept', tag: '1' },
        { kind: 'moving', tag: 'live', previous: OLD },
      ],
      'the image is admitted; all of it is in r.test/acme/shop and verified there, under its digest; moved: 1.4; ' +
        `live was being moved, and stands for ${OLD} as before, or for the image`,
    ],
  ])('%s', (_when, events, said) => {
    expect(words(events)).toBe(said);
  });

  test('of a dry run, that nothing was written', () => {
    expect(words([admitted, planned, copied(a)], true)).toContain(
      'nothing was written, since this is a dry run',
    );
  });
});
