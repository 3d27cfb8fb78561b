import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildImage, buildLayer } from '../../src/demo/image-builder.ts';
import { DEFAULT_LIMITS } from '../../src/io/limits.ts';
import { parseReference } from '../../src/model/reference.ts';
import { parseSubject } from '../../src/model/subject-pattern.ts';
import { isSignature, type Signer } from '../../src/model/trusted.ts';
import { DISK_FILES } from '../../src/policy/disk-files.ts';
import { readNotation } from '../../src/policy/signers/notation-file.ts';
import { openSource } from '../../src/sources/open.ts';
import { collectEvidence } from '../../src/trust/collect-evidence.ts';
import {
  findNotation,
  type Notation,
  openNotation,
  startTimestamps,
} from '../support/notation/notation-binary.ts';
import {
  DAY,
  type Identity,
  type IssueOptions,
  issue,
  type KeyKind,
  OID,
  purposes,
} from '../support/notation/pki.ts';
import { pushBuilt } from '../support/push-built.ts';
import { type Host, REGISTRIES } from './registries.ts';

const path = findNotation();
const FORMATS = ['jws', 'cose'] as const;

/** A certificate of today: the real notation has no other clock. */
function now(options: IssueOptions): Identity {
  const [notBefore, notAfter] = [new Date(Date.now() - DAY), new Date(Date.now() + DAY)];
  return issue({ notBefore, notAfter, ...options });
}

const root = now({ authority: true });
const intermediate = now({ authority: true, issuer: root });
const stampRoot = now({ authority: true });
const stamper = now({ issuer: stampRoot, purposes: purposes([OID.timeStamping], true) });

function signersFor(trust: Partial<Extract<Signer, { kind: 'notation' }>> = {}): ReadonlyMap<string, Signer> {
  const acme = {
    name: 'acme',
    kind: 'notation',
    store: 'ca',
    authorities: [root.der.toString('base64')],
    timestampAuthorities: [],
    identities: [parseSubject('C=US, ST=WA, O=acme')],
    timestamp: 'always',
    revocation: 'skip',
    ...trust,
  } as const;
  return new Map([['acme', acme]]);
}

describe.skipIf(!path).each(REGISTRIES)('notation, in %s', (_kind, start) => {
  let registry: Host;
  let stamps: Awaited<ReturnType<typeof startTimestamps>>;
  let folder: string;
  let tags = 0;
  beforeAll(async () => {
    registry = await start();
    stamps = await startTimestamps(stamper);
    folder = await mkdtemp(join(tmpdir(), 'pratique-notation-'));
    writeFileSync(join(folder, 'stamps.pem'), stampRoot.pem);
  });
  afterAll(async () => {
    await registry.close();
    await stamps.close();
    await rm(folder, { recursive: true });
  });

  /** Signs a new image with a key, and collects what we make of it. */
  async function sign(
    kind: KeyKind,
    words: readonly string[],
    prepare: (notation: Notation) => Promise<void> = async () => {},
  ) {
    tags += 1;
    const key = now({ issuer: intermediate, kind });
    const notation: Notation = openNotation(path ?? '', key);
    await prepare(notation);
    const built = buildImage({
      layers: [await buildLayer([{ path: 'app', content: `${tags}` }])],
      platform: { os: 'linux', architecture: 'amd64' },
    });
    await pushBuilt(registry.host, 'acme/app', `t${tags}`, built);
    const text = `${registry.host}/acme/app:t${tags}`;
    const source = openSource(
      { kind: 'registry', text, reference: parseReference(text) },
      { env: {}, limits: DEFAULT_LIMITS, now: Date.now, warn: () => {} },
    );
    const { subject } = await source.resolve();
    const name = `${registry.host}/acme/app@${subject.digest}`;
    const made = await notation.run('sign', '--insecure-registry', ...words, name);
    notation.close();
    expect(made).toMatchObject({ ok: true });
    return (signers: ReadonlyMap<string, Signer>, at = new Date()) =>
      collectEvidence(source, [subject], signers, DEFAULT_LIMITS, { now: at });
  }

  test.each(
    FORMATS.flatMap((format) =>
      (['P-256', 'P-384', 'P-521', 2048, 3072] as const).map((kind) => [format, kind] as const),
    ),
  )('signs as %s with a key of %s what we verify', async (format, kind) => {
    const collect = await sign(kind, [`--signature-format=${format}`, '--user-metadata=build=17']);
    const evidence = await collect(signersFor());
    expect(evidence).toMatchObject([
      { state: 'verified', form: 'notation', signer: 'acme', annotations: { build: '17' } },
    ]);
    expect(evidence.every(isSignature)).toBe(true);
    const other = { authorities: [stampRoot.der.toString('base64')] };
    expect(await collect(signersFor(other))).toMatchObject([{ reason: 'other-key' }]);
    const stranger = { identities: [parseSubject('C=US, ST=WA, O=other')] };
    expect(await collect(signersFor(stranger))).toMatchObject([{ reason: 'other-identity' }]);
  });

  test.each(FORMATS)('signs as %s with a certificate that it has made for a test', async (format) => {
    const signers = new Map<string, Signer>();
    const prepare = async ({ run, settings }: Notation) => {
      expect(await run('cert', 'generate-test', 'acme.test')).toMatchObject({ ok: true });
      const written = {
        ca: [join(settings, 'localkeys', 'acme.test.crt')],
        identities: ['C=US, ST=WA, O=Notary, CN=acme.test'],
      };
      signers.set('acme', await readNotation('acme', written, { folder: settings, files: DISK_FILES }));
    };
    const collect = await sign('P-256', [`--signature-format=${format}`, '--key=acme.test'], prepare);
    expect(await collect(signers)).toMatchObject([{ state: 'verified', signer: 'acme' }]);
    expect(await collect(signersFor())).toMatchObject([{ reason: 'other-key' }]);
  });

  test.each(FORMATS)('signs as %s for a day, and not for the day after', async (format) => {
    const collect = await sign('P-256', [`--signature-format=${format}`, '--expiry=1h']);
    expect(await collect(signersFor())).toMatchObject([{ state: 'verified' }]);
    expect(await collect(signersFor(), new Date(Date.now() + 2 * 3_600_000))).toMatchObject([
      { reason: 'expired' },
    ]);
  });

  test.each(FORMATS)(
    'signs as %s with a timestamp, which counts after the certificate has expired',
    async (format) => {
      const words = [`--timestamp-url=${stamps.url}`, `--timestamp-root-cert=${join(folder, 'stamps.pem')}`];
      const collect = await sign('P-256', [`--signature-format=${format}`, ...words]);
      const stamped = { timestampAuthorities: [stampRoot.der.toString('base64')] };
      const later = new Date(Date.now() + 30 * DAY);
      expect(await collect(signersFor(stamped))).toMatchObject([{ state: 'verified' }]);
      expect(await collect(signersFor(stamped), later)).toMatchObject([{ state: 'verified' }]);
      expect(await collect(signersFor(), later)).toMatchObject([{ reason: 'bad-certificate' }]);
      const other = { timestampAuthorities: [root.der.toString('base64')] };
      expect(await collect(signersFor(other), later)).toMatchObject([{ reason: 'bad-timestamp' }]);
    },
  );
});
