import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PratiqueError } from '../../../src/errors.ts';
import { MergedFilesystem } from '../../../src/model/filesystem/filesystem.ts';
import type { LayerEntry } from '../../../src/model/filesystem/layer-entry.ts';

const BASE = { mode: 0o644, uid: 0, gid: 0, size: 0, linkPath: '' };

/** `d/` a folder, `l -> t` a symlink, `h => t` a hardlink, `f=5` a file of 5 bytes, `f` an empty one. */
function entry(text: string): LayerEntry {
  const [, path = '', arrow = '', target = ''] = /^(.*?)(?: (->|=>) (.*))?$/.exec(text) ?? [];
  if (arrow !== '') return { ...BASE, path, type: arrow === '->' ? 'symlink' : 'hardlink', linkPath: target };
  if (path.endsWith('/')) return { ...BASE, path: path.slice(0, -1), type: 'directory', mode: 0o755 };
  const [name = '', size = '0'] = path.split('=');
  return { ...BASE, path: name, type: 'file', size: Number(size) };
}

function merge(...layers: readonly (readonly string[])[]): MergedFilesystem {
  const filesystem = new MergedFilesystem();
  for (const [index, layer] of layers.entries()) filesystem.addLayer(index, layer.map(entry));
  return filesystem;
}

function list(...layers: readonly (readonly string[])[]): string[] {
  return [...merge(...layers).files()]
    .map(({ path, type, size, linkPath }) => {
      if (type === 'directory') return `${path}/`;
      if (type === 'symlink') return `${path} -> ${linkPath}`;
      return size === 0 ? path : `${path}=${size}`;
    })
    .sort();
}

function refusal(...layers: readonly (readonly string[])[]): string {
  try {
    list(...layers);
  } catch (thrown) {
    return thrown instanceof PratiqueError ? thrown.code : String(thrown);
  }
  return 'accepted';
}

describe('one layer', () => {
  it('makes missing folders, and a later entry of a path takes its place', () => {
    expect(list(['a/b/c=1', 'a/b/c=2'])).toEqual(['a/', 'a/b/', 'a/b/c=2']);
    expect(list(['x=1', 'x/', 'x/y=1'])).toEqual(['x/', 'x/y=1']);
    expect(list(['x/', 'x/y=1', 'x=2'])).toEqual(['x=2']);
    expect(list(['x=1', 'x -> y'])).toEqual(['x -> y']);
  });

  it('a second entry of a folder sets its owner and mode, and keeps what is in it', () => {
    const filesystem = new MergedFilesystem();
    const second = { ...entry('d/'), mode: 0o700, uid: 5 };
    filesystem.addLayer(0, [entry('d/'), entry('d/f=1'), second]);
    expect(filesystem.lookup('d')).toMatchObject({ mode: 0o700, uid: 5 });
    expect(filesystem.lookup('d/f')).toMatchObject({ size: 1 });
  });

  it.each([
    ['in the same folder', ['a -> b', 'b/', 'a/x=1'], 'b/x=1'],
    ['that does not lead anywhere yet', ['a -> b', 'a/x=1'], 'b/x=1'],
    ['that is absolute: from the root of the image', ['d/', 'd/a -> /b', 'd/a/x=1'], 'b/x=1'],
    ['that climbs over the root', ['d/', 'd/a -> ../../../../b', 'd/a/x=1'], 'b/x=1'],
    ['that leads to another', ['a -> b', 'b -> c', 'a/x=1'], 'c/x=1'],
    ['to the root', ['a -> /', 'a/x=1'], 'x=1'],
  ])('puts a file through a symlink %s', (_what, layer, place) => {
    expect(list(layer)).toContain(place);
  });

  it.each([
    ['a circle of symlinks on the way', ['a -> b', 'b -> a', 'a/x']],
    ['a symlink to itself on the way', ['a -> a', 'a/x']],
    ['more links than runtimes follow', ['s -> .', `${'s/'.repeat(256)}x`]],
    ['a symlink with .. behind a name', ['s -> z/w', 'l -> s/../f', 'l/x']],
    ['a second symlink with ..', ['z/w/', 's -> z/w', 'a -> s', 'z/w/l -> ../f', 'a/l/x']],
    ['a file on the way', ['a=1', 'a/x']],
    ['a file that stands for the root', ['']],
  ])('is refused with %s', (_what, layer) => {
    expect(refusal(layer)).toBe('FILESYSTEM_AMBIGUOUS');
  });

  it('follows as many links as runtimes do, and no more', () => {
    expect(refusal(['s -> .', `${'s/'.repeat(255)}x`])).toBe('accepted');
    expect(refusal(['s -> .', `${'s/'.repeat(200)}x`, `${'s/'.repeat(256)}y`])).toBe('FILESYSTEM_AMBIGUOUS');
  });

  it('forgets where a path led when its folder is replaced', () => {
    expect(list(['d/', 'e/', 'd/a', 'd -> e', 'd/b'].slice(0, 3))).toEqual(['d/', 'd/a', 'e/']);
    expect(list(['e/', 's -> e', 's/a', 's -> .', 's/b'])).toEqual(['b', 'e/', 'e/a', 's -> .']);
  });

  it('is refused where a folder is gone before the layer ends, as containerd fails then', () => {
    expect(refusal(['a/b/', 'a=1'])).toBe('FILESYSTEM_AMBIGUOUS');
    expect(refusal(['d/', 'd -> nowhere'])).toBe('FILESYSTEM_AMBIGUOUS');
    expect(refusal(['e/', 'd/', 'd -> e'])).toBe('accepted');
    expect(refusal(['d/', 'd=1'])).toBe('accepted');
  });

  it('an entry for the root as a folder changes nothing', () => {
    const filesystem = new MergedFilesystem();
    filesystem.addLayer(0, [{ ...entry('d/'), path: '' }, entry('x')]);
    expect([...filesystem.files()].map(({ path }) => path)).toEqual(['x']);
  });
});

