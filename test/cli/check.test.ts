import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { buildImage, buildIndex, buildLayer } from '../../src/demo/image-builder.ts';
import { writeDockerArchive, writeOciArchive, writeOciLayout } from '../support/image-files.ts';
import {
  cleanImage,
  cleanIndex,
  leakyImage,
  rootImage,
  type Stage,
  setStage,
  signWithBundle,
  signWithTag,
  type Told,
} from '../support/stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await setStage();
});
afterEach(() => {
  stage.registry.script = () => undefined;
});
afterAll(() => stage.close());

const check = (...argv: string[]): Promise<Told> => stage.pratique(['check', ...argv]);

/** The one verdict of a run, as programs see it. */
async function judged(...argv: string[]) {
  const { code, out, err } = await check(...argv, '-o', 'json');
  const { verdicts } = JSON.parse(out);
  return { code, err, verdict: verdicts[0], rules: rulesOf(verdicts[0]) };
}

interface JsonVerdict {
  readonly images: readonly {
    readonly checks: readonly { readonly check: string; readonly findings: readonly { rule: string }[] }[];
  }[];
}

/** Without the warning that a name has no digest: the tests name images by their tags. */
function rulesOf({ images }: JsonVerdict): readonly string[] {
  const checks = images
    .flatMap((image) => image.checks)
    .filter(({ check: id }) => id !== 'hygiene.pinned-reference');
  return [...new Set(checks.flatMap(({ findings }) => findings.map(({ rule }) => rule)))];
}

describe('an image in a registry', () => {
  test('that the policy has nothing against is admitted: 0, and named by its digest', async () => {
    const image = await cleanImage();
    const name = stage.push('acme/shop:1', image);
    const { code, out, err } = await check(name);
    expect(out).toContain('ADMITTED');
    expect(out).toContain(`${stage.name('acme/shop')}@${image.root.descriptor.digest}`);
    expect(err).toBe('');
    expect(code).toBe(0);
  });

  test('that holds a secret is refused: 1', async () => {
    const { code, verdict, rules } = await judged(stage.push('acme/leaky:1', await leakyImage()));
    expect([code, verdict.result, rules]).toEqual([1, 'refused', ['secrets.github-token']]);
  });

  test('that starts as root is refused where the policy says so: 1', async () => {
    const { code, rules } = await judged(stage.push('acme/root:1', await rootImage()));
    expect([code, rules]).toEqual([1, ['hygiene.root-user']]);
  });

  test('that has one bad platform among good ones is refused: 1', async () => {
    const images = [await cleanImage(), await leakyImage()];
    const platforms = [images[0]!.platform, { os: 'linux', architecture: 'arm64' }];
    const leaky = buildImage({
      layers: images[1]!.layers,
      config: { User: '1000' },
      platform: platforms[1]!,
    });
    const index = buildIndex([
      { built: images[0]!, platform: platforms[0]! },
      { built: leaky, platform: platforms[1]! },
    ]);
    const name = stage.push('acme/mixed:1', index);
    expect((await judged(name)).code).toBe(1);
    expect((await judged(name, '--platform', 'linux/amd64')).code).toBe(0);
  });

  test.each([
    ['that no line of the policy allows', 'elsewhere/shop:1', 'name.not-allowed'],
    ['whose name imitates a protected one', 'acrne/shop:1', 'name.lookalike'],
  ])('%s is refused before the registry is asked for anything', async (_what, rest, rule) => {
    const name = stage.push(rest, await cleanImage());
    stage.registry.seen();
    const { code, verdict, rules } = await judged(name);
    expect([code, verdict.result]).toEqual([1, 'refused']);
    expect(rules).toContain(rule);
    expect(verdict).not.toHaveProperty('subject');
    expect(stage.registry.seen()).toEqual([]);
  });

  test('is looked up by its tag once, and read by digest from there on', async () => {
    const name = stage.push('acme/shop:2', await cleanIndex());
    stage.registry.seen();
    await check(name);
    const seen = stage.registry.seen();
    expect(seen.filter((line) => line.endsWith('/manifests/2'))).toHaveLength(1);
    expect(seen.filter((line) => line.includes('/blobs/')).length).toBeGreaterThan(0);
    expect(seen.every((line) => /manifests\/2$|sha256[:-]/.test(line))).toBe(true);
  });

  test('is judged by the built-in policy where there is none, which the verdict says', async () => {
    const name = stage.push('acme/shop:1', await cleanImage());
    const cwd = await mkdtemp(join(tmpdir(), 'pratique-test-'));
    const { code, out } = await stage.pratique(['check', name], { cwd });
    await rm(cwd, { recursive: true });
    expect(out).toContain('the built-in policy applies');
    expect(code).toBe(0);
  });
});

