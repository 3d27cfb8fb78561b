import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pratique } from '../support/child.ts';

/** Tells on standard error each module that is loaded. */
const TELL = `import { registerHooks } from 'node:module';
registerHooks({ load(url, context, next) { process.stderr.write('loaded ' + url + '\\n'); return next(url, context); } });`;

describe('what a process loads', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pratique-test-'));
    execFileSync('git', ['init', '-q'], { cwd: folder });
    await writeFile(join(folder, 'Dockerfile'), 'FROM docker.io/library/node:22\n');
    execFileSync('git', ['add', '-A'], { cwd: folder });
  });
  afterAll(() => rm(folder, { recursive: true }));

  const loadedBy = async (...argv: string[]) => {
    const { code, err } = await pratique(argv, { cwd: folder, env: { TMPDIR: folder }, preload: TELL });
    expect(code).toBe(0);
    return [...err.matchAll(/^loaded (.*)$/gm)].map(([, url = '']) => url);
  };
  const own = (urls: readonly string[]) => urls.flatMap((url) => /\/src\/(.*)$/.exec(url)?.[1] ?? []);
  const packages = (urls: readonly string[]) =>
    new Set(urls.flatMap((url) => /\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1] ?? []));

  test.each(['--version', '--help'])('for %s is no package, and less than twenty files', async (option) => {
    const urls = await loadedBy(option);
    expect([...packages(urls)]).toEqual([]);
    expect(own(urls).length).toBeLessThan(20);
  });

  test('for the help of a command is what reads command lines, and no signing', async () => {
    const urls = await loadedBy('refs', '--help');
    expect([...packages(urls)]).toContain('yargs');
    expect([...packages(urls)].filter((name) => /zod|sigstore|undici|tuf|cborg/.test(name))).toEqual([]);
  });

  test('for refs is no rule for contents, no registry, no signing and no schema', async () => {
    const urls = await loadedBy('refs');
    expect(own(urls).filter((file) => /^(?:scan|attest|trust|gate|run)\b/.test(file))).toEqual([]);
    expect([...packages(urls)].filter((name) => /zod|sigstore|undici|tuf|cborg/.test(name))).toEqual([]);
  });

  test('writes no compiled code anywhere', async () => {
    await loadedBy('refs');
    expect((await readdir(folder)).toSorted()).toEqual(['.git', 'Dockerfile']);
  });
});