describe('hardlinks', () => {
  it('are one more name of the same file', () => {
    expect(list(['a=5', 'b => a', 'c => b', 'd/e => /a', 'f => ./a', 'g => ../../a'])).toEqual([
      'a=5',
      'b=5',
      'c=5',
      'd/',
      'd/e=5',
      'f=5',
      'g=5',
    ]);
    expect(list(['a=5', 'h => a/'])).toContain('h=5');
    expect(list(['s -> t', 'l => s'])).toEqual(['l -> t', 's -> t']);
    expect(list(['d/a=5', 's -> d', 'l => s/a'])).toContain('l=5');
  });

  it('give the file the rights that stand with the later name, as containerd does', () => {
    const filesystem = new MergedFilesystem();
    filesystem.addLayer(0, [entry('a=5'), { ...entry('b => a'), mode: 0o4755, uid: 7 }]);
    for (const name of ['a', 'b']) expect(filesystem.lookup(name)).toMatchObject({ mode: 0o4755, uid: 7 });
  });

  it('keep their content when the first name is gone', () => {
    expect(list(['a=5', 'b => a', 'a=6'])).toEqual(['a=6', 'b=5']);
  });

  it.each([
    ['to what comes later', ['h => later', 'later=1']],
    ['to itself', ['a=1', 'a => a']],
    ['to a folder', ['d/', 'h => d']],
    ['to the root', ['h => /']],
    ['to a symlink, with a slash at the end', ['a=1', 's -> a', 'h => s/']],
    ['to a symlink, with a dot at the end', ['a=1', 's -> a', 'h => s/.']],
    [
      'that leaves the root through symlinks',
      ['a/b/c/', 'a/b/c/up -> ../..', 'a/b/escape -> c/up/../..', 'h => a/b/escape/etc/hostname'],
    ],
    ['through a symlink and ..', ['d/e/', 'd/a=1', 's -> d/e', 'h => s/../a']],
  ])('are refused %s', (_what, layer) => {
    expect(refusal(layer)).toBe('FILESYSTEM_AMBIGUOUS');
  });

  it('are refused into a lower layer, where overlayfs finds nothing', () => {
    expect(refusal(['a=1'], ['h => a'])).toBe('FILESYSTEM_AMBIGUOUS');
  });
});

