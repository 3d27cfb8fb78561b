import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildProgram } from '../support/built-program.ts';
import { node, pratique } from '../support/child.ts';

/** Tells on standard error each module that is loaded. */
const TELL = `import { registerHooks } from 'node:module';
registerHooks({ load(url, context, next) { process.stderr.write('loaded ' + url + '\\n'); return next(url, context); } });`;

async function makeRepository(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'pratique-test-'));
  execFileSync('git', ['init', '-q'], { cwd: folder });
  await writeFile(join(folder, 'Dockerfile'), 'FROM docker.io/library/node:22\n');
  execFileSync('git', ['add', '-A'], { cwd: folder });
  return folder;
}

const loadedUrls = (err: string) => [...err.matchAll(/^loaded (.*)$/gm)].map(([, url = '']) => url);

describe('what a process loads', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await makeRepository();
  });
  afterAll(() => rm(folder, { recursive: true }));

  const loadedBy = async (...argv: string[]) => {
    const { code, err } = await pratique(argv, { cwd: folder, env: { TMPDIR: folder }, preload: TELL });
    expect(code).toBe(0);
    return loadedUrls(err);
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

describe('what the program loads as it is published', () => {
  let folder: string;
  let program: string;
  beforeAll(async () => {
    folder = await makeRepository();
    program = join(folder, 'program');
    await buildProgram(program);
  }, 60_000);
  afterAll(() => rm(folder, { recursive: true }));

  const run = (...argv: string[]) =>
    node([join(program, 'bin/pratique.js'), ...argv], { cwd: folder, preload: TELL });

  /** How many files, of how many characters, with what of packages and of the sources in them. */
  const loadedBy = async (...argv: string[]) => {
    const { code, err } = await run(...argv);
    expect(code).toBe(0);
    const files = loadedUrls(err).filter((url) => url.includes('/program/program/'));
    const texts = await Promise.all(files.map((url) => readFile(fileURLToPath(url), 'utf8')));
    const text = texts.join('\n');
    const named = (pattern: RegExp) => new Set([...text.matchAll(pattern)].map(([, name = '']) => name));
    return {
      ...{ files: files.length, kilobytes: text.length / 1000 },
      packages: named(/^\/\/ node_modules\/((?:@[^/]+\/)?[^/]+)/gm),
      rooms: named(/^\/\/ src\/([^/\n]+)/gm),
      languages: named(/^\/\/ node_modules\/zod\/v4\/locales\/(.*)\.js$/gm),
      all: loadedUrls(err),
    };
  };
  const HEAVY = /zod|sigstore|undici|tuf|cborg|re2js|tar-stream/;

  test('is a handful of files and no package for --version', async () => {
    const { files, kilobytes, packages } = await loadedBy('--version');
    expect([...packages]).toEqual([]);
    expect(files).toBeLessThan(10);
    expect(kilobytes).toBeLessThan(60);
  });

  test('is a dozen files for refs, without contents, registry, signing and schema', async () => {
    const { files, kilobytes, packages, rooms, all } = await loadedBy('refs');
    expect(files).toBeLessThan(20);
    expect(kilobytes).toBeLessThan(880);
    expect([...packages].filter((name) => HEAVY.test(name))).toEqual([]);
    expect([...packages]).toContain('yaml');
    expect([...rooms].filter((room) => /^(?:scan|attest|trust|gate|run)\b/.test(room))).toEqual([]);
    expect(all.filter((url) => url.includes('/node_modules/'))).toEqual([]);
    // What yargs takes to lay out its help: a table of all emoji, once for each of three copies.
    expect([...packages].filter((name) => /string-width|wrap-ansi|y18n/.test(name))).toEqual([]);
  });

  test('is no language of zod but English where there is a policy', async () => {
    await writeFile(join(folder, 'pratique.yaml'), 'version: 1\nsources: { allow: [docker.io/library/*] }\n');
    const { files, kilobytes, packages, languages } = await loadedBy('refs');
    expect([...packages].filter((name) => HEAVY.test(name))).toEqual(['zod']);
    expect([...languages].filter((name) => name !== 'en')).toEqual([]);
    expect(files).toBeLessThan(30);
    expect(kilobytes).toBeLessThan(1150);
  });

  test('says the same help as the sources do, line by line', async () => {
    const [built, plain] = [
      await run('check', '--help'),
      await pratique(['check', '--help'], { cwd: folder, preload: TELL }),
    ];
    expect(built.out).toContain('--platform');
    expect(built.out).toBe(plain.out);
  });

  test('says of what is called binary in YAML what the sources say, also where it is none', async () => {
    const file = join(folder, 'compose.yaml');
    await writeFile(file, 'services: { web: { image: !!binary a_b-c } }\n');
    const { out } = await run('refs', file);
    await rm(file);
    expect(out).toContain('a text in it is written as !!binary');
  });

  test('is known by a digest over all of it, under which what was found in layers is kept', async () => {
    const folderOfParts = join(program, 'program/parts');
    const texts = await Promise.all(
      (await readdir(folderOfParts)).map((name) => readFile(join(folderOfParts, name), 'utf8')),
    );
    const digests = texts.flatMap((text) =>
      [...text.matchAll(/\(process\.versions\.node\)\.update\("(.*?)"\)/g)].map(([, digest]) => digest),
    );
    expect(digests).toEqual([expect.stringMatching(/^[0-9a-f]{64}$/)]);
  });
});
