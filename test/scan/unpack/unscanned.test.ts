import { describe, expect, test } from 'vitest';
import { UnscannedTally } from '../../../src/scan/unpack/unscanned.ts';

/** What a tally that tells of two of each sort says of these. */
function tell(reasons: readonly string[]) {
  const tally = new UnscannedTally(2);
  const found = reasons.flatMap((reason, at) => {
    const hit = tally.add(`srv/${at}`, reason);
    return hit === undefined ? [] : [{ path: `srv/${at}`, hit }];
  });
  return tally.complete(found).map(({ hit: { args, unread = false } }) => ({ ...args, unread }));
}

describe('what stays unseen in a layer', () => {
  test('is unread where another program could read it, and not where nobody could', () => {
    expect(tell(['7z', 'damaged'])).toEqual([
      { reason: '7z', unread: true },
      { reason: 'damaged', unread: false },
    ]);
    expect(tell(['packed program', 'encrypted'])).toEqual([
      { reason: 'packed program', unread: true },
      { reason: 'encrypted', unread: false },
    ]);
  });

  test('is not crowded out: any number of damaged archives leaves room for one that is unread', () => {
    expect(tell([...Array(50).fill('damaged'), 'rar'])).toEqual([
      { reason: 'damaged', unread: false },
      { reason: 'damaged', unread: false, more: 48 },
      { reason: 'rar', unread: true },
    ]);
  });

  test('is counted where it is not listed, for each sort by itself', () => {
    expect(tell(['7z', 'damaged', 'rar', 'squashfs', 'rpm'])).toEqual([
      { reason: '7z', unread: true },
      { reason: 'damaged', unread: false },
      { reason: 'rar', unread: true, more: 2 },
    ]);
  });
});
