import { cp, mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { type ActionStep, setActionStep } from '../support/action-step.ts';
import { node } from '../support/child.ts';
import { type SigningServer, startSigningServer } from '../support/signing-server.ts';
import { CANARIES, cleanImage, leakyImage, policyFor, type Stage, setStage } from '../support/stage.ts';

const TOP = fileURLToPath(new URL('../..', import.meta.url));
/** The bundle of the sources as they are now; .ci/run holds the one that is committed against it. */
let folder: string;
let bundle: string;
let stage: Stage;
let signing: SigningServer;
let step: ActionStep;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pratique-test-'));
  bundle = join(folder, 'action/index.js');
  await mkdir(join(folder, 'action'));
  for (const part of ['allowlists', 'trust-roots', 'package.json'])
    await cp(join(TOP, part), join(folder, part), { recursive: true });
  const built = await node([join(TOP, '.ci/build-action.js'), '--into', join(folder, 'action')], {
    cwd: TOP,
  });
  expect([built.code, built.err]).toEqual([0, '']);
  [stage, signing] = await Promise.all([setStage(), startSigningServer()]);
}, 60_000);
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
  await stage.close();
  await signing.close();
});
beforeEach(async () => {
  step = await setActionStep();
});
afterEach(() => step.close());

test('the bundle finds its lists, and judges by the built-in policy where the folder is empty', async () => {
  const image = stage.push('acme/shop:1', await cleanImage());
  const { code, outputs, obeyed } = await step.runBundle(bundle, { image });
  expect([code, outputs['verdict']]).toEqual([0, 'admitted']);
  expect(obeyed[0]).toContain('::notice title=pratique::there is no pratique.yaml in the checkout');
}, 60_000);

test('the bundle judges a pull request by its base, and signs in the name of the workflow', async () => {
  const [good, leaky] = [
    stage.push('acme/good:1', await cleanImage()),
    stage.push('acme/leaky:1', await leakyImage()),
  ];
  signing.introduce(step.workspace);
  const config = (await readFile(join(step.workspace, 'rekor-v1.json'), 'utf8')).replaceAll(
    /http:\/\/127\.0\.0\.1:\d+/g,
    signing.url,
  );
  await step.write('rekor-v1.json', config);
  await step.write('pratique.yaml', policyFor(stage.registry.host));
  await step.write('release.pub', stage.keys.release.publicPem);
  const base = step.commit();
  await step.write(
    'pratique.yaml',
    'version: 1\nchecks: { secrets: off, hygiene: off, name.allowed: off }\n',
  );
  await step.write('rekor-v1.json', config.replaceAll(signing.url, 'https://evil.example'));
  await step.write('private-root.json', '{}');
  await step.write('../event.json', JSON.stringify({ pull_request: { base: { sha: base } } }));
  const secret = 'a-request-token-that-nobody-may-see';
  signing.script = ({ path, headers }) =>
    path === '/ci' && headers.authorization === `Bearer ${secret}`
      ? { body: JSON.stringify({ value: signing.token('gate@acme.test', 'https://login.acme.test') }) }
      : undefined;
  const { code, outputs, log, obeyed } = await step.runBundle(
    bundle,
    {
      image: `${good}\n${leaky}`,
      sign: 'keyless',
      'push-attestation': 'true',
      'signing-config': 'rekor-v1.json',
      'trusted-root': 'private-root.json',
    },
    {
      GITHUB_EVENT_NAME: 'pull_request',
      GITHUB_EVENT_PATH: join(step.workspace, '../event.json'),
      ACTIONS_ID_TOKEN_REQUEST_URL: `${signing.url}/ci?api-version=2.0`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: secret,
    },
  );
  expect([code, outputs['verdict']]).toEqual([1, 'refused']);
  expect(log).toContain(`pratique.yaml@${base}`);
  expect(log).not.toContain(CANARIES.file.slice(8));
  expect(log).not.toContain(secret);
  expect(obeyed.some((line) => line.includes('secrets.github-token'))).toBe(true);
  expect(outputs['attestation-digest']?.split('\n')).toHaveLength(4);
  const bundles = (await readFile(outputs['attestation-bundle'] ?? '', 'utf8')).trim().split('\n');
  expect(bundles).toHaveLength(4);
  for (const line of bundles)
    expect(JSON.parse(line).verificationMaterial.certificate.rawBytes).toEqual(expect.any(String));
  const trusted = ['--identity', 'gate@acme.test', '--issuer', 'https://login.acme.test'];
  await stage.write('private-root.json', step.git('show', `${base}:private-root.json`));
  const admitted = await stage.pratique(['admit', good, ...trusted, '--trusted-root', 'private-root.json']);
  expect([admitted.code, admitted.err]).toEqual([0, '']);
}, 60_000);

test('the bundle says what a policy needs that is not in it; with the engine beside it, its thread is where it looks', async () => {
  await step.write('pratique.yaml', 'version: 1\nyara: { rules: [a.yar], files: all }\n');
  await step.write('a.yar', 'rule herring { strings: $a = "herring" condition: $a }\n');
  const image = stage.push('acme/shop:1', await cleanImage());
  const { code, obeyed, outputs } = await step.runBundle(bundle, { image });
  expect([code, outputs['verdict']]).toEqual([2, 'undecided']);
  expect(obeyed.join()).toContain('the engine for them is not installed');
  await mkdir(join(folder, 'node_modules/@virustotal'), { recursive: true });
  await symlink(
    join(TOP, 'node_modules/@virustotal/yara-x'),
    join(folder, 'node_modules/@virustotal/yara-x'),
  );
  const looked = await step.runBundle(bundle, { image });
  expect([looked.code, looked.obeyed.join()]).toEqual([1, expect.stringContaining('yara.herring')]);
}, 60_000);

test('the bundle is text that people can read: no invisible character, no path of a machine', async () => {
  const text = await readFile(bundle, 'utf8');
  const odd = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/.exec(
    text,
  );
  expect(odd === null ? '' : text.slice(odd.index - 100, odd.index + 100)).toBe('');
  expect(text.includes(TOP)).toBe(false);
  expect(text.split('\n').some((line) => line.length > 100_000)).toBe(false);
  expect(text.includes('node_modules/@actions/')).toBe(false);
  expect(await readFile(join(folder, 'action/licences.txt'), 'utf8')).toMatch(/^undici \d/m);
});