describe('whiteouts', () => {
  it('delete files and folders of lower layers', () => {
    expect(list(['a=1', 'd/', 'd/f=1', 'k=1'], ['.wh.a', '.wh.d'])).toEqual(['k=1']);
    expect(list(['d/', 'd/a=1', 'd/b=1'], ['d/.wh.a'])).toEqual(['d/', 'd/b=1']);
    expect(list(['a=1'], ['.wh.a'], ['a=2'])).toEqual(['a=2']);
    expect(list(['a=1'], ['.wh.nothing'])).toEqual(['a=1']);
  });

  it('a file may stand where one was deleted in the same layer', () => {
    expect(list(['a=1'], ['.wh.a', 'a=2'])).toEqual(['a=2']);
  });

  it('a folder that was deleted may be made again where it is opaque', () => {
    const lower = ['d/', 'd/old=1'];
    expect(list(lower, ['.wh.d', 'd/', 'd/new=1', 'd/.wh..wh..opq'])).toEqual(['d/', 'd/new=1']);
  });

  it('may stand in a folder that a later entry makes', () => {
    expect(list(['a=1'], ['n/.wh.x', 'n/f=1'])).toEqual(['a=1', 'n/', 'n/f=1']);
    expect(list(['a=1'], ['n/.wh.x', 'n/'])).toEqual(['a=1', 'n/']);
  });

  it('a device 0:0 is a device in the first layer, and refused in any other', () => {
    const device = { ...entry('gone'), type: 'character', isOverlayWhiteout: true } as const;
    const filesystem = new MergedFilesystem();
    filesystem.addLayer(0, [device]);
    expect(filesystem.lookup('gone')).toMatchObject({ type: 'character' });
    expect(() => filesystem.addLayer(1, [device])).toThrow(PratiqueError);
  });

  it('an opaque marker deletes what lower layers put there, wherever it stands', () => {
    const lower = ['d/', 'd/old=1', 'd/sub/', 'd/sub/old=1'];
    for (const marked of [
      ['d/', 'd/.wh..wh..opq', 'd/new=1'],
      ['d/', 'd/new=1', 'd/.wh..wh..opq'],
      ['d/new=1', 'd/.wh..wh..opq', 'd/.wh..wh..opq'],
    ]) {
      expect(list(lower, marked)).toEqual(['d/', 'd/new=1']);
    }
    expect(list(lower, ['d/', 'd/sub/', 'd/sub/new=1', 'd/.wh..wh..opq'])).toEqual([
      'd/',
      'd/sub/',
      'd/sub/new=1',
    ]);
    expect(list(['ok=1', 'd/a=1', 'd/.wh..wh..opq', 'd/b=1'])).toEqual(['d/', 'd/a=1', 'd/b=1', 'ok=1']);
  });

  it('a folder whose name only begins like a whiteout is a folder', () => {
    expect(list(['.wh.d/', '.wh.d/x=1'])).toEqual(['.wh.d/', '.wh.d/x=1']);
  });

  it.each([
    ['a bare .wh.', [['.wh.']]],
    ['a whiteout in a folder that there is not', [['a=1'], ['n/.wh.x']]],
    ['.wh..', [['.wh..']]],
    ['.wh...', [['d/.wh...']]],
    ['a whiteout behind its own file', [['a=1', '.wh.a']]],
    ['a whiteout behind its own file, over a lower one', [['a=1'], ['a=2', '.wh.a']]],
    [
      'a whiteout of a folder that the layer fills',
      [
        ['d/', 'd/f=1'],
        ['d/g=1', '.wh.d'],
      ],
    ],
    [
      'a folder made again where one was deleted',
      [
        ['d/', 'd/f=1'],
        ['.wh.d', 'd/'],
      ],
    ],
    [
      'a folder filled where one was deleted',
      [
        ['d/', 'd/f=1'],
        ['.wh.d', 'd/g=1'],
      ],
    ],
    ['a folder filled behind a whiteout of nothing', [['x=1'], ['.wh.d', 'd/g=1']]],
    [
      'a folder that was a file for a moment',
      [
        ['d/', 'd/f=1'],
        ['d=1', 'd/'],
      ],
    ],
    ['two whiteouts of one path', [['a=1'], ['.wh.a', '.wh.a']]],
    ['an opaque root', [['a=1'], ['.wh..wh..opq']]],
    ['an opaque folder around one without an entry', [['d/'], ['d/sub/f=1', 'd/.wh..wh..opq']]],
    ['a path through a symlink of a lower layer', [['lib -> usr/lib', 'usr/lib/'], ['lib/x=1']]],
    ['a path through a file of a lower layer', [['a=1'], ['a/x=1']]],
  ])('%s is refused', (_what, layers) => {
    expect(refusal(...layers)).toBe('FILESYSTEM_AMBIGUOUS');
  });

  it('a folder takes the place of a symlink of a lower layer', () => {
    expect(list(['lib -> usr/lib', 'usr/lib/a=1'], ['lib/', 'lib/b=1'])).toEqual([
      'lib/',
      'lib/b=1',
      'usr/',
      'usr/lib/',
      'usr/lib/a=1',
    ]);
  });
});

