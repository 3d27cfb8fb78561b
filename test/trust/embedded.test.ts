import { describe, expect, test } from 'vitest';
import { PratiqueError } from '../../src/errors.ts';
import { DEFAULT_LIMITS, type Limits } from '../../src/io/limits.ts';
import type { Descriptor } from '../../src/model/descriptor.ts';
import { MEDIA } from '../../src/model/media-type.ts';
import { makeCollector } from '../../src/trust/collect-once.ts';
import { collectEmbedded } from '../../src/trust/embedded.ts';
import {
  attachBundle,
  dsseBundle,
  keySigners,
  makeKey,
  signStatementOf,
  signWithBundle,
  signWithTag,
} from '../support/cosign.ts';
import { jsonBytes, MemorySource, putImage } from '../support/memory-source.ts';
import { NOW } from '../support/notation/pki.ts';
import { ARTIFACT, JWS, notationSigner, signNotation } from '../support/notation/sign.ts';

const PROVENANCE = 'https://slsa.dev/provenance/v0.2';
const key = makeKey();
const stranger = makeKey();
const signers = keySigners({ builder: key });

interface Setting {
  /** what the document is about; the image where absent */
  readonly subject?: Descriptor;
  readonly layerType?: string;
  readonly documents?: number;
}

/** An image, and beside it in its index a manifest that lists documents, as BuildKit writes it. */
function setUp({ subject, layerType = MEDIA.inToto, documents = 1 }: Setting = {}) {
  const source = new MemorySource();
  const { manifest: image } = putImage(source);
  const other = putImage(source, 'two').manifest;
  const layers = Array.from({ length: documents }, (_, at) => ({
    ...source.put(
      jsonBytes(signStatementOf(subject ?? image, { predicateType: PROVENANCE, predicate: { at } })),
      at === 0 ? layerType : MEDIA.inToto,
    ),
    annotations: { 'in-toto.io/predicate-type': PROVENANCE },
  }));
  const list = source.putManifest({
    schemaVersion: 2,
    mediaType: MEDIA.ociManifest,
    config: source.put(jsonBytes({ architecture: 'unknown', os: 'unknown' }), MEDIA.ociConfig),
    layers,
  });
  const collect = (about: Descriptor | undefined = image, limits: Limits = DEFAULT_LIMITS) =>
    collectEmbedded(source, image, [{ manifest: list, ...(about && { about: about.digest }) }], {
      collect: makeCollector(source, async () => signers, limits, {}),
      limits,
    });
  return { source, image, other, list, collect };
}

const UNSIGNED = [{ state: 'unsigned', form: 'buildkit', predicateType: PROVENANCE }];

describe('an attestation inside the index', () => {
  test('is told as unsigned where nobody signed the manifest that lists it', async () => {
    const { collect } = setUp();
    expect(await collect()).toMatchObject(UNSIGNED);
  });

  test('is the statement of a signer who signed that manifest', async () => {
    const { source, image, list, collect } = setUp();
    signWithBundle(source, list, key);
    expect(await collect()).toMatchObject([
      { state: 'verified', signer: 'builder', about: image, statement: { predicateType: PROVENANCE } },
    ]);
  });

  test('is unsigned where somebody signed it whom the policy does not name', async () => {
    const { source, list, collect } = setUp();
    signWithBundle(source, list, stranger);
    expect(await collect()).toMatchObject(UNSIGNED);
  });

  test('is unsigned where a signer signed the image and not its list', async () => {
    const { source, image, collect } = setUp();
    signWithBundle(source, image, key);
    expect(await collect()).toMatchObject(UNSIGNED);
  });

  test('is unsigned where a signer only attested something about the list', async () => {
    const { source, list, collect } = setUp();
    const statement = signStatementOf(list, { predicateType: 'https://acme.example/scan/v1', predicate: {} });
    attachBundle(source, list, dsseBundle(statement, key), { label: 'https://acme.example/scan/v1' });
    expect(await collect()).toMatchObject(UNSIGNED);
  });

  test('does not count where it is about another image, though its list is signed', async () => {
    const { other } = setUp();
    const { source, list, collect } = setUp({ subject: other });
    signWithBundle(source, list, key);
    expect(await collect()).toMatchObject([{ state: 'rejected', reason: 'other-subject' }]);
  });

  test('is unsigned in a manifest that also lists something else, as images do', async () => {
    const { source, list, collect } = setUp({ layerType: MEDIA.ociLayerGzip, documents: 2 });
    signWithBundle(source, list, key);
    expect(await collect()).toMatchObject(UNSIGNED);
  });

  test('is left out where its line in the index names another image', async () => {
    const { source, other, list, collect } = setUp();
    signWithBundle(source, list, key);
    expect(await collect(other)).toEqual([]);
  });

  test('that was not saved with the image is left out', async () => {
    const { source, list, collect } = setUp();
    source.fail(`manifest ${list.digest}`, new PratiqueError('NOT_FOUND', { what: 'it is not there' }));
    expect(await collect()).toEqual([]);
  });

  test.each([
    ['manifest', 'RATE_LIMITED'],
    ['referrers', 'UNAUTHORIZED'],
  ] as const)('is never "unsigned" where the %s could not be asked for: %s', async (operation, code) => {
    const { source, list, collect } = setUp();
    source.fail(`${operation} ${list.digest}`, new PratiqueError(code, { what: 'the registry said no' }));
    await expect(collect()).rejects.toMatchObject({ code });
  });

  test('by a signer with certificates is checked with the clock and the servers of the run', async () => {
    const { source, image, list } = setUp();
    const content = signNotation(list, {});
    await source.attach(list, { artifactType: ARTIFACT, mediaType: JWS, content, annotations: {} });
    const inside = (revocation: 'skip' | 'check') =>
      collectEmbedded(source, image, [{ manifest: list }], {
        collect: makeCollector(
          source,
          async () => new Map([['acme', notationSigner({ revocation })]]),
          DEFAULT_LIMITS,
          { now: NOW },
        ),
        limits: DEFAULT_LIMITS,
      });
    expect(await inside('skip')).toMatchObject([
      { state: 'verified', signer: 'acme', about: image, unchecked: expect.stringContaining('not asked') },
    ]);
    expect(await inside('check')).toMatchObject([
      { state: 'rejected', form: 'buildkit', unsettled: { signer: 'acme' } },
      { state: 'unsigned' },
    ]);
  });

  test('that is too big is not read, and small ones can be too many together', async () => {
    const { source, list, image, collect } = setUp({ documents: 20 });
    signWithTag(source, list, key); // which has a limit of its own
    const upTo = (statementBytes: number) => collect(image, { ...DEFAULT_LIMITS, statementBytes });
    expect(await upTo(1000)).toHaveLength(20);
    await expect(upTo(500)).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
    expect(await upTo(10)).toMatchObject(Array(20).fill({ state: 'rejected', reason: 'too-big' }));
  });
});
