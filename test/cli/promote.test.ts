import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hexOf } from '../../src/model/digest.ts';
import { MEDIA } from '../../src/model/media-type.ts';
import { type Docks, missingOf, pushSigned, referrersOf, setDocks, signatureTag } from '../support/docks.ts';
import { cleanImage, cleanIndex, leakyImage, rootImage } from '../support/stage.ts';

let docks: Docks;
beforeAll(async () => {
  docks = await setDocks();
});
afterAll(() => docks.close());

const at = (repository: string) => docks.harbour.store.repository(repository);
const promote = (...argv: string[]) => docks.stage.pratique(['promote', ...argv]);
const WRITES = /^(?:POST|PUT|PATCH|DELETE) /;

describe('promote', () => {
  test('brings an admitted image over byte for byte, with all platforms and what its signers said', async () => {
    const { name, built, about, verified } = await pushSigned(docks.stage, 'acme/signed:1');
    const { code, out, err } = await promote(name, `${docks.harbour.host}/acme/shop`);
    expect(err).not.toContain('✖');
    expect(code).toBe(0);
    const there = at('acme/shop');
    expect(there.tags.get('1')).toBe(about.digest);
    expect(missingOf(there, about.digest)).toEqual([]);
    for (const { descriptor, bytes } of [...built.manifests, built.root])
      expect(Buffer.from(there.manifests.get(descriptor.digest)?.bytes ?? [])).toEqual(Buffer.from(bytes));
    expect([...referrersOf(there)].sort()).toEqual([...verified].sort());
    expect(there.tags.has(signatureTag(about.digest))).toBe(true);
    expect(out).toContain(`PROMOTED  ${docks.harbour.host}/acme/shop  ${about.digest}`);
    expect(out).toMatch(/tag +1 {2}moved, was not there before/);
    expect(out).toMatch(/left behind sha256:\w+: other-key/);
    expect(out).toMatch(/left behind sha256:\w+: it is no signature/);
  });

  test('does it again without a single write', async () => {
    const { name } = await pushSigned(docks.stage, 'acme/signed:again');
    const to = `${docks.harbour.host}/acme/again`;
    expect((await promote(name, to)).code).toBe(0);
    docks.harbour.seen();
    const { code, out } = await promote(name, to);
    expect(code).toBe(0);
    expect(out).toContain('again  stood for it already');
    const seen = docks.harbour.seen();
    expect(seen.length).toBeGreaterThan(10);
    expect(seen.filter((line) => WRITES.test(line))).toEqual([]);
  });

  test('with --all-attachments copies also what nobody verified', async () => {
    const { name, all } = await pushSigned(docks.stage, 'acme/signed:all');
    const { code, out } = await promote(name, `${docks.harbour.host}/acme/all`, '--all-attachments');
    expect(code).toBe(0);
    expect(out).not.toContain('left behind');
    expect([...referrersOf(at('acme/all'))].sort()).toEqual([...all].sort());
  });

  test.each([
    ['by what is in it', leakyImage],
    ['by how it runs', rootImage],
  ])('writes nothing of an image that is refused %s: 1', async (what, make) => {
    const name = docks.stage.push(`acme/bad:${what.length}`, await make());
    docks.harbour.seen();
    const { code, out } = await promote(name, `${docks.harbour.host}/acme/bad`);
    expect(code).toBe(1);
    expect(out).toContain('NOT PROMOTED');
    expect(out).toMatch(/written +nothing/);
    expect(docks.harbour.seen().filter((line) => WRITES.test(line))).toEqual([]);
    expect(docks.harbour.store.has('acme/bad')).toBe(false);
  });

  test('writes nothing of an image that its signer did not sign: 1', async () => {
    const name = docks.stage.push('acme/signed:unsigned', await cleanImage('s390x'));
    expect((await promote(name, `${docks.harbour.host}/acme/unsigned`)).code).toBe(1);
    expect(docks.harbour.store.has('acme/unsigned')).toBe(false);
  });

  test('writes nothing of an image about which something could not be found out: 3', async () => {
    const image = await cleanImage();
    const name = docks.stage.push('acme/open:1', image);
    docks.stage.registry.store.repository('acme/open').blobs.delete(image.layers[0]?.descriptor.digest ?? '');
    const { code, out } = await promote(name, `${docks.harbour.host}/acme/open`);
    expect(code).toBe(3);
    expect(out).toContain('NOT PROMOTED');
    expect(docks.harbour.store.has('acme/open')).toBe(false);
  });

  test('knows no --report-only', async () => {
    const name = docks.stage.push('acme/bad:report', await rootImage());
    expect((await promote(name, `${docks.harbour.host}/acme/bad`, '--report-only')).code).toBe(2);
  });

  test('refuses --platform: a part of an index has another digest', async () => {
    const name = docks.stage.push('acme/shop:part', await cleanIndex());
    const { code, err } = await promote(name, `${docks.harbour.host}/acme/part`, '--platform', 'linux/amd64');
    expect(code).toBe(2);
    expect(err).toContain('--platform does not go with promote');
  });

  test('judges all platforms also where the environment names one', async () => {
    const index = await cleanIndex();
    const name = docks.stage.push('acme/shop:env', index);
    const { code } = await docks.stage.pratique(['promote', name, `${docks.harbour.host}/acme/env`], {
      env: { PRATIQUE_PLATFORM: 'linux/amd64' },
    });
    expect(code).toBe(0);
    expect(missingOf(at('acme/env'), index.root.descriptor.digest)).toEqual([]);
  });

  test('takes an image from a folder, under the name that it will have', async () => {
    const { writeOciLayout } = await import('../support/image-files.ts');
    const index = await cleanIndex();
    await writeOciLayout(`${docks.stage.folder}/layout`, [{ tag: 'new', built: index }]);
    const to = `${docks.harbour.host}/acme/built`;
    expect((await promote('oci:./layout:new', to, '--as', `${to}:1`, '--tag', '1')).code).toBe(0);
    expect(at('acme/built').tags.get('1')).toBe(index.root.descriptor.digest);
  });

  test('takes none from docker save, in which the manifest is lost: 3', async () => {
    const { code, err } = await promote('docker-archive:x.tar', `${docks.harbour.host}/acme/x`, '--tag', '1');
    expect(code).toBe(3);
    expect(err).toContain('holds no manifest that could be copied');
  });
});

