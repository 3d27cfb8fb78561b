import { execFileSync } from 'node:child_process';
import { chmod, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { CHECKS } from '../../src/checks/list.ts';
import { NAME_CHECKS } from '../../src/judge-references.ts';
import { compileSchema, complaintsOf } from '../support/schemas.ts';
import { cleanImage, leakyImage, type Stage, setStage } from '../support/stage.ts';
import { strictSchema } from '../support/strict-schema.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await setStage();
});
afterAll(() => stage.close());

const written: string[] = [];
const write = async (file: string, text: string) => {
  written.push(file);
  return stage.write(file, text);
};
afterEach(async () => {
  for (const file of written.splice(0)) await rm(join(stage.folder, file), { force: true });
});

/** A place as SARIF writes it. */
interface Located {
  readonly physicalLocation: { readonly artifactLocation: { readonly uri: string }; readonly region: object };
}

const refs = (...argv: string[]) => stage.pratique(['refs', ...argv]);
const json = async (...argv: string[]) => {
  const { code, out } = await refs(...argv, '-o', 'json');
  return { code, ...JSON.parse(out) };
};

describe('pratique refs', () => {
  test('admits names that the policy allows, and asks nobody: 0', async () => {
    await write('Dockerfile', `FROM ${stage.name('acme/shop:1')}\n`);
    stage.registry.seen();
    const { code, out, err } = await refs();
    expect(out).toContain('./Dockerfile\n');
    expect(out).toContain('1:6');
    expect(out).toContain('ADMITTED');
    expect([code, err]).toEqual([0, '']);
    expect(stage.registry.seen()).toEqual([]);
  });

  test('refuses a name that no line allows, and one that imitates a protected one: 1', async () => {
    await write('Dockerfile', `FROM nginx:1\nFROM ${stage.name('acrne/shop:1')}\n`);
    const { code, result, references } = await json();
    expect([code, result]).toEqual([1, 'refused']);
    const rules = references.map(({ findings }: { findings: { rule: string }[] }) =>
      findings.map(({ rule }) => rule),
    );
    expect(rules[0]).toContain('name.not-allowed');
    expect(rules[1]).toContain('name.lookalike');
    expect((await refs()).out).toMatch(/Did you mean .*acme\/shop/);
    expect((await refs('--report-only')).code).toBe(0);
  });

  test('is undecided where a name cannot be known: 3, also with --report-only', async () => {
    await write('compose.yaml', `services: {a: {image: "${stage.name('acme/shop')}:\${TAG}"}}\n`);
    const { code, out } = await refs('--report-only');
    expect(out).toContain('cannot be known: the file gives "TAG" no value');
    expect(out).toContain('UNDECIDED');
    expect(code).toBe(3);
  });

  test('refuses an imitation of which only the tag is unknown: 1', async () => {
    await write('compose.yaml', `services: {a: {image: "${stage.name('acrne/shop')}:\${TAG}"}}\n`);
    expect((await refs()).code).toBe(1);
  });

  test('is undecided where a file cannot be read: 3', async () => {
    await write('compose.yaml', 'services: {a: [}');
    const { code, unread } = await json();
    expect([code, unread.length]).toEqual([3, 1]);
    await write('Dockerfile', 'FROM nginx:1\n');
    expect((await refs()).code).toBe(1);
  });

  test('has nothing against a repository that names no image: 0', async () => {
    const { code, out } = await refs();
    expect(out).toContain('no image is named');
    expect(code).toBe(0);
  });

  test('reads standard input', async () => {
    const pod = `apiVersion: v1\nkind: Pod\nspec: {containers: [{image: "${stage.name('acme/shop:1')}"}, {image: "nginx:1"}]}\n`;
    const { code, out } = await stage.pratique(['refs', '-', '-o', 'json'], {
      in: { isTTY: false, read: async () => pod, ask: async () => '' },
    });
    expect(code).toBe(1);
    expect(
      JSON.parse(out).references.map(({ file, line }: { file: string; line: number }) => [file, line]),
    ).toEqual([
      ['-', 3],
      ['-', 3],
    ]);
  });

  test.each([
    [['nowhere'], 'is not there'],
    [['-', '--fix'], 'standard input cannot be fixed'],
    [['-', 'a'], '- stands alone'],
    [['--as', 'a'], '--as does not go with refs'],
    [['--exclude', 'a//b'], 'is no pattern'],
    [['--since', 'x'], '--since'],
    [['-o', 'yaml'], 'is not a format'],
  ])('does not understand %j: 2', async (argv, why) => {
    const { code, err } = await refs(...argv);
    expect(err).toContain(why);
    expect(code).toBe(2);
  });

  test('leaves out what is excluded', async () => {
    await write('Dockerfile', 'FROM nginx:1\n');
    expect((await refs('--exclude', 'Dockerfile')).code).toBe(0);
  });

  test('lets no text of a file move the cursor, start a line or be a command of a runner', async () => {
    await write('compose.yaml', 'services: {a: {image: "x\\e[2J\\n::error::y##vso[a]\u202e"}}\n');
    for (const format of ['text', 'json', 'sarif']) {
      const { out } = await refs('-o', format);
      expect(out).not.toMatch(/\u001b|\u202e|##vso\[|^\s*::/m);
    }
  });

  test('tells code scanning the line and column of each name, and that it did not finish', async () => {
    await write('Dockerfile', 'FROM alpine:3\n\nFROM  nginx:1\nFROM a:${B}\n');
    const { out, code } = await refs('-o', 'sarif');
    const [run] = JSON.parse(out).runs;
    const places = run.results.map(
      ({
        ruleId,
        locations,
      }: {
        ruleId: string;
        locations: { physicalLocation: { artifactLocation: { uri: string }; region: object } }[];
      }) => [
        ruleId,
        locations[0]?.physicalLocation.artifactLocation.uri,
        locations[0]?.physicalLocation.region,
      ],
    );
    expect(places).toContainEqual(['name.not-allowed', 'Dockerfile', { startLine: 3, startColumn: 7 }]);
    expect(places).toContainEqual([
      'pratique.unknown-reference',
      'Dockerfile',
      { startLine: 4, startColumn: 6 },
    ]);
    expect(run.invocations[0].executionSuccessful).toBe(false);
    expect(code).toBe(1);
  });

  test('prints JSON as its published schema says, and no field that the schema does not name', async () => {
    const published = new URL('../../schema/refs-v1.json', import.meta.url);
    const digest = `sha256:${'0'.repeat(64)}`;
    await write(
      'Dockerfile',
      `FROM ${stage.name('acme/shop:1')}\nFROM ${stage.name('acrne/shop:1')}@${digest}\nFROM a:\${B}\n`,
    );
    await write(
      'compose.yaml',
      'services: {a: {image: [x]}, b: {image: y}}\ninclude: ["https://example.com/x.yaml"]\n',
    );
    const { out } = await refs('-o', 'json');
    const document = JSON.parse(out);
    expect(complaintsOf(compileSchema(published), document)).toEqual([]);
    expect(strictSchema(published).safeParse(document).error).toBeUndefined();
    expect([document.unread.length, document.elsewhere.length, document.counts.undecided]).toEqual([1, 1, 1]);
    expect(complaintsOf(compileSchema(published), { ...document, result: 'fine' })).not.toEqual([]);
  });

  test('judges by the very checks that the gate judges names by', () => {
    expect(NAME_CHECKS).toEqual(CHECKS.filter(({ reads }) => reads === 'name'));
  });
});

describe('pratique refs --fix', () => {
  test('writes the digest of what was admitted in full behind its name, and changes nothing else', async () => {
    const image = await cleanImage();
    const name = stage.push('acme/shop:1', image);
    const before = `# kept\r\nARG V=1\nFROM ${name} AS a \r\nFROM ${name}\r\nFROM ${stage.name('acme/shop')}:\${V}`;
    await chmod(await write('Dockerfile', before), 0o750);
    const { code, err } = await refs('--fix');
    const pinned = `${name}@${image.root.descriptor.digest}`;
    expect(await stage.read('Dockerfile')).toBe(before.replaceAll(name, pinned));
    expect((await stat(join(stage.folder, 'Dockerfile'))).mode & 0o777).toBe(0o750);
    expect(err).toContain('not pinned: it is a template');
    expect(code).toBe(0);
  });

  test('leaves alone what is refused or cannot be found out', async () => {
    const leaky = stage.push('acme/leaky:1', await leakyImage());
    const text = `FROM ${leaky}\nFROM ${stage.name('acme/absent:1')}\n`;
    await write('Dockerfile', text);
    const { code, err } = await refs('--fix');
    expect(await stage.read('Dockerfile')).toBe(text);
    expect(err).toContain('not pinned: refused');
    expect(err).toContain('not pinned: undecided');
    expect(code).toBe(1);
  });
});

describe('pratique check --refs', () => {
  const check = (...argv: string[]) => stage.pratique(['check', '--refs', ...argv, '-o', 'json']);

  test('judges each image that files name once, in full', async () => {
    const name = stage.push('acme/shop:1', await cleanImage());
    const leaky = stage.push('acme/leaky:1', await leakyImage());
    await write('Dockerfile', `FROM ${name}\nFROM ${name}\n`);
    await write('b.Dockerfile', `FROM ${leaky}\n`);
    const { code, out } = await check();
    expect(JSON.parse(out).summary).toEqual({ admitted: 1, refused: 1, undecided: 0 });
    expect(code).toBe(1);
    expect((await check('Dockerfile')).code).toBe(0);
  });

  test('tells code scanning each line that names the image', async () => {
    const leaky = stage.push('acme/leaky:1', await leakyImage());
    await write('Dockerfile', `FROM scratch\nCOPY --from=${leaky} / /\n`);
    await write('b.Dockerfile', `FROM ${leaky}\n`);
    const { out } = await stage.pratique(['check', '--refs', '-o', 'sarif']);
    const [run] = JSON.parse(out).runs;
    expect(run.results.length).toBeGreaterThan(0);
    for (const { locations } of run.results)
      expect(
        locations.map(({ physicalLocation: { artifactLocation, region } }: Located) => [
          artifactLocation.uri,
          region,
        ]),
      ).toEqual([
        ['Dockerfile', { startLine: 2, startColumn: 13 }],
        ['b.Dockerfile', { startLine: 1, startColumn: 6 }],
      ]);
  });

  test('is undecided where a name is not known, though all others are admitted: 3, and every view says so', async () => {
    const name = stage.push('acme/shop:1', await cleanImage());
    await write('Dockerfile', `FROM ${name}\nFROM x:\${Y}\n`);
    await write('compose.yaml', 'services:\n  - {image: ]\n');
    const { code, out } = await stage.pratique([
      ...['check', '--refs', '--report-only', '-o', 'json'],
      ...['-o', 'sarif=r.sarif', '-o', 'junit=r.xml', '-o', 'text=r.txt'],
    ]);
    expect(code).toBe(3);
    const { summary, verdicts } = JSON.parse(out);
    expect(summary).toEqual({ admitted: 1, refused: 0, undecided: 2 });
    expect(verdicts.map((one: { name: string }) => one.name).slice(1)).toEqual(['x:${Y}', 'compose.yaml:2']);
    const [, unknown] = JSON.parse(await stage.read('r.sarif')).runs;
    expect(unknown.invocations[0].executionSuccessful).toBe(false);
    expect(unknown.results[0].message.text).toContain('the file gives "Y" no value');
    expect(unknown.results[0].locations[0].physicalLocation).toMatchObject({
      artifactLocation: { uri: 'Dockerfile' },
      region: { startLine: 2, startColumn: 6 },
    });
    expect(await stage.read('r.xml')).toContain('which image this names is not known');
    expect(await stage.read('r.txt')).toContain('where      Dockerfile:2:6');
    expect(await stage.read('r.txt')).toContain('this was not read, and may name images');
  });

  test('refuses an imitation of which only the tag is not known, and --if-any makes nothing of it a pass', async () => {
    await write('Dockerfile', 'FROM libary/nginx:${TAG}\n');
    expect((await check('--if-any')).code).toBe(1);
    await write('Dockerfile', 'FROM ${IMAGE}\n');
    expect((await check('--if-any')).code).toBe(3);
  });

  test('is undecided where no image is named: 3', async () => {
    expect((await check()).code).toBe(3);
  });

  test('does not take names of images for files, nor --since without it', async () => {
    expect((await check('ghcr.io/acme/shop:1')).err).toContain('is not there');
    expect((await stage.pratique(['check', 'a', '--since', 'b'])).err).toContain('--since goes with --refs');
    expect((await stage.pratique(['check', 'a', '-'])).err).toContain('- goes with --refs');
    expect((await stage.pratique(['inspect', 'a', '-'])).code).toBe(2);
    expect((await stage.pratique(['check'])).err).toContain('no image is named');
  });
});

test('a repository of git is read by what it tracks', async () => {
  const env = { PATH: process.env['PATH'], GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null' };
  const other = await setStage();
  try {
    await rm(join(other.folder, '.git'));
    execFileSync('git', ['init', '--quiet'], { cwd: other.folder, env });
    await other.write('Dockerfile', 'FROM nginx:1\n');
    const fresh = await other.pratique(['refs'], { env });
    expect([fresh.code, fresh.out.includes('git tracks nothing here')]).toEqual([1, true]);
    await other.write('a.txt', 'x');
    execFileSync('git', ['add', 'a.txt'], { cwd: other.folder, env });
    expect((await other.pratique(['refs'], { env })).code).toBe(0);
    execFileSync('git', ['add', 'Dockerfile'], { cwd: other.folder, env });
    expect((await other.pratique(['refs'], { env })).code).toBe(1);
  } finally {
    await other.close();
  }
});