describe('a signature that the policy demands', () => {
  test('and that is not there refuses the image: 1', async () => {
    const { code, rules } = await judged(stage.push('acme/signed:none', await cleanImage()));
    expect([code, rules]).toEqual([1, ['signature.missing']]);
  });

  test('and that another key made refuses the image: 1', async () => {
    const image = await cleanImage('ppc64le');
    const name = stage.push('acme/signed:other', image);
    signWithBundle(stage, 'acme/signed', image.root.descriptor, stage.keys.stranger);
    const { code, rules } = await judged(name);
    expect([code, rules]).toEqual([1, ['signature.other-signer']]);
  });

  test('and that is about another image refuses the image: 1', async () => {
    const image = await cleanImage('riscv64');
    const name = stage.push('acme/signed:moved', image);
    const other = (await cleanImage('s390x')).root.descriptor;
    signWithBundle(stage, 'acme/signed', image.root.descriptor, stage.keys.release, { says: other });
    const { code, rules } = await judged(name);
    expect([code, rules]).toEqual([1, ['signature.invalid']]);
  });

  describe.each([
    ['with a referrers API', true],
    ['without one', false],
  ])('in a registry %s', (_registry, referrers) => {
    let here: Stage;
    beforeAll(async () => {
      here = await setStage({ referrers });
    });
    afterAll(() => here.close());

    test.each(['tag', 'bundle'] as const)('lets the image in, made as %s: 0', async (form) => {
      const index = await cleanIndex();
      const name = here.push(`acme/signed:${form}`, form === 'tag' ? index : await cleanImage());
      const about = form === 'tag' ? index.root.descriptor : (await cleanImage()).root.descriptor;
      expect((await here.pratique(['check', name])).code).toBe(1);
      if (form === 'tag') signWithTag(here, 'acme/signed', about, here.keys.release);
      else signWithBundle(here, 'acme/signed', about, here.keys.release, { tagged: !referrers });
      const { code, out } = await here.pratique(['check', name]);
      expect(out).toContain('signed by release');
      expect(code).toBe(0);
    });
  });
});

describe('the views of one evaluation', () => {
  test('agree: text on standard output, JSON and SARIF in files', async () => {
    const image = await leakyImage();
    const name = stage.push('acme/leaky:1', image);
    const { code, out } = await check(name, '-o', 'json=v.json', '-o', 'sarif=v.sarif');
    const { verdicts } = JSON.parse(await stage.read('v.json'));
    const { runs } = JSON.parse(await stage.read('v.sarif'));
    const errors = runs[0].results.filter(({ level }: { level: string }) => level === 'error');
    const { digest } = image.root.descriptor;
    expect(code).toBe(1);
    expect(out).toContain(`REFUSED  ${name}`);
    expect([verdicts[0].result, runs[0].properties.result]).toEqual(['refused', 'refused']);
    expect([verdicts[0].subject.digest, runs[0].properties.digest]).toEqual([digest, digest]);
    expect(verdicts[0].counts).toMatchObject(runs[0].properties.counts);
    expect(errors).toHaveLength(verdicts[0].counts.enforced);
    expect(out).toContain(`${verdicts[0].counts.findings} findings: ${verdicts[0].counts.enforced} enforced`);
  });

  test('have JSON alone on standard output where it is asked for', async () => {
    const { out } = await check(stage.push('acme/shop:1', await cleanImage()), '-o', 'json');
    expect(JSON.parse(out).summary).toEqual({ admitted: 1, refused: 0, undecided: 0 });
  });

  test('that cannot be written end with 3, also where the image is good', async () => {
    const name = stage.push('acme/shop:1', await cleanImage());
    const { code, err } = await check(name, '-o', 'json=missing/v.json');
    expect(err).toMatch(/missing\/v\.json.*could not be written/);
    expect(err).toContain('WRITE_FAILED');
    expect(code).toBe(3);
  });

  test('cannot share a file', async () => {
    const { code, err } = await check('nginx', '-o', 'json=v', '-o', 'sarif=v');
    expect(err).toContain('cannot share a file');
    expect(code).toBe(2);
  });

  test('are one line for each image with --quiet', async () => {
    const good = stage.push('acme/shop:1', await cleanImage());
    const bad = stage.push('acme/root:1', await rootImage());
    const { out } = await check(good, bad, '-q');
    expect(out.split('\n').map((line) => line.split(' ')[1])).toEqual(['ADMITTED', 'REFUSED', undefined]);
  });
});