test('a warning of a registry gives a runner nothing to obey', async () => {
  const name = docks.stage.push('acme/shop:warned', await cleanImage());
  docks.harbour.script = ({ path }) =>
    path.endsWith('/manifests/warned')
      ? { status: 404, headers: { warning: '299 - "##vso[task.setvariable variable=PATH]/tmp"' } }
      : undefined;
  const { err } = await promote(name, `${docks.harbour.host}/acme/warned`, '--dry-run');
  docks.harbour.script = () => undefined;
  expect(err).toContain('says: ');
  expect(err).not.toContain('##vso[');
});

describe('the names at the target', () => {
  test.each(['oci:out', 'oci-archive:out.tar', 'docker-archive:out.tar'])(
    'are those of a registry: %s is no repository of Docker Hub: 2',
    async (target) => {
      const { code, err } = await promote(docks.stage.name('acme/shop:1'), target);
      expect(code).toBe(2);
      expect(err).toContain('no repository in a registry');
    },
  );

  test.each([
    ['no tag anywhere', ['@'], 'no tag is named for the target'],
    ['a tag twice', [':1', ':2', '--tag', '3'], 'there is --tag too'],
    [
      'what cosign keeps signatures under',
      [':1', '', '--tag', `sha256-${'a'.repeat(64)}.sig`],
      'cannot be the tag',
    ],
    ['what is no tag', [':1', '', '--tag', 'a/b'], 'cannot be the tag'],
    ['a digest', [':1', `@sha256:${'a'.repeat(64)}`], 'has a digest'],
  ])('are refused before anything is sent: %s', async (_what, [source = '', target = '', ...more], words) => {
    docks.harbour.seen();
    const from = source === '@' ? `@sha256:${'a'.repeat(64)}` : source;
    const { code, err } = await promote(
      docks.stage.name(`acme/shop${from}`),
      `${docks.harbour.host}/acme/x${target}`,
      ...more,
    );
    expect(code).toBe(2);
    expect(err).toContain(words);
    expect(docks.harbour.seen()).toEqual([]);
  });

  test('may be several; new ones are published before those that others use', async () => {
    const index = await cleanIndex();
    docks.harbour.store.push('acme/many', 'stable', await cleanImage('s390x'));
    const name = docks.stage.push('acme/shop:many', index);
    docks.harbour.seen();
    const to = `${docks.harbour.host}/acme/many`;
    const { code, out } = await promote(name, to, '--tag', 'stable', '--tag', '1.4', '--tag', '1.4.2');
    expect(code).toBe(0);
    const tagged = docks.harbour.seen().filter((line) => /^PUT .*\/manifests\/[^:]*$/.test(line));
    expect(tagged.map((line) => line.slice(line.lastIndexOf('/') + 1))).toEqual(['1.4', '1.4.2', 'stable']);
    expect(out).toMatch(/tag +1\.4 .*\n.*tag +1\.4\.2 .*\n.*tag +stable {2}moved, was sha256:/);
  });
});

