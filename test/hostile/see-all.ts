import { writeFileSync } from 'node:fs';
import { allCases } from '../../testdata/hostile/cases.ts';
import { seeWithUs } from './seen-by-us.ts';

/* Run by `no-writes.test.ts` in a process that may write nothing: looks at every case, and says what came of it. */

const ended: Record<string, number> = {};
for (const one of allCases().values()) {
  const seen = await seeWithUs(one.files());
  const word = typeof seen === 'string' ? seen : 'seen';
  ended[word] = (ended[word] ?? 0) + 1;
}
let control = 'written';
try {
  writeFileSync('control', '');
} catch (thrown) {
  control = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : 'unknown';
}
process.stdout.write(JSON.stringify({ ended, control }));