describe('the exit code', () => {
  const cases: [string, string[], number][] = [
    ['of a good and a bad image', ['acme/shop:1', 'acme/root:1'], 1],
    ['of a good and a missing image', ['acme/shop:1', 'acme/shop:missing'], 3],
    ['of a missing and a bad image', ['acme/shop:missing', 'acme/root:1'], 1],
    ['of two good images', ['acme/shop:1', 'acme/shop:2'], 0],
    ['of a bad image with --report-only', ['acme/root:1', '--report-only'], 0],
    ['of a missing image with --report-only', ['acme/shop:missing', '--report-only'], 3],
    [
      'of a missing and a bad image with --report-only',
      ['acme/root:1', 'acme/shop:missing', '--report-only'],
      3,
    ],
  ];
  test.each(cases)('%s', async (_what, words, expected) => {
    stage.push('acme/shop:1', await cleanImage());
    stage.push('acme/shop:2', await cleanIndex());
    stage.push('acme/root:1', await rootImage());
    const { code } = await check(...words.map((word) => (word.startsWith('-') ? word : stage.name(word))));
    expect(code).toBe(expected);
  });

  test.each([
    ['--platform', 'linux/amd64'],
    ['--insecure', 'registry.test:5000'],
    ['-o', 'json=one.json'],
    ['--allow-realm', 'auth.test'],
  ])('counts an image that stands behind %s %s too', async (option, value) => {
    const good = stage.push('acme/shop:1', await cleanImage());
    const bad = stage.push('acme/root:1', await rootImage());
    const { code, out } = await check(good, option, value, bad);
    expect(out).toContain('2 images: 1 admitted, 1 refused');
    expect(code).toBe(1);
  });

  test.each([
    [['IMAGE', '--', 'nginx'], 'nothing is read after --'],
    [['IMAGE', '--image', 'nginx'], 'named without an option'],
    [['IMAGE', '--image=nginx'], 'named without an option'],
    [['IMAGE', '--attest=yes'], 'neither true nor false'],
    [['IMAGE', '--policy.file=x'], 'policy.file'],
    [['IMAGE', '--no-policy'], 'no-policy'],
    [['IMAGE', '--policy='], 'has no value'],
    [['IMAGE', '--policy', 'a', '--policy', 'b'], 'more than once'],
    [['IMAGE', '--key=', '--attest'], 'has no value'],
  ])('of a command line with words that nobody would read is 2: %j', async (words, told) => {
    const name = stage.push('acme/shop:1', await cleanImage());
    stage.registry.seen();
    const { code, err } = await check(...words.map((word) => word.replace('IMAGE', name)));
    expect(err).toContain(told);
    expect(code).toBe(2);
    expect(stage.registry.seen()).toEqual([]);
  });
});