describe('a tag that stands for another image', () => {
  test('is moved, or with --no-clobber kept: 3', async () => {
    const [old, next] = [await cleanImage('amd64'), await cleanImage('arm64')];
    docks.harbour.store.push('acme/taken', 'live', old);
    const words = [docks.stage.push('acme/shop:taken', next), `${docks.harbour.host}/acme/taken:live`];
    const { code, err } = await promote(...words, '--no-clobber');
    expect(code).toBe(3);
    expect(err).toContain('TAG_TAKEN');
    expect(at('acme/taken').tags.get('live')).toBe(old.root.descriptor.digest);
    expect((await promote(...words, '--no-clobber', '--force')).code).toBe(2);
    expect((await promote(...words)).code).toBe(0);
    expect(at('acme/taken').tags.get('live')).toBe(next.root.descriptor.digest);
  });
});

test.each(['0', '17', '-1', 'many', '1.5', ''])('--jobs %j is no number of copies: 2', async (jobs) => {
  const { code, err } = await promote(
    docks.stage.name('acme/shop:1'),
    `${docks.harbour.host}/acme/x`,
    `--jobs=${jobs}`,
  );
  expect([code, err]).toEqual([2, expect.stringContaining('--jobs')]);
});

test('a promotion that fails in the middle says what is there, and that no tag was moved: 3', async () => {
  const name = docks.stage.push('acme/shop:midway', await cleanImage());
  docks.harbour.script = ({ method, path }) =>
    method === 'PUT' && path.includes('/midway/manifests/') ? { status: 403 } : undefined;
  const { code, err } = await promote(name, `${docks.harbour.host}/acme/midway`, '--jobs', '2');
  docks.harbour.script = () => undefined;
  expect(code).toBe(3);
  expect(err).toMatch(
    /2 of 3 pieces are in \S+\/acme\/midway, under their digests alone; no tag was moved\n/,
  );
});

describe('the steps', () => {
  test('are told in plain lines where nobody watches, and not with --quiet', async () => {
    const words = [
      docks.stage.push('acme/shop:steps', await cleanImage()),
      `${docks.harbour.host}/acme/steps`,
    ];
    const { err } = await promote(...words);
    const lines = err
      .trimEnd()
      .split('\n')
      .map((line) => line.replace(/sha256:\w+/, 'DIGEST'));
    expect(lines[0]).toMatch(/^to be there: 3 pieces, \d+ B$/);
    expect(lines.slice(1)).toEqual([
      expect.stringMatching(/^copied blob DIGEST \d+ B$/),
      expect.stringMatching(/^copied blob DIGEST \d+ B$/),
      expect.stringMatching(/^copied manifest DIGEST \d+ B$/),
      'verified at the target',
      'moving steps, which stood for nothing',
      'moved steps',
    ]);
    at('acme/steps').tags.clear();
    expect((await promote(...words, '-q')).err).toBe('moving steps, which stood for nothing\n');
  });

  test('are one moving line on a terminal, which is taken away', async () => {
    const name = docks.stage.push('acme/shop:watched', await cleanIndex());
    const written: string[] = [];
    const err = { write: (text: string) => void written.push(text), isTTY: true, columns: 80 };
    let seconds = 0;
    const now = () => {
      seconds += 1;
      return new Date(Date.UTC(2026, 10, 21, 0, 0, seconds));
    };
    const { code } = await docks.stage.pratique(['promote', name, `${docks.harbour.host}/acme/watched`], {
      err,
      now,
    });
    expect(code).toBe(0);
    expect(written.some((text) => /copying \d\/6 · [\d.]+ of [\d.]+ k?B/.test(text))).toBe(true);
    const drawn = written.findLastIndex((text) => text.includes('copying'));
    expect(written[drawn + 1]).toBe('\r\u001b[2K');
  });
});

