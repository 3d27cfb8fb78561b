import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS } from '../../../src/io/limits.ts';
import { RULE_SET } from '../../../src/scan/rule-set.ts';
import { scanImage } from '../../../src/scan/scan-image.ts';
import { sampleDerKey, sampleJks, samplePkcs12 } from '../../../src/scan/whole-file/samples.ts';
import { makeZip } from '../../io/zip/zip-parts.ts';
import { inPieces, makeImage, makeLayer, makeTar, type TestEntry } from '../images.ts';

const [rails] = RULE_SET.files.flatMap(({ id, examples }) => (id === 'secrets.rails-key' ? examples : []));
const key = rails?.().bytes ?? Buffer.alloc(0);

async function foundIn(...layers: readonly (readonly TestEntry[])[]) {
  const made = await Promise.all(layers.map((entries) => makeLayer(entries)));
  const blobs = new Map(made.map(({ layer, blob }) => [layer.blob.digest, blob]));
  const { scan } = await scanImage(
    makeImage(made),
    ({ blob }) => inPieces(blobs.get(blob.digest) ?? new Uint8Array()),
    { limits: DEFAULT_LIMITS },
  );
  return scan.hits.map(({ hit, where }) => [hit.rule, where.path, where.visibility]);
}

describe('a key without a word to know it by is found in', () => {
  it('a file, a file that a later layer deletes, and one that a later layer replaces', async () => {
    expect(
      await foundIn(
        [
          { name: 'srv/config/master.key', content: key },
          { name: 'srv/a.jks', content: sampleJks(['key'], 'changeit') },
          { name: 'srv/any-name', content: sampleDerKey('pkcs8') },
        ],
        [{ name: 'srv/config/.wh.master.key' }, { name: 'srv/a.jks', content: 'x' }],
      ),
    ).toEqual([
      ['secrets.rails-key', 'srv/config/master.key', 'deleted'],
      ['secrets.open-keystore', 'srv/a.jks', 'replaced'],
      ['secrets.der-private-key', 'srv/any-name', 'visible'],
    ]);
  });

  it('archives, packed or not, and once where the archive shows it, too', async () => {
    const tar = await makeTar([{ name: 'app/config/master.key', content: key }]);
    const jar = makeZip([{ name: 'BOOT-INF/store.p12', content: samplePkcs12(2, 'x'), method: 'stored' }]);
    expect(
      await foundIn([
        { name: 'a.tar', content: tar },
        { name: 'b.tar.gz', content: gzipSync(tar) },
        { name: 'c.jar', content: jar },
        { name: 'd.der.gz', content: gzipSync(sampleDerKey('sec1')) },
      ]),
    ).toEqual([
      ['secrets.rails-key', 'a.tar!/app/config/master.key', 'visible'],
      ['secrets.rails-key', 'b.tar.gz!/app/config/master.key', 'visible'],
      ['secrets.keystore', 'c.jar!/BOOT-INF/store.p12', 'visible'],
      ['secrets.der-private-key', 'd.der.gz!/d.der', 'visible'],
    ]);
  });

  it('no file that only begins or is called like one', async () => {
    expect(
      await foundIn([
        { name: 'config/master.key', content: 'see the manual' },
        { name: 'cacerts', content: sampleJks(['certificate', 'certificate'], 'changeit') },
        { name: 'x.der', content: sampleDerKey('pkcs8').subarray(0, 60) },
        { name: 'y.der', content: Buffer.concat([sampleDerKey('pkcs8'), Buffer.from('more')]) },
      ]),
    ).toEqual([]);
  });
});