describe('an image in a folder or an archive', () => {
  beforeAll(async () => {
    const image = await cleanImage();
    const leaky = await leakyImage();
    await writeOciLayout(`${stage.folder}/layout`, [
      { built: image, tag: 'good' },
      { built: leaky, tag: 'bad' },
    ]);
    await writeOciArchive(`${stage.folder}/layout.tar`, [{ built: image, tag: 'good' }]);
    await writeDockerArchive(`${stage.folder}/saved.tar`, image);
    await writeDockerArchive(`${stage.folder}/saved25.tar`, image, { style: 'docker25' });
    await writeDockerArchive(`${stage.folder}/leaky.tar`, leaky);
  });

  test.each([
    'oci:layout:good',
    'oci-archive:layout.tar',
    'docker-archive:saved.tar',
    'docker-archive:saved25.tar',
  ])('%s is judged by the name it will have', async (target) => {
    const { code, verdict } = await judged(target, '--as', stage.name('acme/shop:1'));
    expect([code, verdict.result, verdict.name]).toEqual([0, 'admitted', target]);
    const other = await judged(target, '--as', stage.name('elsewhere/shop:1'));
    expect([other.code, other.rules]).toEqual([1, ['name.not-allowed']]);
  });

  test.each(['oci:layout:good', 'oci-archive:layout.tar', 'docker-archive:saved.tar'])(
    '%s is undecided where the policy hangs on a name and there is none: 3',
    async (target) => {
      const { code, verdict } = await judged(target);
      expect(code).toBe(3);
      expect(verdict.faults.map(({ code: fault }: { code: string }) => fault)).toContain('NAME_UNKNOWN');
    },
  );

  test.each(['oci:layout:bad', 'docker-archive:leaky.tar'])(
    '%s is refused for its secret: 1',
    async (target) => {
      const { code, rules } = await judged(target, '--as', stage.name('acme/shop:1'));
      expect([code, rules]).toEqual([1, ['secrets.github-token']]);
    },
  );

  test.each([
    'oci:layout',
    'oci:layout:missing',
    'oci:nowhere',
    'oci-archive:saved.tar',
    'docker-archive:nowhere.tar',
  ])('%s cannot be found or is not one image: 3', async (target) => {
    const { code, verdict } = await judged(target, '--as', stage.name('acme/shop:1'));
    expect([code, verdict.result]).toEqual([3, 'undecided']);
  });

  test('whose signature the policy demands is undecided where archives keep none, and refused where they would', async () => {
    const as = ['--as', stage.name('acme/signed:1')];
    expect((await judged('docker-archive:saved.tar', ...as)).code).toBe(3);
    expect((await judged('oci-archive:layout.tar', ...as)).code).toBe(1);
  });

  test('says in the text what was looked at', async () => {
    const { out } = await check('oci:layout:good', '--as', stage.name('acme/shop:1'));
    expect(out).toMatch(/looked at +1 layer, 1 file/);
  });
});

describe('a platform', () => {
  test('narrows what is judged, and the rest is named as left out', async () => {
    const name = stage.push('acme/shop:3', await cleanIndex());
    const { code, verdict } = await judged(name, '--platform', 'linux/arm64');
    expect(code).toBe(0);
    expect(verdict.images.map(({ platform }: { platform: string }) => platform)).toEqual(['linux/arm64']);
    expect(verdict.leftOut).toEqual([expect.stringContaining('linux/amd64')]);
  });

  test('can be named in the environment, where a flag beats it', async () => {
    const name = stage.push('acme/shop:3', await cleanIndex());
    const env = { PRATIQUE_PLATFORM: 'linux/arm64' };
    const platformsOf = async (...more: string[]) => {
      const { out } = await stage.pratique(['check', name, '-o', 'json', ...more], { env });
      return JSON.parse(out).verdicts[0].images.map(({ platform }: { platform: string }) => platform);
    };
    expect(await platformsOf()).toEqual(['linux/arm64']);
    expect(await platformsOf('--platform', 'linux/amd64')).toEqual(['linux/amd64']);
  });

  test.each([
    ['linux/s390x', 3],
    ['amd64/linux/v8/x', 2],
    ['', 2],
  ])(
    'that the image does not have, or that is none, is never a pass: %j ends with %i',
    async (platform, expected) => {
      const name = stage.push('acme/shop:3', await cleanIndex());
      expect((await check(name, '--platform', platform)).code).toBe(expected);
    },
  );
});

