import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildImage, buildIndex, buildLayer } from '../../src/demo/image-builder.ts';
import { DEFAULT_LIMITS } from '../../src/io/limits.ts';
import type { Resolved } from '../../src/model/image.ts';
import type { ImageSource } from '../../src/model/image-source.ts';
import { MEDIA } from '../../src/model/media-type.ts';
import { parseReference } from '../../src/model/reference.ts';
import { type EvidenceForm, isSignature, type Signer } from '../../src/model/trusted.ts';
import { openSource } from '../../src/sources/open.ts';
import { collectEvidence } from '../../src/trust/collect-evidence.ts';
import { signStatementOf } from '../support/cosign.ts';
import { type Cosign, findCosign, openCosign } from '../support/cosign-binary.ts';
import { type KeylessFaults, keylessSigner, rootOf, startSigstore } from '../support/private-sigstore.ts';
import { pushBuilt } from '../support/push-built.ts';
import { type SigstoreServer, serveSigstore } from '../support/sigstore-server.ts';
import { type Stage, setStage } from '../support/stage.ts';
import { type Host, REGISTRIES } from './registries.ts';

const ISSUER = 'https://login.example/realm';
const WORKFLOW = 'https://forge.example/acme/app/.ci/release.yml@refs/tags/v1.2.3';
const MAIL = 'release@acme.example';
const REPOSITORY = 'acme/app';
const PREDICATE_TYPE = 'https://acme.test/review/v1';
const ATTEST = ['--predicate=predicate.json', `--type=${PREDICATE_TYPE}`];
const LOGGED = ['--rekor-url=SIGSTORE'];
const STAMPED = ['--timestamp-server-url=TIMESTAMPS'];
const UNLOGGED = [...STAMPED, '--tlog-upload=false'];
const V2 = ['--fulcio-url=SIGSTORE', '--yes'];
const V3 = ['--trusted-root=private-root.json', '--yes'];

/** One way in which cosign signs or attests without a key, and how that is stored. */
interface Way {
  readonly major: 2 | 3;
  readonly words: readonly string[];
  readonly form: EvidenceForm;
  /** who signs; the workflow */
  readonly subject?: string;
  /** in no transparency log, which the trust root must allow */
  readonly unlogged?: boolean;
  /** what was logged, as the path that was asked for */
  readonly asks: string;
}

const REKOR_V1 = '/api/v1/log/entries';
const REKOR_V2 = '/api/v2/log/entries';
const TSA = '/api/v1/timestamp';
const WAYS: readonly (readonly [string, Way])[] = [
  ['signs into Rekor', { major: 2, words: ['sign', ...V2, ...LOGGED], form: 'cosign-tag', asks: REKOR_V1 }],
  [
    'signs as a person',
    { major: 2, words: ['sign', ...V2, ...LOGGED], form: 'cosign-tag', subject: MAIL, asks: REKOR_V1 },
  ],
  [
    'signs into Rekor, with a timestamp',
    { major: 2, words: ['sign', ...V2, ...LOGGED, ...STAMPED], form: 'cosign-tag', asks: TSA },
  ],
  [
    'signs with a timestamp only',
    { major: 2, words: ['sign', ...V2, ...UNLOGGED], form: 'cosign-tag', unlogged: true, asks: TSA },
  ],
  [
    'attests into Rekor as an envelope (dsse/0.0.1)',
    { major: 2, words: ['attest', ...V2, ...LOGGED], form: 'cosign-attestation', asks: REKOR_V1 },
  ],
  [
    'attests into Rekor as in-toto (intoto/0.0.1)',
    {
      major: 2,
      words: ['attest', ...V2, ...LOGGED, '--rekor-entry-type=intoto'],
      form: 'cosign-attestation',
      asks: REKOR_V1,
    },
  ],
  [
    'attests with a timestamp only',
    {
      major: 2,
      words: ['attest', ...V2, ...UNLOGGED],
      form: 'cosign-attestation',
      unlogged: true,
      asks: TSA,
    },
  ],
  [
    'signs as a bundle',
    {
      major: 2,
      words: ['sign', ...V2, ...LOGGED, '--new-bundle-format', '--trusted-root=private-root.json'],
      form: 'sigstore-bundle',
      asks: REKOR_V1,
    },
  ],
  ...[1, 2].flatMap((version) =>
    ['sign', 'attest'].map(
      (verb) =>
        [
          `${verb}s into Rekor v${version}, with a timestamp`,
          {
            major: 3,
            words: [verb, ...V3, `--signing-config=rekor-v${version}.json`],
            form: 'sigstore-bundle',
            asks: version === 1 ? REKOR_V1 : REKOR_V2,
          } as Way,
        ] as const,
    ),
  ),
];