describe('the way back', () => {
  test('is a command that works as it is printed', async () => {
    const [old, next] = [await cleanImage('amd64'), await cleanImage('arm64')];
    const to = `${docks.harbour.host}/acme/back`;
    expect((await promote(docks.stage.push('acme/shop:old', old), to, '--tag', 'live')).code).toBe(0);
    const { out, err } = await promote(
      docks.stage.push('acme/shop:next', next),
      to,
      '--tag',
      'live',
      '--policy',
      'pratique.yaml',
    );
    expect(at('acme/back').tags.get('live')).toBe(next.root.descriptor.digest);
    // told before the write as well, should nothing come after it
    expect(err).toContain(`moving live, which stood for ${old.root.descriptor.digest}`);
    const [, command = ''] = /rollback +(pratique .*)/.exec(out) ?? [];
    expect(command).toBe(
      `pratique promote ${to}@${old.root.descriptor.digest} ${to} --tag live --policy pratique.yaml`,
    );
    const back = await docks.stage.pratique(command.split(' ').slice(1));
    expect(back.code).toBe(0);
    expect(at('acme/back').tags.get('live')).toBe(old.root.descriptor.digest);
  });

  test('is in the JSON, with the digest that the tag had', async () => {
    const [old, next] = [await cleanImage('amd64'), await cleanImage('arm64')];
    docks.harbour.store.push('acme/json', 'live', old);
    const to = `${docks.harbour.host}/acme/json`;
    const { code, out } = await promote(docks.stage.push('acme/shop:json', next), `${to}:live`, '-o', 'json');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      version: 1,
      state: 'promoted',
      target: to,
      subject: { digest: next.root.descriptor.digest },
      tags: [{ tag: 'live', state: 'moved', previous: old.root.descriptor.digest }],
      rollback: [`pratique promote ${to}@${old.root.descriptor.digest} ${to} --tag live`],
      attested: 'not asked for',
      verdict: { result: 'admitted' },
    });
  });
});

describe('--dry-run', () => {
  test('judges, looks what is there, and writes nothing', async () => {
    const { name, about, built } = await pushSigned(docks.stage, 'acme/signed:dry');
    const { digest } = built.blobs[0]?.descriptor ?? about;
    docks.harbour.store.putBlob('acme/dry', digest, built.blobs[0]?.bytes ?? Buffer.alloc(0));
    docks.harbour.seen();
    const { code, out } = await promote(name, `${docks.harbour.host}/acme/dry`, '--dry-run', '-o', 'json');
    expect(code).toBe(0);
    const plan = JSON.parse(out) as {
      state: string;
      pieces: { kind: string; digest: string; state: string }[];
      tags: unknown;
    };
    expect(plan).toMatchObject({
      state: 'planned',
      tags: [{ tag: 'dry', state: 'planned', previous: null }],
    });
    const blobs = plan.pieces.filter(({ kind }) => kind === 'blob');
    expect(blobs.filter(({ state }) => state === 'there').map((one) => one.digest)).toEqual([digest]);
    expect(plan.pieces.at(-1)?.kind).toMatch(/referrer|companion/);
    expect(docks.harbour.seen().filter((line) => !/^(?:GET|HEAD) /.test(line))).toEqual([]);
    expect(at('acme/dry').tags.size).toBe(0);
  });

  test('says what the registry itself would take over', async () => {
    const name = docks.stage.push('acme/shop:mount', await cleanIndex());
    const { out } = await promote(name, docks.stage.name('acme/mounted'), '--dry-run');
    expect(out).toMatch(/2 manifests|3 manifests/);
    expect(out).toMatch(/\d mounted/);
    expect(out).toContain('nothing: this is a dry run');
    expect(docks.stage.registry.store.has('acme/mounted')).toBe(false);
  });

  test('still refuses: 1', async () => {
    const name = docks.stage.push('acme/bad:dry', await rootImage());
    expect((await promote(name, `${docks.harbour.host}/acme/bad`, '--dry-run')).code).toBe(1);
  });
});

