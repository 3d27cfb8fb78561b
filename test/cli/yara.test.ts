import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildImage, buildLayer } from '../../src/demo/image-builder.ts';
import { type Ended, pratique } from '../support/child.ts';
import { writeOciLayout } from '../support/image-files.ts';

const MATCHING =
  'rule Acme_Dropper { meta: description = "dropper of Acme" strings: $a = "evil-marker" condition: $a }';
const SLOW = 'rule slow { condition: for all i in (1..4000000000) : (i * i != 3) }';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'yara-'));
  const layer = await buildLayer([{ path: 'srv/run.sh', content: 'evil-marker' }]);
  const built = buildImage({ layers: [layer], config: { User: '10001' } });
  await writeOciLayout(join(folder, 'image'), [{ built, tag: 'latest' }]);
});
afterAll(() => rm(folder, { recursive: true }));

/** A process of its own, so that what a thread leaves behind would be seen: it would not end. */
async function check(rules: string, limits = ''): Promise<Ended> {
  await writeFile(join(folder, 'acme.yar'), rules);
  await writeFile(join(folder, 'pratique.yaml'), `version: 1\nyara: { rules: [acme.yar] }\n${limits}`);
  return pratique(['check', 'oci:image', '--policy', 'pratique.yaml'], { cwd: folder });
}

test('a process whose YARA rules match tells the rule and ends with 1', { timeout: 60_000 }, async () => {
  const { code, out } = await check(MATCHING);
  expect(out).toContain('dropper of Acme (YARA rule Acme_Dropper)');
  expect(out).toContain('srv/run.sh');
  expect(code).toBe(1);
});

test('a process whose YARA rules take too long is undecided and ends with 3', {
  timeout: 60_000,
}, async () => {
  const { code, out } = await check(SLOW, 'limits: { yara-seconds: 1 }');
  expect(out).toContain('the YARA rules took more than 1 seconds');
  expect(code).toBe(3);
});