describe('a registry that fails', () => {
  const LATER = { 'retry-after': '3600' }; // more than anybody waits, so that nothing is tried again
  const faults: [number, string, string][] = [
    [401, 'UNAUTHORIZED', 'answered 401 (unauthorized)'],
    [403, 'DENIED', 'answered 403 (denied)'],
    [404, 'NOT_FOUND', 'answered 404 (not found)'],
    [429, 'RATE_LIMITED', 'answered 429 (too many requests)'],
    [500, 'REGISTRY_ERROR', 'answered 500'],
    [503, 'REGISTRY_ERROR', 'answered 503'],
  ];
  test.each(faults)(
    'with %i from the start leaves the image undecided: 3, and %s',
    async (status, fault, words) => {
      const name = stage.push('acme/shop:1', await cleanImage());
      stage.registry.script = () => ({ status, headers: LATER });
      const { code, out } = await check(name);
      expect(out).toContain('UNDECIDED');
      expect(out).toContain(words);
      expect(out).toMatch(new RegExp(`code +${fault}`));
      expect(code).toBe(3);
    },
  );

  test.each(faults)('with %i for the layers leaves the image undecided: 3', async (status, fault) => {
    const image = await cleanImage();
    const name = stage.push('acme/shop:1', image);
    const layer = `/v2/acme/shop/blobs/${image.layers[0]?.descriptor.digest}`;
    stage.registry.script = ({ path }) => (path === layer ? { status, headers: LATER } : undefined);
    const { code, verdict } = await judged(name, '--report-only');
    expect([code, verdict.result]).toEqual([3, 'undecided']);
    expect(verdict.faults.map(({ code: one }: { code: string }) => one)).toEqual([fault]);
  });

  test.each([403, 429, 500])(
    'with %i for signatures that are demanded leaves the image undecided',
    async (status) => {
      const image = await cleanImage();
      const name = stage.push('acme/signed:down', image);
      signWithBundle(stage, 'acme/signed', image.root.descriptor, stage.keys.release);
      stage.registry.script = ({ path }) =>
        path.includes('/referrers/') ? { status, headers: LATER } : undefined;
      expect((await judged(name)).code).toBe(3);
    },
  );

  test('with other bytes than were asked for leaves the image undecided', async () => {
    const image = await cleanImage();
    const name = stage.push('acme/shop:1', image);
    const layer = await buildLayer([{ path: 'srv/menu.txt', content: 'cod, herring, macKerel\n' }]);
    const path = `/v2/acme/shop/blobs/${image.layers[0]?.descriptor.digest}`;
    stage.registry.script = (request) => (request.path === path ? { body: layer.bytes } : undefined);
    const { code, verdict } = await judged(name);
    expect(code).toBe(3);
    expect(verdict.faults[0].code).toMatch(/_MISMATCH$/);
  });
});

describe('a person at a terminal', () => {
  /** Runs check with both streams on a terminal of 60 columns. */
  async function watched(argv: readonly string[], env: Record<string, string> = { TERM: 'xterm' }) {
    const written = { out: '', err: '' };
    const screen = (name: 'out' | 'err') => ({
      write: (text: string) => {
        written[name] += text;
      },
      isTTY: true,
      columns: 60,
    });
    const name = stage.push('acme/shop:1', await cleanImage());
    await stage.pratique(['check', name, ...argv], { env, out: screen('out'), err: screen('err') });
    return written;
  }

  test('sees how far the layers are, on a line that is gone in the end', async () => {
    const { err } = await watched([]);
    const [, ...drawings] = err.split('\r\u001b[2K');
    expect(drawings[0]).toMatch(/^layer 1\/1 · /);
    expect(drawings.every((line) => line.length < 60)).toBe(true);
    expect(drawings.at(-1)).toBe('');
  });

  test.each([
    ['with --quiet', ['-q'], { TERM: 'xterm' }],
    ['where a pipeline runs it', [], { TERM: 'xterm', CI: 'true' }],
    ['on a dumb terminal', [], { TERM: 'dumb' }],
  ] as [string, string[], Record<string, string>][])('sees no such line %s', async (_where, argv, env) => {
    expect((await watched(argv, env)).err).toBe('');
  });

  test('sees colours, unless NO_COLOR is set or the terminal is dumb; a file has none', async () => {
    expect((await watched([])).out).toContain('\u001b[');
    expect((await watched([], { TERM: 'xterm', NO_COLOR: '1' })).out).not.toContain('\u001b[');
    expect((await watched([], { TERM: 'dumb' })).out).not.toContain('\u001b[');
    await watched(['-o', 'text=v.txt', '-o', 'json']);
    expect(await stage.read('v.txt')).not.toContain('\u001b[');
  });
});