it('a layer that makes a folder opaque again and again is given up', () => {
  const again = (index: number) => [`d/${index}/f`, `d/${index}/`, 'd/.wh..wh..opq'];
  const layer = ['d/', ...Array.from({ length: 7000 }, (_, index) => again(index)).flat()];
  expect(refusal(layer)).toBe('LIMIT_EXCEEDED');
  expect(refusal(layer.slice(0, 300))).toBe('accepted');
});

describe('visibility', () => {
  it('is that of the layers so far, however often it is asked', () => {
    const filesystem = merge(['d/', 'd/a', 'd/b => d/a']);
    expect([1, 2].map((ordinal) => filesystem.visibility(0, 'd/a', ordinal))).toEqual(['visible', 'visible']);
    filesystem.addLayer(1, ['d/.wh.a'].map(entry));
    expect(filesystem.visibility(0, 'd/a', 1)).toBe('visible');
    filesystem.addLayer(2, ['d/.wh.b'].map(entry));
    expect([1, 2].map((ordinal) => filesystem.visibility(0, 'd/a', ordinal))).toEqual(['deleted', 'deleted']);
  });

  it('tells visible, deleted and replaced, for every entry of every layer', () => {
    const filesystem = merge(['a=1', 'b=1', 'c=1', 'd/', 'd/e=1'], ['.wh.a', 'b=2', '.wh.d'], ['a2 -> c']);
    const seen = ['a', 'b', 'c', 'd', 'd/e'].map((path, ordinal) => filesystem.visibility(0, path, ordinal));
    expect(seen).toEqual(['deleted', 'replaced', 'visible', 'deleted', 'deleted']);
    expect(filesystem.visibility(1, '.wh.a', 0)).toBe('deleted');
    expect(filesystem.visibility(1, 'b', 1)).toBe('visible');
  });

  it('tells the versions of one path in one layer apart', () => {
    const filesystem = merge(['a=1', 'a=2']);
    expect([0, 1].map((ordinal) => filesystem.visibility(0, 'a', ordinal))).toEqual(['replaced', 'visible']);
  });

  it('tells the layer that took a file from sight: its own whiteout, that of a folder, or another file', () => {
    const filesystem = merge(
      ['a=1', 'b=1', 'c=1', 'd/', 'd/e=1'],
      ['b=2'],
      ['.wh.d', '.wh.b'],
      ['d/', 'd/e=2', '.wh.a'],
      ['.wh.d'],
    );
    expect([0, 1, 2, 3, 4].map((ordinal) => filesystem.hiddenBy(0, ordinal))).toEqual([
      3,
      1,
      undefined,
      2,
      2,
    ]);
    expect(filesystem.hiddenBy(1, 0)).toBe(2);
    expect(filesystem.hiddenBy(2, 0)).toBeUndefined();
    expect(filesystem.hiddenBy(3, 1)).toBe(4);
  });

  it('a file is hidden by the layer that takes its last name, and its own layer hides nothing', () => {
    const filesystem = merge(['a=1', 'b => a', 'c=1', 'c=2'], ['.wh.a'], ['.wh.b']);
    expect([0, 1, 2, 3].map((ordinal) => filesystem.hiddenBy(0, ordinal))).toEqual([
      2,
      2,
      undefined,
      undefined,
    ]);
  });

  it('a file whose other name remains is visible', () => {
    const filesystem = merge(['a=1', 'b => a'], ['.wh.a']);
    expect(filesystem.visibility(0, 'a', 0)).toBe('visible');
  });

  it('goes by where an entry landed, not by how its path is written', () => {
    const filesystem = merge(['s -> d', 's/f=1', 'd/g=1'], ['d/f=2']);
    expect(filesystem.visibility(0, 's/f', 1)).toBe('replaced');
  });
});

