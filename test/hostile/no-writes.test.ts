import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { allCases } from '../../testdata/hostile/cases.ts';
import { node } from '../support/child.ts';

/** A write anywhere throws in the child, and would be a fault of ours, not of the image. */
const MAY_READ_ONLY = ['--permission', '--allow-fs-read=*'];

it('no case makes us write anything, neither where the program runs nor anywhere else', async () => {
  const room = mkdtempSync(join(tmpdir(), 'pratique-no-writes-'));
  try {
    const [cwd, temporary] = ['here', 'temporary'].map((name) => join(room, name)) as [string, string];
    for (const folder of [cwd, temporary]) mkdirSync(folder);
    const program = join(import.meta.dirname, 'see-all.ts');
    const { code, out, err } = await node([...MAY_READ_ONLY, program], { cwd, env: { TMPDIR: temporary } });
    expect({ code, err }).toMatchObject({ code: 0 });
    const { ended, control } = JSON.parse(out) as { ended: Record<string, number>; control: string };
    expect(control, 'the guard itself').toBe('ERR_ACCESS_DENIED');
    expect(Object.values(ended).reduce((sum, count) => sum + count, 0)).toBe(allCases().size);
    expect(ended).not.toHaveProperty('INTERNAL');
    for (const folder of [cwd, temporary]) expect(readdirSync(folder)).toEqual([]);
  } finally {
    rmSync(room, { recursive: true, force: true });
  }
}, 120_000);
