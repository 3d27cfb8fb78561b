import { describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS } from '../../src/io/limits.ts';
import type { Layer } from '../../src/model/image.ts';
import { FileKeeper, type KeptFiles } from '../../src/scan/kept-files.ts';
import { scanImage } from '../../src/scan/scan-image.ts';
import { fakeToken, inPieces, makeImage, makeLayer, type TestEntry } from './images.ts';

/** What is kept of one file that comes in these pieces; a number is a hole. */
function keep(path: string, pieces: readonly (string | number)[], mode = 0o755): KeptFiles {
  const keeper = new FileKeeper();
  const size = pieces.reduce<number>((sum, one) => sum + (typeof one === 'number' ? one : one.length), 0);
  keeper.begin({ path, type: 'file', mode, uid: 0, gid: 0, size, linkPath: '' }, 7);
  for (const piece of pieces) {
    if (typeof piece === 'number') keeper.hole();
    else keeper.write(Buffer.from(piece, 'latin1'));
  }
  keeper.end();
  return keeper.finish();
}

const interpreter = (...pieces: readonly (string | number)[]) => keep('app', pieces).interpreters.get(7);

describe('what is kept of files', () => {
  it('is the whole of the few that checks read, however they come in', () => {
    for (const path of ['etc/passwd', 'store/abc-shadow', 'etc/sudoers.d/app', 'r/.ssh/authorized_keys2']) {
      const content = keep(path, ['ro', '', 'ot', ':x']).contents.get(7);
      expect(Buffer.from(content ?? []).toString()).toBe('root:x');
    }
    expect(keep('etc/passwd', []).contents.get(7)).toEqual(new Uint8Array());
    for (const path of ['etc/gshadow', 'etc/hosts', 'passwd/x', 'etc/sudoers.d/a/b'])
      expect(keep(path, ['root']).contents.size).toBe(0);
  });

  it('is nothing of what is too large, has holes or is a program, and it is told why', () => {
    expect(keep('usr/bin/passwd', ['\x7fELF', 'x']).left.get(7)).toBe('it is a program');
    expect(keep('etc/passwd', ['a'.repeat(129 * 1024)]).left.get(7)).toBe('it has 132096 bytes');
    expect(keep('etc/passwd', ['a', 5, 'b'])).toMatchObject({
      contents: new Map(),
      left: new Map([[7, 'it is a sparse file']]),
    });
  });

  it('is what a script names behind #!, as Linux reads it', () => {
    expect(interpreter('#!/bin/sh\necho')).toBe('/bin/sh');
    expect(interpreter('#', '! ', '\t/bin/e', 'nv node\n')).toBe('/bin/env');
    expect(interpreter('', '#!/bin/sh\n')).toBe('/bin/sh');
    expect(interpreter('#!/bin/sh')).toBe('/bin/sh');
    expect(interpreter('#!\n/bin/sh')).toBeUndefined();
    expect(interpreter('# !/bin/sh')).toBeUndefined();
    expect(interpreter(' #!/bin/sh')).toBeUndefined();
    expect(interpreter(`#!/${'a'.repeat(300)}`)).toBeUndefined();
    expect(interpreter(`#!/${'a'.repeat(200)} ${'b'.repeat(300)}`)).toBe(`/${'a'.repeat(200)}`);
    expect(interpreter('#!/bin', 9, 'x')).toBe('');
    expect(interpreter(9, '#!/bin/sh\n')).toBeUndefined();
    expect(keep('app', ['#!/bin/sh\n'], 0o644).interpreters.get(7)).toBe('/bin/sh');
  });
});

describe('the files of a scanned image', () => {
  const scan = async (layers: readonly (readonly TestEntry[])[], createdBy = 'COPY . /') => {
    const made = await Promise.all(layers.map((entries) => makeLayer(entries, { createdBy })));
    const blob = (layer: Layer) => inPieces(made[layer.index]?.blob ?? Buffer.alloc(0));
    return (await scanImage(makeImage(made), blob, { limits: DEFAULT_LIMITS })).scan;
  };

  it('are read as a container sees them, with the layer that they come from', async () => {
    const { files } = await scan([
      [
        { name: 'etc/passwd', content: 'old' },
        { name: 'etc/shadow', content: 'gone' },
      ],
      [{ name: 'etc/passwd', content: 'new' }, { name: 'etc/.wh.shadow' }],
    ]);
    const passwd = files.read('/etc/passwd');
    expect(passwd?.text).toBe('new');
    expect(passwd && files.locate(passwd.file)).toMatchObject({
      layer: { index: 1, createdBy: 'COPY . /' },
      path: 'etc/passwd',
      visibility: 'visible',
    });
    expect(files.read('etc/shadow')).toBeUndefined();
  });

  it('carry capabilities, and the interpreters of scripts', async () => {
    const value = Buffer.alloc(20);
    value.writeUInt32LE(0x0200_0001, 0);
    value.writeUInt32LE(1 << 13, 4);
    const pax = { 'SCHILY.xattr.security.capability': value.toString('latin1') };
    const { files } = await scan([
      [
        { name: 'ping', content: 'x', pax },
        { name: 'app', content: '#!/bin/sh\n' },
      ],
    ]);
    expect(files.filesystem.lookup('ping')?.capabilities).toBe(1 << 13);
    const app = files.filesystem.lookup('app');
    expect(app?.capabilities).toBeUndefined();
    expect(app && files.interpreterOf(app)).toBe('/bin/sh');
  });

  it('have a digest where they give rights to whoever starts them', async () => {
    const { files } = await scan([
      [
        { name: 'su', content: 'x', mode: 0o4755 },
        { name: 'app', content: 'x', mode: 0o755 },
      ],
    ]);
    const ofX = '2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881';
    expect(files.digestOf({ layer: 0, ordinal: 0 })).toBe(ofX);
    expect(files.digestOf({ layer: 0, ordinal: 1 })).toBeUndefined();
  });

  it('are told without the secrets that their paths and build steps hold', async () => {
    const token = fakeToken('path');
    const { files } = await scan([[{ name: `srv/${token}`, content: 'x' }]], `RUN make T=${token}`);
    const where = files.locate({ layer: 0, ordinal: 0, path: `srv/${token}` });
    expect(JSON.stringify(where)).toContain('[secret]');
    expect(JSON.stringify(where)).not.toContain(token);
  });
});