describe('lookup', () => {
  const filesystem = merge([
    'usr/bin/app=9',
    'bin -> usr/bin',
    'run -> /bin/app',
    'loop -> loop',
    'up -> ../../usr',
  ]);

  it('follows parents always and the last part where asked', () => {
    expect(filesystem.lookup('/bin/app')).toMatchObject({ path: 'usr/bin/app', size: 9, layer: 0 });
    expect(filesystem.lookup('run')).toMatchObject({ type: 'symlink', linkPath: '/bin/app' });
    expect(filesystem.lookup('run', { follow: true })).toMatchObject({ path: 'usr/bin/app' });
    expect(filesystem.lookup('up/bin/../bin/app')).toMatchObject({ path: 'usr/bin/app' });
  });

  it.each(['', '/', 'nothing', 'usr/bin/app/x', 'loop/x', '__proto__', 'constructor'])(
    'finds nothing at %j',
    (path) => {
      expect(filesystem.lookup(path)).toBeUndefined();
    },
  );
});

describe('size', () => {
  it('takes a layer of 200,000 entries, deep paths and a marker on every level', () => {
    const deep = Array.from({ length: 500 }, (_, level) => `${'d/'.repeat(level + 1)}`);
    const bottom = deep.at(-1) ?? '';
    const files = Array.from({ length: 200_000 }, (_, at) => `${bottom}f${at}`);
    const markers = deep.map((folder) => `${folder}.wh..wh..opq`);
    const filesystem = merge([...deep, ...files, ...markers, ...markers.reverse()], ['x']);
    expect(filesystem.files().reduce((count) => count + 1, 0)).toBe(500 + 200_000 + 1);
    expect(filesystem.visibility(0, `${bottom}f7`, deep.length + 7)).toBe('visible');
  });
});

describe('properties', () => {
  const name = fc.constantFrom('a', 'b', 'c', '.wh.a', '.wh.b', '.wh..wh..opq', '.wh.');
  const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'));
  const target = fc.oneof(path, fc.constantFrom('/', '..', '../..', '/a', 'a/../b', '.'));
  const line = fc.oneof(
    path,
    path.map((text) => `${text}/`),
    fc.tuple(path, target).map(([text, to]) => `${text} -> ${to}`),
    fc.tuple(path, target).map(([text, to]) => `${text} => ${to}`),
  );
  const layers = fc.array(fc.array(line, { maxLength: 8 }), { maxLength: 3 });

  it('any layers make a filesystem in which every file is found at its path, or are refused', () => {
    fc.assert(
      fc.property(layers, (wanted) => {
        let filesystem: MergedFilesystem;
        try {
          filesystem = merge(...wanted);
        } catch (thrown) {
          expect(thrown).toMatchObject({ name: 'PratiqueError', code: 'FILESYSTEM_AMBIGUOUS' });
          return;
        }
        const files = [...filesystem.files()];
        expect(new Set(files.map((file) => file.path)).size).toBe(files.length);
        for (const file of files) expect(filesystem.lookup(file.path)).toEqual(file);
      }),
      { numRuns: 2000 },
    );
  });

  it('layers without links or whiteouts make the last version of each path', () => {
    const simple = fc.array(
      fc.array(fc.tuple(fc.constantFrom('a', 'b', 'd/a', 'd/b', 'd/e/a'), fc.nat(9)), { maxLength: 6 }),
      { maxLength: 4 },
    );
    fc.assert(
      fc.property(simple, (wanted) => {
        const filesystem = merge(...wanted.map((layer) => layer.map(([text, size]) => `${text}=${size}`)));
        const last = new Map(wanted.flat());
        const files = [...filesystem.files()].filter(({ type }) => type === 'file');
        expect(new Map(files.map((file) => [file.path, file.size]))).toEqual(last);
      }),
    );
  });
});

