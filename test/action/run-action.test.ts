import { existsSync } from 'node:fs';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { buildImage, buildLayer } from '../../src/demo/image-builder.ts';
import { type ActionStep, setActionStep } from '../support/action-step.ts';
import {
  CANARIES,
  cleanImage,
  leakyImage,
  policyFor,
  rootImage,
  type Stage,
  setStage,
} from '../support/stage.ts';

let stage: Stage;
let step: ActionStep;
beforeAll(async () => {
  stage = await setStage();
});
afterAll(() => stage.close());
beforeEach(async () => {
  step = await setActionStep();
  await step.write('pratique.yaml', policyFor(stage.registry.host));
  await step.write('release.pub', stage.keys.release.publicPem);
});
afterEach(async () => {
  stage.registry.script = () => undefined;
  await step.close();
});

const json = async (path: string | undefined) => JSON.parse(await readFile(path ?? '', 'utf8'));

describe('a step', () => {
  test('passes for an image that is admitted, and says all there is to say', async () => {
    const image = stage.push('acme/shop:1', await cleanImage());
    const { code, log, obeyed, outputs, summary } = await step.run({ image });
    expect([code, outputs['verdict'], outputs['findings']]).toEqual([0, 'admitted', '0']);
    expect(outputs['digest']).toMatch(/^sha256:[0-9a-f]{64}$/);
    const [judged] = (await json(outputs['json'])).verdicts;
    expect(judged).toMatchObject({
      result: 'admitted',
      policy: { digest: outputs['policy-digest'], origin: 'pratique.yaml' },
    });
    expect(JSON.parse(outputs['images'] ?? '')).toEqual([
      { name: image, result: 'admitted', digest: outputs['digest'] },
    ]);
    expect((await json(outputs['sarif'])).runs[0].invocations[0].executionSuccessful).toBe(true);
    expect(await readFile(outputs['html'] ?? '', 'utf8')).toContain('<!doctype html>');
    expect([outputs['attestation-bundle'], outputs['attestation-digest']]).toEqual(['', '']);
    expect(log).toContain('ADMITTED');
    expect(obeyed.filter((line) => line.startsWith('::error'))).toEqual([]);
    expect(summary).toContain('ADMITTED');
    expect(summary).toContain(outputs['policy-digest']);
  });

  test('fails for one that is refused, at the line that names it, and passes with report-only', async () => {
    const image = stage.push('acme/leaky:1', await leakyImage());
    await step.write('compose.yaml', `services:\n  web:\n    image: ${image}\n`);
    const { code, log, obeyed, outputs, summary } = await step.run({ image });
    expect([code, outputs['verdict'], Number(outputs['findings']) > 0]).toEqual([1, 'refused', true]);
    const errors = obeyed.filter((line) => line.startsWith('::error'));
    expect(errors.length).toBeGreaterThan(0);
    expect(
      errors.every((line) => line.startsWith('::error file=compose.yaml,line=3,title=pratique%3A secrets.')),
    ).toBe(true);
    const [{ results }] = (await json(outputs['sarif'])).runs;
    expect(results[0].locations[0].physicalLocation).toMatchObject({
      artifactLocation: { uri: 'compose.yaml' },
      region: { startLine: 3 },
    });
    expect(results[0].partialFingerprints.primaryLocationLineHash).toMatch(/^[0-9a-f]{16}:1$/);
    for (const canary of Object.values(CANARIES)) expect(log + summary).not.toContain(canary.slice(8));
    const told = await step.run({ image, 'report-only': 'true' });
    expect([told.code, told.outputs['verdict']]).toEqual([0, 'refused']);
    expect(told.obeyed.filter((line) => line.startsWith('::error'))).toEqual([]);
    expect(told.obeyed.filter((line) => line.startsWith('::warning')).length).toBeGreaterThan(0);
  });

  test('anchors at the workflow that runs, where nothing else names the image', async () => {
    const image = stage.push('acme/leaky:2', await leakyImage());
    const [name = ''] = image.split(/:2$/);
    const workflow = `jobs:\n  a:\n    steps:\n      - with: { image: ${name}-admin }\n      - with: { image: "${name}@x" }\n`;
    await step.write('.github/workflows/gate.yml', workflow);
    const env = { GITHUB_WORKFLOW_REF: 'acme/shop/.github/workflows/gate.yml@refs/heads/main' };
    const { obeyed } = await step.run({ image }, env);
    expect(obeyed[0]).toContain('::error file=.github/workflows/gate.yml,line=5,');
    const other = await step.run({ image: stage.push('acme/other:2', await leakyImage()) }, env);
    expect(other.obeyed[0]).toContain('::error file=pratique.yaml,line=1,');
    const outside = { GITHUB_WORKFLOW_REF: 'acme/shop/.github/workflows/../../../../etc/passwd@x' };
    expect((await step.run({ image }, outside)).obeyed[0]).toContain('file=pratique.yaml,line=1,');
  });

  test('leaves no SARIF of what is undecided: its upload would close alerts', async () => {
    const [good, gone] = [stage.push('acme/good:1', await cleanImage()), stage.name('acme/gone:1')];
    const { code, outputs } = await step.run({ image: `${good}\n${gone}`, 'report-only': 'true' });
    expect([code, outputs['verdict'], outputs['digest']]).toEqual([3, 'undecided', '']);
    const { runs } = await json(outputs['sarif']);
    expect(
      runs.map(({ automationDetails }: { automationDetails: { id: string } }) => automationDetails.id),
    ).toEqual([`pratique/${stage.name('acme/good')}/`]);
    expect((await json(outputs['json'])).summary).toEqual({ admitted: 1, refused: 0, undecided: 1 });
    const alone = await step.run({ image: gone });
    expect([alone.code, alone.outputs['sarif']]).toEqual([3, undefined]);
    expect(alone.obeyed[0]).toContain('::error file=pratique.yaml,line=1,title=pratique%3A NOT_FOUND::');
  });

  test('takes images from a file, from lines, and from the files of the checkout, each once', async () => {
    const [a, b, c] = [
      stage.push('acme/a:1', await cleanImage()),
      stage.push('acme/b:1', await cleanImage()),
      stage.push('acme/c:1', await rootImage()),
    ];
    await step.write('images.txt', `# ours\n\n${b}\n${a}\n`);
    await step.write('Dockerfile', `FROM ${a}\n`);
    await step.write('old/Dockerfile', `FROM ${stage.name('acme/gone:1')}\n`);
    await step.write(
      'k8s/pod.yaml',
      `apiVersion: v1\nkind: Pod\nspec: { containers: [{ name: c, image: "${c}" }] }\n`,
    );
    const inputs = { image: a, 'image-file': 'images.txt', refs: 'true', exclude: 'old/**' };
    const { code, outputs } = await step.run(inputs);
    const judged = JSON.parse(outputs['images'] ?? '').map(({ name, result }: Record<string, string>) => [
      name,
      result,
    ]);
    expect(judged).toEqual([
      [a, 'admitted'],
      [b, 'admitted'],
      [c, 'refused'],
    ]);
    expect(code).toBe(1);
    await step.write('Dockerfile', `ARG TAG\nFROM ${stage.name('acme/a')}:\${TAG}\nFROM ${a}\n`);
    const open = await step.run({ refs: 'true', exclude: 'old/**\nk8s/**' });
    expect([open.code, open.outputs['verdict']]).toEqual([3, 'undecided']);
    expect(JSON.parse(open.outputs['images'] ?? '')).toHaveLength(2);
    const [error, ...others] = open.obeyed.filter((line) => line.startsWith('::error'));
    expect([error, others]).toEqual([expect.stringContaining('file=Dockerfile,line=2,'), []]);
    const none = await step.run({ refs: 'true', exclude: '**' });
    expect([none.code, none.outputs['verdict']]).toEqual([3, 'undecided']);
    expect(none.obeyed.join()).toContain('no image was found that could be judged');
  });

  test('attests with a key, pushes, and says what it pushed', async () => {
    const image = stage.push('acme/signed-off:1', await cleanImage());
    await step.write('gate.key', stage.keys.gate.privatePem);
    const inputs = { image, sign: 'key', key: 'gate.key', 'push-attestation': 'true' };
    const { code, outputs } = await step.run(inputs);
    expect(code).toBe(0);
    expect(outputs['attestation-digest']?.split('\n')).toHaveLength(2);
    expect((await readFile(outputs['attestation-bundle'] ?? '', 'utf8')).trim().split('\n')).toHaveLength(2);
    stage.registry.script = ({ method }) =>
      method === 'PUT' || method === 'POST' ? { status: 403 } : undefined;
    const other = stage.push('acme/not-pushed:1', await rootImage().then(() => cleanImage('arm64')));
    const failed = await step.run({ ...inputs, image: other });
    expect([failed.code, failed.outputs['verdict'], failed.outputs['attestation-digest']]).toEqual([
      4,
      'admitted',
      '',
    ]);
    expect(failed.obeyed.join()).toContain('not everything is attested');
  });
});

