import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type BaseChain, claimedBase, matchBase, originOf } from '../../src/model/base.ts';
import { type Digest, parseDigest } from '../../src/model/digest.ts';
import { descriptorOf, imageOf } from '../checks/samples.ts';

const digest = fc
  .integer({ min: 0, max: 3 })
  .map((number) => parseDigest(`sha256:${String(number).repeat(64)}`));
const chain = fc.array(digest, { maxLength: 5 });
const bases = fc.array(chain, { maxLength: 5 }).map((chains) => chains.map(baseOf));

function baseOf(diffIds: readonly Digest[], index: number): BaseChain {
  return { name: `base ${index}`, diffIds };
}

function isBeginning(start: readonly Digest[], of: readonly Digest[]): boolean {
  return start.length <= of.length && of.slice(0, start.length).join() === start.join();
}

describe('the base of an image', () => {
  test('is one whose whole chain begins the image, none begins more of it, and of equal ones it is the first', () => {
    fc.assert(
      fc.property(chain, bases, (image, approved) => {
        const fitting = approved.filter(({ diffIds }) => diffIds.length > 0 && isBeginning(diffIds, image));
        const most = Math.max(0, ...fitting.map(({ diffIds }) => diffIds.length));
        const expected = fitting.find(({ diffIds }) => diffIds.length === most);
        const match = matchBase(image, approved);
        expect(match?.name).toBe(expected?.name);
        expect(match?.layers).toBe(expected?.diffIds.length);
      }),
    );
  });

  test('is found under whatever the image puts on it, and not where a layer of it is missing or another', () => {
    fc.assert(
      fc.property(fc.array(digest, { minLength: 1, maxLength: 4 }), chain, fc.nat(3), (base, own, at) => {
        const approved = [baseOf(base, 0)];
        expect(matchBase([...base, ...own], approved)).toEqual({ name: 'base 0', layers: base.length });
        expect(matchBase(base.slice(0, -1), approved)).toBeUndefined();
        const other = base.with(at % base.length, descriptorOf('another layer').digest);
        expect(matchBase([...other, ...own], approved)).toBeUndefined();
      }),
    );
  });

  test('is never one without layers, which would begin every image', () => {
    expect(matchBase([descriptorOf('a').digest], [baseOf([], 0)])).toBeUndefined();
    expect(matchBase([], [baseOf([], 0)])).toBeUndefined();
  });

  test('makes the layers below its end its own, and says nothing where it is not known', () => {
    const base = { name: 'base', layers: 2 };
    expect([0, 1, 2].map((layer) => originOf(layer, base))).toEqual(['base', 'base', 'own']);
    expect(originOf(0, undefined)).toBeUndefined();
  });
});

describe('what an image claims of its base', () => {
  const NAME = 'org.opencontainers.image.base.name';
  const DIGEST = 'org.opencontainers.image.base.digest';

  test('is read from the manifest, else from the line of its index, else from its labels', () => {
    const claim = (name: string) => new Map([[NAME, name]]);
    const image = imageOf({ labels: new Map([...claim('label'), [DIGEST, 'sha256:x']]) });
    const listed = { ...image, manifest: { ...image.manifest, annotations: claim('index') } };
    expect(claimedBase({ ...listed, annotations: claim('manifest') })).toEqual({
      name: 'manifest',
      digest: '',
    });
    expect(claimedBase(listed)).toEqual({ name: 'index', digest: '' });
    expect(claimedBase(image)).toEqual({ name: 'label', digest: 'sha256:x' });
  });

  test('is nothing where it names none', () => {
    expect(claimedBase(imageOf())).toBeUndefined();
    expect(claimedBase(imageOf({ labels: new Map([[NAME, '']]) }))).toBeUndefined();
    expect(claimedBase(imageOf({ labels: new Map([[DIGEST, 'sha256:x']]) }))).toBeUndefined();
  });
});