describe('where a path leads', () => {
  const layer = [
    'bin/sh',
    'sbin -> bin',
    'a/up -> ../bin',
    'loop -> loop',
    'out -> ../../../bin/none',
    'p -> /proc/self',
    'proc/self -> /bin',
    'self -> .',
  ];
  it.each([
    ['/bin/sh', 'bin/sh'],
    ['sbin//./sh', 'bin/sh'],
    ['a/up/sh', 'bin/sh'],
    ['a/up/../x/y', 'x/y'],
    ['out/x', 'bin/none/x'],
    ['out/../sh', 'bin/sh'],
    ['p/exe', 'proc/self/exe'],
    ['proc/self/sh', 'proc/self/sh'],
    ['p/../../bin/sh', 'bin/sh'],
    ['bin/sh/x', 'bin/sh/x'],
    ['self/self/self/sbin', 'bin'],
    ['', ''],
    ['..', ''],
    ['loop', undefined],
    ['loop/x', undefined],
    [`${'self/'.repeat(40)}bin`, 'bin'],
    [`${'self/'.repeat(41)}bin`, undefined],
  ])('%j leads to %j', (path, target) => {
    expect(merge(layer).resolve(path)).toBe(target);
  });

  it('is where a lookup finds the file, for every path that is there', () => {
    const parts = fc.constantFrom('bin', 'sbin', 'sh', 'a', 'up', '..', '.', 'self', 'loop', 'none');
    const filesystem = merge(layer);
    fc.assert(
      fc.property(fc.array(parts, { maxLength: 8 }), (path) => {
        const found = filesystem.lookup(path.join('/'), { follow: true });
        if (found !== undefined) expect(filesystem.resolve(path.join('/'))).toBe(found.path);
      }),
    );
  });
});

describe('what an entry made', () => {
  it('is told under a name that is left, with its last mode and the entry that set it', () => {
    const filesystem = new MergedFilesystem();
    const file = { ...entry('f=1'), capabilities: 1 };
    filesystem.addLayer(0, [file, { ...entry('g => f'), mode: 0o4755 }, entry('d/')]);
    filesystem.addLayer(1, [entry('.wh.f'), { ...entry('d/'), mode: 0o777 }]);
    expect(filesystem.made(0, 0)).toMatchObject({ path: 'g', mode: 0o4755, capabilities: 1, ordinal: 0 });
    expect(filesystem.made(0, 2)).toMatchObject({ path: 'd', mode: 0o777, layer: 1, ordinal: 1 });
    expect(filesystem.made(1, 0)).toBeUndefined();
    expect(filesystem.made(5, 0)).toBeUndefined();
  });

  it('is in the list of its folder', () => {
    const filesystem = merge(['d/a', 'd/b -> a', 'l -> d', 'f'], ['d/.wh.a']);
    expect([...filesystem.list('l')].map(({ path }) => path)).toEqual(['d/b']);
    expect([...filesystem.list('f'), ...filesystem.list('none')]).toEqual([]);
  });
});