test('a step that may rest on an earlier verdict reads no file, and leaves no SARIF', async () => {
  const image = stage.push('acme/again:1', await cleanImage());
  await step.write('gate.key', stage.keys.gate.privatePem);
  const inputs = { image, sign: 'key', key: 'gate.key', 'push-attestation': 'true' };
  expect((await step.run(inputs)).code).toBe(0);
  const { code, outputs } = await step.run({ ...inputs, reuse: 'true' });
  expect([code, outputs['verdict'], outputs['sarif']]).toEqual([0, 'admitted', undefined]);
  expect([outputs['attestation-digest'], outputs['attestation-bundle']]).toEqual(['', '']);
  expect((await json(outputs['json'])).verdicts[0].reused).toMatchObject({ attestation: expect.anything() });
  const left = await step.run({ image, sign: 'key', key: 'gate.key', reuse: 'true' });
  expect([left.code, left.obeyed[0]]).toEqual([2, expect.stringContaining('nothing may be left to sign')]);
});

test('no report is written behind a link that a pull request may have made', async () => {
  const away = join(dirname(step.workspace), 'away');
  await mkdir(join(away, 'reports'), { recursive: true });
  await symlink(away, join(step.workspace, 'out'));
  const image = stage.push('acme/linked:1', await cleanImage());
  const before = stage.registry.requests.length;
  for (const file of ['out/a.json', 'out/reports/a.json', join(step.workspace, 'out/a.json')]) {
    const { code, obeyed } = await step.run({ image, formats: `json=${file}` });
    expect([code, obeyed.join()]).toEqual([2, expect.stringContaining('is a link, or behind one')]);
  }
  expect(stage.registry.requests).toHaveLength(before);
  expect((await step.run({ image, formats: `json=${away}/reports/a.json` })).code).toBe(0);
  await mkdir(join(step.workspace, 'own'));
  expect((await step.run({ image, formats: 'json=own/a.json\nhtml=b.html' })).code).toBe(0);
});

