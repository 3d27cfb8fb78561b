import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  type Built,
  type BuiltLayer,
  buildIndex,
  type IndexLine,
  toContent,
} from '../src/demo/image-builder.ts';
import { MEDIA } from '../src/model/media-type.ts';
import { describe as contentOf } from '../src/sources/documents/referrer-manifest.ts';
import { makeTar, type TestEntry } from './scan/images.ts';
import { type Canaries, OWN_RULE, plantCanaries } from './support/canaries.ts';
import { pratique } from './support/child.ts';
import { policyFor, type Stage, setStage } from './support/stage.ts';
import { leftBy, VIEWS } from './support/traces.ts';

let stage: Stage;
let canaries: Canaries;
beforeEach(async () => {
  stage = await setStage();
  canaries = plantCanaries();
});
afterEach(() => stage.close());

describe('a secret in an image', () => {
  /** An image with another secret in every place that there is. */
  async function fullOfSecrets(token: (place: string) => string): Promise<Built> {
    const wide = Buffer.from(`x = ${token('UTF-16')}`, 'utf16le').toString('latin1');
    const entries: readonly TestEntry[] = [
      { name: 'srv/.env', content: `A=${token('a file')}\n` },
      { name: `srv/${token('a file name')}`, content: 'x' },
      { name: `srv/${token('a folder')}/`, content: '' },
      { name: 'srv/link', type: 'symlink', linkname: `../${token('a link target')}` },
      { name: 'srv/attributes', pax: { [`SCHILY.xattr.user.${token('an attribute')}`]: token('its value') } },
      { name: 'srv/gone', content: token('a deleted file') },
      { name: 'srv/wide', content: wide },
      { name: `srv/.wh.${token('a whiteout')}`, content: '' },
      { name: 'srv/app', content: `\u007fELF\0\0${token('a program')}\0` },
    ];
    const layer = await layerOf(entries, token('behind the end'));
    const above = await layerOf([{ name: 'srv/.wh.gone', content: '' }], '');
    const config = {
      created: '2026-01-01T00:00:00Z',
      author: token('the author'),
      os: 'linux',
      architecture: 'amd64',
      [token('an unknown key')]: token('an unknown value'),
      config: {
        User: token('the user'),
        Env: [`A=${token('the environment')}`, `${token('a variable')}=1`],
        Entrypoint: ['run', token('the entrypoint')],
        Cmd: [token('the command')],
        WorkingDir: `/${token('the working directory')}`,
        Labels: { maintainer: token('a label'), [token("a label's key")]: 'x' },
        Volumes: { [`/${token('a volume')}`]: {} },
        ExposedPorts: { [token('a port')]: {} },
        Healthcheck: { Test: ['CMD', token('the health check')] },
        OnBuild: [`RUN ${token('a trigger')}`],
        StopSignal: token('the stop signal'),
      },
      rootfs: { type: 'layers', diff_ids: [layer.diffId, above.diffId] },
      history: [
        {
          created_by: `RUN |1 A=${token('a build argument')} make`,
          comment: token('a comment'),
          author: token('an author'),
        },
        { created_by: `RUN rm ${token('a build step')}` },
      ],
    };
    const configured = toContent(MEDIA.ociConfig, config);
    const root = toContent(MEDIA.ociManifest, {
      schemaVersion: 2,
      mediaType: MEDIA.ociManifest,
      config: { ...configured.descriptor, annotations: { a: token("the config's annotation") } },
      layers: [layer, above].map(({ descriptor }, index) => ({
        ...descriptor,
        annotations: { 'org.example': token(`the annotation of layer ${index}`) },
      })),
      annotations: { note: token('an annotation'), [token("an annotation's key")]: 'x' },
    });
    const built = { root, blobs: [configured, layer, above], manifests: [] };
    const platform = { os: 'linux', architecture: 'amd64' };
    return buildIndex([
      { built, platform, annotations: { note: token('an annotation of the index') } },
      attestationAbout(built, token),
    ]);
  }

  /** What a builder puts beside an image. */
  function attestationAbout(image: Built, token: (place: string) => string): IndexLine {
    const empty = toContent(MEDIA.ociConfig, {});
    const provenance = toContent(MEDIA.inToto, {
      predicateType: 'https://slsa.dev/provenance/v0.2',
      predicate: {
        [token('a key of the provenance')]: { [token('a key above a value')]: token('its value there') },
      },
    });
    const other = contentOf('text/plain', gzipSync(token('a document that is compressed')));
    const root = toContent(MEDIA.ociManifest, {
      schemaVersion: 2,
      mediaType: MEDIA.ociManifest,
      config: empty.descriptor,
      layers: [provenance.descriptor, other.descriptor],
      annotations: { note: token('an annotation of the attestation') },
    });
    return {
      built: { root, blobs: [empty, provenance, other], manifests: [] },
      platform: { os: 'unknown', architecture: 'unknown' },
      annotations: {
        note: token('an annotation on the line of the attestation'),
        'vnd.docker.reference.type': 'attestation-manifest',
        'vnd.docker.reference.digest': image.root.descriptor.digest,
      },
    };
  }

  async function layerOf(entries: readonly TestEntry[], behind: string): Promise<BuiltLayer> {
    const tar = Buffer.concat([await makeTar(entries), Buffer.from(behind)]);
    return {
      ...contentOf(MEDIA.ociLayerGzip, gzipSync(tar)),
      diffId: contentOf('', tar).descriptor.digest,
      tar,
    };
  }

  const RULES =
    'version: 1\nrules:\n  - {id: any, what: a thing, pattern: "gh[p]_[A-Za-z0-9]+", examples: ["ghp_a"], keywords: ["ghp_"]}\n';

  test.each(['', 'rules: [any.yaml]\n'])(
    'is in no view, file or attestation, whatever rules see it: %s',
    async (more) => {
      const image = stage.push('acme/leaky:1', await fullOfSecrets(canaries.token));
      await stage.write('any.yaml', RULES);
      await stage.write(
        'pratique.yaml',
        `${policyFor(stage.registry.host)}  freshness.max-age: warn\n${more}`,
      );
      expect(canaries.count()).toBeGreaterThan(35);
      for (const { view, draws } of VIEWS) {
        const argv = [
          'check',
          image,
          ...view,
          '--key',
          'gate.key',
          '--attest',
          '--replace',
          '--attestation',
          'signed.jsonl',
        ];
        const known = [
          '--write-baseline',
          `known-${view.join('')}.yaml`.replace(/[=.]/g, ''),
          '--owner',
          'me',
        ];
        const { code, text } = await leftBy(stage, [...argv, ...known], {
          env: { PRATIQUE_DEBUG: '1' },
          draws,
        });
        expect([code, canaries.seenIn(text)], view.join(' ')).toEqual([1, []]);
        expect(text).toContain('secrets.');
      }
    },
  );

  test('that only a rule of the policy knows is in no view, file or attestation', async () => {
    const image = stage.push('acme/leaky:1', await fullOfSecrets(canaries.own));
    await stage.write('own.yaml', OWN_RULE);
    await stage.write('pratique.yaml', `${policyFor(stage.registry.host)}rules: [own.yaml]\n`);
    for (const { view, draws } of VIEWS) {
      const argv = [
        'check',
        image,
        ...view,
        '--key',
        'gate.key',
        '--attest',
        '--replace',
        '--attestation',
        'signed.jsonl',
      ];
      const { code, text } = await leftBy(stage, argv, { env: { PRATIQUE_DEBUG: '1' }, draws });
      expect([code, canaries.seenIn(text)], view.join(' ')).toEqual([1, []]);
      expect(text).toContain('secrets.');
    }
  });

  test.each(['token', 'own'] as const)('is in nothing that inspect shows, be it a %s', async (kind) => {
    const image = stage.push('acme/leaky:1', await fullOfSecrets(canaries[kind]));
    await stage.write('own.yaml', OWN_RULE);
    await stage.write('pratique.yaml', `${policyFor(stage.registry.host)}rules: [own.yaml]\n`);
    for (const format of ['text', 'json']) {
      const { code, text } = await leftBy(stage, ['inspect', image, '--files', '-o', format]);
      expect([code, canaries.seenIn(text)], format).toEqual([0, []]);
      expect(text).toContain('[secret]');
    }
  });

  test('is in no fault that shortens what it quotes, wherever the cut falls', async () => {
    const platform = { os: 'linux', architecture: 'amd64' };
    await stage.write('own.yaml', OWN_RULE);
    await stage.write('pratique.yaml', `${policyFor(stage.registry.host)}rules: [own.yaml]\n`);
    for (let before = 150; before < 215; before += 13) {
      for (const kind of ['token', 'own'] as const) {
        const loop = `${'long name '.repeat(30).slice(0, before)}=${canaries[kind](`${kind} at ${before}`)}`;
        const layer = await layerOf(
          [
            { name: loop, type: 'symlink', linkname: `/${loop}` },
            { name: `${loop}/x`, content: 'x' },
          ],
          '',
        );
        const config = toContent(MEDIA.ociConfig, {
          ...platform,
          config: { User: '1' },
          rootfs: { type: 'layers', diff_ids: [layer.diffId] },
          history: [],
        });
        const root = toContent(MEDIA.ociManifest, {
          schemaVersion: 2,
          mediaType: MEDIA.ociManifest,
          config: config.descriptor,
          layers: [layer.descriptor],
        });
        const image = stage.push(`acme/${kind}:${before}`, { root, blobs: [config, layer], manifests: [] });
        for (const command of [
          ['check', image, '-v'],
          ['inspect', image, '--files'],
        ]) {
          const { code, text } = await leftBy(stage, command, { env: { PRATIQUE_DEBUG: '1' } });
          expect([code, canaries.seenIn(text)], `${command[0]} ${kind} ${before}`).toEqual([3, []]);
          expect(text).toContain('long name');
        }
      }
    }
  });

  test('is in nothing that a process of its own leaves', async () => {
    const image = stage.push('acme/leaky:1', await fullOfSecrets(canaries.token));
    const { code, out, err } = await pratique(['check', image, '-v'], { cwd: stage.folder });
    expect([code, canaries.seenIn(out + err)]).toEqual([1, []]);
  }, 60_000);

  test('comes out of no fault that quotes the image', async () => {
    const platform = { os: 'linux', architecture: 'amd64' };
    const name = canaries.token('a name in two layers');
    const twice = await layerOf(
      [
        { name: `a/${name}`, content: 'x' },
        { name: `a/${name}/b`, content: 'y' },
      ],
      '',
    );
    const torn = await layerOf([{ name: `b/${canaries.token('a name in a torn tar')}`, content: 'x' }], '');
    const broken = Buffer.from(torn.tar);
    broken.write('notanumber', 124, 'latin1');
    const faulty: BuiltLayer = {
      ...contentOf(MEDIA.ociLayerGzip, gzipSync(broken)),
      diffId: contentOf('', broken).descriptor.digest,
      tar: broken,
    };
    const loop = canaries.token('a link to itself');
    const looped = await layerOf(
      [
        { name: loop, type: 'symlink', linkname: loop },
        { name: `${loop}/x`, content: 'x' },
      ],
      '',
    );
    for (const [index, layer] of [twice, faulty, looped].entries()) {
      const config = toContent(MEDIA.ociConfig, {
        ...platform,
        config: { User: '1' },
        rootfs: { type: 'layers', diff_ids: [layer.diffId] },
        history: [],
      });
      const root = toContent(MEDIA.ociManifest, {
        schemaVersion: 2,
        mediaType: MEDIA.ociManifest,
        config: config.descriptor,
        layers: [layer.descriptor],
      });
      const image = stage.push(`acme/odd:${index}`, { root, blobs: [config, layer], manifests: [] });
      for (const { view, draws } of VIEWS) {
        const { text } = await leftBy(stage, ['check', image, ...view], {
          env: { PRATIQUE_DEBUG: '1' },
          draws,
        });
        expect(canaries.seenIn(text), `${index} ${view.join(' ')}`).toEqual([]);
      }
      expect(canaries.seenIn((await leftBy(stage, ['inspect', image])).text), `inspect ${index}`).toEqual([]);
    }
    const key = canaries.token('a key twice');
    const documents = [
      `{"${key}": 1, "${key}": 2}`,
      `{"schemaVersion": 2, "mediaType": "${key}"}`,
      `{"config": {"digest": "${key}"}}`,
      `${key}`,
    ];
    for (const text of documents) {
      stage.registry.script = ({ path }) =>
        path.includes('/manifests/')
          ? { headers: { 'content-type': MEDIA.ociManifest }, body: text }
          : undefined;
      const left = await leftBy(stage, ['check', stage.name('acme/odd:0'), '-v'], {
        env: { PRATIQUE_DEBUG: '1' },
      });
      expect([left.code, canaries.seenIn(left.text)], text.slice(0, 20)).toEqual([3, []]);
    }
  });
});