const paths = { 2: findCosign(2), 3: findCosign(3) };
const here = WAYS.filter(([, { major }]) => paths[major] !== undefined).map(
  ([name, way]) => [`cosign ${way.major} ${name}`, way] as const,
);
const other = await startSigstore();
const sigstore = await startSigstore();
let server: SigstoreServer;
const cosigns: { 2?: Cosign; 3?: Cosign } = {};

beforeAll(async () => {
  server = await serveSigstore(sigstore);
  for (const major of [2, 3] as const) {
    const path = paths[major];
    if (path === undefined) continue;
    const cosign = await openCosign(path, (folder) => server.introduce(folder));
    writeFileSync(join(cosign.folder, 'predicate.json'), '{"by":"two people"}');
    cosigns[major] = cosign;
  }
});
afterAll(async () => {
  cosigns[2]?.close();
  cosigns[3]?.close();
  await server.close();
});

describe.each(REGISTRIES)('in %s', (_kind, start) => {
  let registry: Host;
  let stage: Stage;
  let tags = 0;
  beforeAll(async () => {
    registry = await start();
    stage = await setStage();
  });
  afterAll(async () => {
    await stage.close();
    await registry.close();
  });

  interface Pushed {
    readonly source: ImageSource;
    readonly resolved: Resolved;
    readonly text: string;
    readonly name: string;
  }

  /** A new index of one image, its source, and its name by tag and by digest. */
  async function push(): Promise<Pushed> {
    tags += 1;
    const built = await buildImage({
      layers: [await buildLayer([{ path: 'app', content: `number ${tags}` }])],
      config: { User: '1000' },
    });
    const index = buildIndex([{ built, platform: built.platform }]);
    await pushBuilt(registry.host, REPOSITORY, `t${tags}`, index);
    const text = `${registry.host}/${REPOSITORY}:t${tags}`;
    const source = openSource(
      { kind: 'registry', text, reference: parseReference(text) },
      { env: {}, limits: DEFAULT_LIMITS, now: Date.now, warn: () => {} },
    );
    const resolved = await source.resolve();
    return { source, resolved, text, name: `${registry.host}/${REPOSITORY}@${resolved.subject.digest}` };
  }

  /** Has cosign sign or attest it. */
  async function make({ major, words, subject = WORKFLOW }: Way, name: string): Promise<void> {
    const cosign = cosigns[major];
    if (cosign === undefined) throw new Error('cosign was not started');
    const said = words.map((word) =>
      word.replace('SIGSTORE', server.url).replace('TIMESTAMPS', server.timestamps),
    );
    const more = words[0] === 'attest' ? ATTEST : [];
    const token = `--identity-token=${server.token(subject, ISSUER)}`;
    const run = await cosign.run(...said, ...more, token, '--allow-http-registry', name);
    if (!run.ok) throw new Error(run.err);
  }

  function collect({ source, resolved }: Pushed, signers: ReadonlyMap<string, Signer>) {
    const [image] = resolved.images;
    if (image === undefined) throw new Error('no image');
    return collectEvidence(source, [image.manifest, ...image.parents], signers, DEFAULT_LIMITS);
  }

  /** The command line's answer, under a policy that demands this signer. */
  async function check(text: string, identity: string, issuer: string, needsLog: boolean) {
    await stage.write('private-root.json', JSON.stringify(server.trustedRoot));
    await stage.write(
      'keyless.yaml',
      `version: 1
trust-roots: {acme: {file: private-root.json, transparency-log: ${needsLog ? 'required' : 'none'}}}
signers: {ci: {issuer: "${issuer}", identity: "${identity}", root: acme}}
images: [{match: "**", signed-by: [ci]}]
`,
    );
    return stage.pratique(['check', text, '--policy', 'keyless.yaml', '-o', 'json']);
  }

  test.each(here)('%s: verified by us, for the right signer only', async (_name, way) => {
    const { form, subject = WORKFLOW, unlogged = false } = way;
    const isAttestation = way.words[0] === 'attest';
    const pushed = await push();
    const before = server.asked.length;
    await make(way, pushed.name);
    expect(server.asked.slice(before)).toContain(way.asks);
    const root = rootOf(server.trustedRoot, { needsLog: !unlogged });
    const evidence = await collect(pushed, keylessSigner(root, subject, ISSUER));
    expect(evidence).toMatchObject([
      {
        state: 'verified',
        signer: 'ci',
        form,
        about: { digest: pushed.resolved.subject.digest },
        certificate: { identity: subject, issuer: ISSUER },
      },
    ]);
    expect(evidence.every(isSignature)).toBe(!isAttestation);
    if (isAttestation) expect(evidence).toMatchObject([{ statement: { predicateType: PREDICATE_TYPE } }]);
    const others: readonly (readonly [ReadonlyMap<string, Signer>, unknown])[] = [
      [keylessSigner(root, `${subject}0`, ISSUER), 'other-identity'],
      [keylessSigner(root, subject, `${ISSUER}/x`), 'other-identity'],
      [keylessSigner(rootOf(other.trustedRoot()), subject, ISSUER), expect.stringMatching(/^bad-/)],
      ...(unlogged
        ? [[keylessSigner(rootOf(server.trustedRoot), subject, ISSUER), 'bad-log-entry'] as const]
        : []),
    ];
    for (const [signers, reason] of others)
      expect(await collect(pushed, signers)).toMatchObject([{ state: 'rejected', reason }]);
    const right = await check(pushed.text, subject, ISSUER, !unlogged);
    expect(right.code).toBe(isAttestation ? 1 : 0);
    const wrong = await check(pushed.text, `${subject}0`, ISSUER, !unlogged);
    expect(wrong.code).toBe(1);
  });

  // Were the instance of the tests unlike a real one, what they prove would be about nothing.
  test.skipIf(paths[3] === undefined).each<readonly [string, KeylessFaults, boolean]>([
    ['with a log entry of the first kind', { kind: 'dsse', timestamp: true }, true],
    ['without a timestamp', { kind: 'dsse' }, true],
    ['by another', { kind: 'dsse', timestamp: true, certificate: { issuer: 'https://evil.example' } }, false],
    ['in the log of another', { kind: 'dsse', timestamp: true, logFrom: other }, false],
    [
      'whose certificate another log vouches for',
      { timestamp: true, certificate: { sctFrom: other } },
      false,
    ],
    ['with the timestamp of another', { stamp: other.stamp }, false],
  ])(
    'cosign 3 and we agree on a signature of the instance that these tests have, %s',
    async (_what, faults, holds) => {
      const pushed = await push();
      const { subject } = pushed.resolved;
      const { bundle } = await sigstore.sign(signStatementOf(subject), {
        ...faults,
        certificate: { names: [{ type: 'url', value: WORKFLOW }], issuer: ISSUER, ...faults.certificate },
      });
      await pushed.source.attach?.(subject, {
        artifactType: MEDIA.sigstoreBundle,
        mediaType: MEDIA.sigstoreBundle,
        content: Buffer.from(JSON.stringify(bundle)),
        annotations: {},
      });
      const stamped = 'timestamp' in faults || 'stamp' in faults ? ['--use-signed-timestamps'] : [];
      const { ok } = (await cosigns[3]?.run(
        'verify',
        '--trusted-root=private-root.json',
        '--allow-http-registry',
        ...stamped,
        `--certificate-identity=${WORKFLOW}`,
        `--certificate-oidc-issuer=${ISSUER}`,
        pushed.name,
      )) ?? { ok: undefined };
      expect(ok).toBe(holds);
      const [evidence] = await collect(pushed, keylessSigner(rootOf(server.trustedRoot), WORKFLOW, ISSUER));
      expect(evidence?.state).toBe(holds ? 'verified' : 'rejected');
    },
  );
});