test('a file of images that a pull request has made a link of is not read', async () => {
  const secret = join(dirname(step.workspace), 'secret');
  await writeFile(secret, 'password=of-the-runner Z');
  await symlink(secret, join(step.workspace, 'images.txt'));
  await symlink(dirname(secret), join(step.workspace, 'ci'));
  for (const file of ['images.txt', join(step.workspace, 'images.txt'), 'ci/secret']) {
    const { code, log, summary, obeyed } = await step.run({ 'image-file': file });
    expect([code, obeyed.join()]).toEqual([2, expect.stringContaining('is a link, or lies behind one')]);
    expect(log + summary).not.toContain('of-the-runner');
  }
  await step.write('real/images.txt', 'A B');
  expect((await step.run({ 'image-file': 'real/../real/images.txt' })).log).toContain('REFERENCE_INVALID');
  expect((await step.run({ 'image-file': secret })).log).toContain('of-the-runner'); // whoever wrote the step names it
});

describe('what is wrong is one error with a sentence', () => {
  const faults: [string, Record<string, string>, string, number][] = [
    ['no image', {}, 'no image is named', 2],
    ['an input that there is not', { image: 'a', severity: 'HIGH' }, 'there is no input "severity"', 2],
    ['a policy that is not there', { image: 'a', policy: 'nowhere.yaml' }, 'POLICY_NOT_FOUND', 2],
    ['two images under one name', { image: 'a\nb', as: 'c' }, 'goes with one image', 2],
    ['patterns for nothing', { image: 'a', exclude: 'x' }, 'goes with refs: true', 2],
    ['a name that is none', { image: 'A B' }, 'REFERENCE_INVALID', 2],
    [
      'a file of images that is not there',
      { 'image-file': 'nowhere' },
      'image-file "nowhere" cannot be used',
      2,
    ],
    ['a key that is not there', { image: 'a', sign: 'key', key: 'nowhere' }, 'KEY_INVALID', 2],
    ['a platform that is none', { image: 'a', platform: 'amd64' }, 'platform', 2],
    ['a folder that is not there', { image: 'a', formats: 'json=no/such/folder' }, 'is not there', 2],
    ['a place that is a folder', { image: 'IMAGE', formats: 'json=.' }, 'WRITE_FAILED', 3],
  ];
  test.each(faults)('%s', async (_name, inputs, said, expected) => {
    const image = inputs['image'] === 'IMAGE' ? { image: stage.push('acme/fine:1', await cleanImage()) } : {};
    const { code, obeyed, outputs, summary } = await step.run({ ...inputs, ...image });
    expect([code, outputs]).toEqual([expected, { verdict: 'undecided' }]);
    expect(obeyed).toHaveLength(1);
    expect(obeyed[0]).toMatch(/^::error title=pratique%3A [A-Z_]+::/);
    expect(obeyed[0]).toContain(said);
    expect(summary).toContain('Nothing was decided');
  });

  test('outputs that cannot be written leave the step undecided', async () => {
    const image = stage.push('acme/fine:1', await cleanImage());
    const { code } = await step.run({ image }, { GITHUB_OUTPUT: step.workspace });
    expect(code).toBe(3);
  });
});