describe('with a key', () => {
  const admit = (name: string) => docks.stage.pratique(['admit', name, '--key', 'gate.pub']);

  test('the image is attested at the target, for the target, before its tag is moved', async () => {
    const index = await cleanIndex();
    const name = docks.stage.push('acme/shop:key', index);
    docks.harbour.seen();
    const to = `${docks.harbour.host}/acme/keyed`;
    const { code, out } = await promote(name, `${to}:key`, '--key', 'gate.key');
    expect(code).toBe(0);
    expect(out).toMatch(/attested +pushed/);
    expect((await admit(`${to}:key`)).code).toBe(0);
    const puts = docks.harbour.seen().filter((line) => /^PUT .*\/manifests\//.test(line));
    expect(puts.at(-1)).toBe('PUT /v2/acme/keyed/manifests/key');
    const [bundle] = referrersOf(at('acme/keyed'));
    expect(puts.indexOf(`PUT /v2/acme/keyed/manifests/${bundle}`)).toBeGreaterThan(
      puts.indexOf(`PUT /v2/acme/keyed/manifests/${index.root.descriptor.digest}`),
    );
  });

  test('a second run attaches no second attestation', async () => {
    const name = docks.stage.push('acme/shop:twice', await cleanIndex());
    const to = `${docks.harbour.host}/acme/twice`;
    await promote(name, to, '--key', 'gate.key');
    const before = referrersOf(at('acme/twice'));
    docks.harbour.seen();
    const { code, out } = await promote(name, to, '--key', 'gate.key');
    expect([code, referrersOf(at('acme/twice'))]).toEqual([0, before]);
    expect(out).toMatch(/attested +there/);
    expect(docks.harbour.seen().filter((line) => WRITES.test(line))).toEqual([]);
  });

  test('the image is not attested under a name that the policy demands more of: 3', async () => {
    const name = docks.stage.push('acme/shop:unsigned', await cleanImage());
    const { host, store } = docks.harbour;
    const signed = `version: 1
name: stricter
sources: { allow: ["${docks.stage.registry.host}/acme/*", "${host}/acme/*"] }
signers: { release: { key: release.pub } }
images: [{ match: "${host}/acme/strict", signed-by: [release] }]
`;
    await docks.stage.write('stricter.yaml', signed);
    const argv = [name, `${host}/acme/strict`, '--policy', 'stricter.yaml', '--key', 'gate.key'];
    const { code, err } = await promote(...argv);
    expect(code).toBe(3);
    expect(err).toContain('not admitted under the name');
    expect(err).toContain('signed');
    expect(referrersOf(at('acme/strict'))).toEqual([]);
    expect(store.repository('acme/strict').tags.size).toBe(0);
  });

  test('an attestation that the registry took and does not list keeps the tag where it was: 3', async () => {
    const name = docks.stage.push('acme/shop:unlisted', await cleanImage());
    docks.harbour.script = ({ path }) =>
      path.startsWith('/v2/acme/unlisted/referrers/')
        ? {
            headers: { 'content-type': MEDIA.ociIndex },
            body: JSON.stringify({ schemaVersion: 2, mediaType: MEDIA.ociIndex, manifests: [] }),
          }
        : undefined;
    const { code, err } = await promote(name, `${docks.harbour.host}/acme/unlisted`, '--key', 'gate.key');
    docks.harbour.script = () => undefined;
    expect(code).toBe(3);
    expect(err).toContain('does not list');
    expect(at('acme/unlisted').tags.size).toBe(0);
  });

  test('that cannot be used nothing is sent: 2', async () => {
    await docks.stage.write('broken.key', 'no key');
    docks.harbour.seen();
    const name = docks.stage.push('acme/shop:nokey', await cleanImage());
    const { code, err } = await promote(name, `${docks.harbour.host}/acme/nokey`, '--key', 'broken.key');
    expect(code).toBe(2);
    expect(err).toContain('KEY_INVALID');
    expect(docks.harbour.seen()).toEqual([]);
  });

  test('an attestation that the registry does not take keeps the tag where it was: 3', async () => {
    const index = await cleanIndex();
    const name = docks.stage.push('acme/shop:unattested', index);
    docks.harbour.script = ({ method, path, body }) => {
      const isReferrer = method === 'PUT' && path.includes('/manifests/') && body.includes('"subject"');
      return isReferrer ? { status: 403, body: '{"errors":[{"code":"DENIED"}]}' } : undefined;
    };
    const { code, err } = await promote(name, `${docks.harbour.host}/acme/unattested`, '--key', 'gate.key');
    docks.harbour.script = () => undefined;
    expect(code).toBe(3);
    expect(err).toContain('403');
    expect(at('acme/unattested').tags.size).toBe(0);
    expect(missingOf(at('acme/unattested'), index.root.descriptor.digest)).toEqual([]);
  });
});

test('every digest in the text is whole, so that it can be copied from there', async () => {
  const { name, about } = await pushSigned(docks.stage, 'acme/signed:whole');
  const { out } = await promote(name, `${docks.harbour.host}/acme/whole`);
  expect(out).toContain(hexOf(about.digest));
  expect(out).not.toMatch(/sha256:[0-9a-f]{1,63}(?![0-9a-f])/);
});
