import { describe, expect, test } from 'vitest';
import { parseDigest } from '../../src/model/digest.ts';
import type { SweepItem } from '../../src/model/sweep.ts';
import { MOST_PAUSES, pausing } from '../../src/sweep/host-pauses.ts';
import type { JudgedItem } from '../../src/sweep/judge-messages.ts';

const itemOf = (name: string): SweepItem => ({
  digest: parseDigest(`sha256:${'1'.repeat(64)}`),
  names: [`${name}:1`],
});

function answerTo({ digest, names }: SweepItem, isLimited: boolean): JudgedItem {
  const faults = isLimited ? [{ code: 'RATE_LIMITED', text: 'too many', afterSeconds: 3600 }] : [];
  const result = isLimited ? 'undecided' : 'admitted';
  const blank = { result, checks: [], findings: [], more: 0, faults } as const;
  return { digest, result, names: names.map((name) => ({ ...blank, name })), at: '', seconds: 0 };
}

/** A clock that whoever sleeps moves. */
function pausingBy(isLimited: (item: SweepItem) => boolean) {
  let time = 0;
  const asked: string[] = [];
  const judge = pausing(
    async (item) => {
      asked.push(...item.names);
      return answerTo(item, isLimited(item));
    },
    () => time,
    async (milliseconds) => {
      time += milliseconds;
    },
  );
  return { judge, asked, hours: () => time / 3_600_000 };
}

describe('the pauses of a registry', () => {
  test('are kept by all of its images, and by no other registry', async () => {
    let left = 2;
    const { judge, hours } = pausingBy(({ names: [name = ''] }) => name.startsWith('slow') && left-- > 0);
    expect((await judge(itemOf('slow.test/a'))).result).toBe('admitted');
    expect(hours()).toBe(2);
    expect((await judge(itemOf('other.test/a'))).result).toBe('admitted');
    expect(hours()).toBe(2);
  });

  test('that never end hold up one image, and not each of them anew', async () => {
    const { judge, asked, hours } = pausingBy(() => true);
    for (let n = 0; n < 100; n++) expect((await judge(itemOf(`r.test/a${n}`))).result).toBe('undecided');
    expect(hours()).toBe(MOST_PAUSES);
    expect(asked).toHaveLength(MOST_PAUSES + 100);
  });

  test('are waited for again once the registry has answered', async () => {
    let isLimited = true;
    const { judge, hours } = pausingBy(() => isLimited);
    await judge(itemOf('r.test/a'));
    isLimited = false;
    await judge(itemOf('r.test/b'));
    isLimited = true;
    await judge(itemOf('r.test/c'));
    expect(hours()).toBe(2 * MOST_PAUSES);
  });
});