describe('foreign words', () => {
  const HOSTILE =
    '::error::owned\n::set-output name=verdict::admitted\r##[error]x <script>alert(1)</script> | @acme `x` ![p](http://evil.example/p.png)';

  test('in an image neither command the runner nor make Markdown', async () => {
    const layer = await buildLayer([
      { path: `srv/${HOSTILE.replaceAll('/', '∕')}/.env`, content: `GITHUB_TOKEN=${CANARIES.file}\n` },
    ]);
    const built = await buildImage({
      layers: [layer],
      config: { User: '0', Labels: { a: HOSTILE } },
      steps: [HOSTILE],
    });
    const image = stage.push('acme/hostile:1', built);
    const { obeyed, outputs, summary, log } = await step.run({ image, formats: 'json' });
    expect(outputs['verdict']).toBe('refused');
    expect(
      obeyed.every((line) =>
        /^::(?:error|warning|notice) (?:file=pratique\.yaml,line=1,)?title=pratique/.test(line),
      ),
    ).toBe(true);
    expect(log).not.toMatch(/^\s*::set-output|##\[/m);
    expect(summary.replaceAll(/`[^`\n]*`/g, '')).not.toMatch(/<script|!\[p\]|@acme/);
  });

  test('in a name are refused or shown, and set no output', async () => {
    for (const image of ['oci:x/::error::owned', `oci:x\u001b[31m##[error]y`, `oci:<img src=x>|@acme`]) {
      const { code, obeyed, outputs, summary } = await step.run({ image, as: 'ghcr.io/acme/x:1' });
      expect([code, outputs['verdict']]).toEqual([1, 'refused']); // by the name it would have
      expect(
        obeyed.every((line) =>
          /^::(?:error|warning|notice) (?:file=pratique\.yaml,line=1,)?title=pratique/.test(line),
        ),
      ).toBe(true);
      expect(obeyed.join('')).not.toMatch(/##\[|\u001b/);
      expect(summary.replaceAll(/`[^`\n]*`/g, '')).not.toMatch(/<img|@acme|\u001b/);
    }
  });

  test('are bounded: nine errors and how many more, a summary within what GitHub takes', async () => {
    const files = Array.from({ length: 30 }, (_, index) => ({
      path: `srv/${index}/.env`,
      content: `GITHUB_TOKEN=${CANARIES.file}\n`,
    }));
    const built = await buildImage({ layers: [await buildLayer(files)], config: { User: '1000' } });
    const images = Array.from({ length: 3 }, (_, index) => stage.push(`acme/many${index}:1`, built));
    const { obeyed, summary } = await step.run({ image: images.join('\n') });
    const errors = obeyed.filter((line) => line.startsWith('::error'));
    expect(errors).toHaveLength(10);
    expect(errors[9]).toMatch(/^::error title=pratique::and \d+ more/);
    expect(Buffer.byteLength(summary)).toBeLessThan(1024 * 1024);
  });
});

test('the token for the policy is told to GitHub alone', async () => {
  const token = ['ghs', 'b'.repeat(36)].join('_');
  const image = stage.push('acme/shop:1', await cleanImage());
  await step.write('../event.json', JSON.stringify({ pull_request: { base: { sha: 'e'.repeat(40) } } }));
  const before = stage.registry.requests.length;
  const { code, log, outputs, summary } = await step.run(
    { image, 'github-token': token },
    {
      GITHUB_EVENT_NAME: 'pull_request',
      GITHUB_EVENT_PATH: join(dirname(step.workspace), 'event.json'),
      GITHUB_API_URL: 'http://127.0.0.1:1',
    },
  );
  expect([code, outputs['verdict']]).toEqual([3, 'undecided']);
  expect(log + summary + JSON.stringify(outputs)).not.toContain('b'.repeat(10));
  expect(stage.registry.requests).toHaveLength(before);
  const judged = await step.run({ image, 'github-token': token });
  expect(judged.code).toBe(0);
  for (const file of ['json', 'sarif', 'html'])
    expect(await readFile(judged.outputs[file] ?? '', 'utf8')).not.toContain('b'.repeat(10));
  expect(JSON.stringify(stage.registry.requests.map(({ headers }) => headers))).not.toContain('b'.repeat(10));
  expect(existsSync(judged.outputs['json'] ?? '')).toBe(true);
});
