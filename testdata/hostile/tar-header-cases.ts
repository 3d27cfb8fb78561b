import { body, END, file, GNU_MAGIC, header } from '../../test/io/tar-parts.ts';
import { type HostileCase, layered, plainLayer } from './case.ts';
import { base256, device, evil, ghost, MARKER, ok, patched, tarOf } from './tar-bytes.ts';

/** A case of one archive. */
export function tarCase(name: string, note: string, ...parts: readonly Uint8Array[]): HostileCase {
  return layered('tar', name, note, () => [plainLayer(tarOf(...parts))]);
}

/** A case of one archive to which no end marker is added. */
export function rawCase(name: string, note: string, ...parts: readonly Uint8Array[]): HostileCase {
  return layered('tar', name, note, () => [plainLayer(Buffer.concat(parts))]);
}

const GHOST_BYTES = ghost().length;

/** Types that have no body whatever their size says; and what stands where the body would be. */
function headerOnly(): readonly HostileCase[] {
  const types = { hardlink: '1', symlink: '2', character: '3', block: '4', directory: '5', fifo: '6' };
  return Object.entries(types).flatMap(([word, type]) => {
    const linkName = type === '1' || type === '2' ? 'ok.txt' : '';
    const head = { name: type === '5' ? 'odd/' : 'odd', type, linkName };
    return [
      tarCase(
        `${word}-with-size`,
        'the next entry lies where a body would',
        ok(),
        header({ ...head, size: GHOST_BYTES }),
        ghost(),
      ),
      tarCase(
        `${word}-with-size-past-the-end`,
        'a body longer than the archive',
        ok(),
        header({ ...head, size: 1 << 20 }),
        evil(),
      ),
      tarCase(
        `${word}-with-negative-size`,
        'a negative size that nobody needs',
        ok(),
        header({ ...head, size: base256(-1n) }),
        evil(),
      ),
    ];
  });
}

/** Every letter and digit that a type can be, with a body. */
function types(): readonly HostileCase[] {
  const flags = [...'0789ABCDEFHIJMNOPQRSTUVWYZabehlz', '\0', ' ', '\x7f', '\xff'];
  return flags.map((type) => {
    const code = type.charCodeAt(0).toString(16).padStart(2, '0');
    return tarCase(
      `type-${code}`,
      `type flag 0x${code} with a body`,
      ok(),
      file('odd.txt', `${MARKER}\n`, { type }),
      evil(),
    );
  });
}

const OCTAL_SIZES: Readonly<Record<string, readonly [string, string]>> = {
  'octal-leading-spaces': ['         31\0', 'padded with spaces'],
  'octal-leading-nuls': ['\0\0\0\0\0\0\0\0\x0031\0', 'padded with NULs in front'],
  'octal-trailing-spaces': ['31          ', 'padded with spaces behind'],
  'octal-inner-space': ['0000 0000031', 'a space between digits'],
  'octal-inner-nul': ['31\x00777777777', 'digits behind a NUL'],
  'octal-no-terminator': ['000000000031', 'twelve digits and no end'],
  'octal-only-spaces': ['            ', 'twelve spaces'],
  'octal-minus': ['-0000000031\0', 'a minus sign'],
  'octal-plus': ['+0000000031\0', 'a plus sign'],
  'octal-digit-8': ['00000000038\0', 'a digit that is not octal'],
  'octal-hex': ['0x000000019\0', 'hexadecimal'],
  'octal-0o': ['0o000000031\0', 'an octal prefix as in Go'],
  'octal-underscore': ['000_0000031\0', 'an underscore as in Go'],
  'octal-tab': ['\t0000000031\0', 'a tab in front'],
  'octal-letters': ['abcdefghijk\0', 'letters'],
  'octal-space-nul-mix': [' \x00 \x00 31\0 \0 \0', 'spaces and NULs in turns'],
  'octal-largest': ['777777777777', 'the largest size of twelve digits'],
};

const BASE_256_SIZES: Readonly<Record<string, readonly [string, string]>> = {
  'base256-small': [base256(25n), 'a small size in base 256'],
  'base256-zero': [base256(0n), 'nothing, in base 256'],
  'base256-minus-one': [base256(-1n), 'minus one'],
  'base256-smallest-64': [base256(-(2n ** 63n)), 'the smallest number of 64 bits'],
  'base256-largest-64': [base256(2n ** 63n - 1n), 'the largest number of 64 bits'],
  'base256-2-63': [base256(2n ** 63n), 'one more than 64 bits hold'],
  'base256-2-64-and-25': [base256(2n ** 64n + 25n), 'wraps to 25 in 64 bits'],
  'base256-2-53-and-1': [base256(2n ** 53n + 1n), 'not exact as a double'],
  'base256-2-32-and-25': [base256(2n ** 32n + 25n), 'wraps to 25 in 32 bits'],
  'base256-all-ones': ['\xff'.repeat(12), 'all bits set'],
  'base256-bit-6': [`\xc0${'\0'.repeat(10)}\x19`, 'the sign bit of the first byte alone'],
};

function sizes(): readonly HostileCase[] {
  return Object.entries({ ...OCTAL_SIZES, ...BASE_256_SIZES }).map(([name, [size, note]]) =>
    tarCase(
      `size-${name}`,
      note,
      ok(),
      header({ name: 'sized.txt', size }),
      body(`${MARKER}\n`.padEnd(512, 'x')),
      evil(),
    ),
  );
}

/** Other numbers of a header, each unreadable or out of range in its own way. */
function numbers(): readonly HostileCase[] {
  const fields = { mode: 100, uid: 108, gid: 116, mtime: 136, devmajor: 329, devminor: 337 };
  const broken = Object.entries(fields).map(([field, at]) =>
    tarCase(
      `bad-${field}`,
      `letters in ${field}`,
      ok(),
      patched({ name: 'n.txt', size: 0 }, [at, 'zzzzzzz']),
      evil(),
    ),
  );
  const owner = (value: bigint) => base256(value, 8);
  return [
    ...broken,
    tarCase(
      'bad-devmajor-v7',
      'letters where version 7 has nothing',
      ok(),
      patched({ name: 'n.txt', magic: '\0'.repeat(8) }, [329, 'zzzzzzz']),
      evil(),
    ),
    tarCase('mode-setuid', 'set-user-id and sticky', ok(), file('su', 'x', { mode: 0o5755 }), evil()),
    tarCase(
      'mode-with-type-bits',
      'a mode that says folder on a file',
      ok(),
      file('f', 'x', { mode: '0040755\0' }),
      evil(),
    ),
    tarCase(
      'mode-high-bits',
      'a mode with all bits set',
      ok(),
      file('f', 'x', { mode: '7777777\0' }),
      evil(),
    ),
    tarCase(
      'uid-base256',
      'an owner of 31 bits',
      ok(),
      file('f', 'x', { uid: owner(2n ** 31n - 1n) }),
      evil(),
    ),
    tarCase(
      'uid-2-32',
      'an owner that wraps to root',
      ok(),
      file('f', 'x', { uid: owner(2n ** 32n), gid: owner(2n ** 32n) }),
      evil(),
    ),
    tarCase('uid-negative', 'an owner of minus two', ok(), file('f', 'x', { uid: owner(-2n) }), evil()),
    tarCase(
      'uid-minus-one',
      'an owner that means: leave it',
      ok(),
      file('f', 'x', { uid: owner(-1n), gid: owner(-1n) }),
      evil(),
    ),
    tarCase(
      'mtime-negative',
      'a time before 1970',
      ok(),
      patched({ name: 'n.txt' }, [136, base256(-1n)]),
      evil(),
    ),
    tarCase(
      'mtime-huge',
      'a time that no clock has',
      ok(),
      patched({ name: 'n.txt' }, [136, base256(2n ** 62n)]),
      evil(),
    ),
  ];
}

function checksums(): readonly HostileCase[] {
  const high = { name: 'n\xe9\xe8.txt', size: 0 };
  const text = (field: string) => patched({ name: 'n.txt' }).fill(field, 148, 148 + field.length, 'latin1');
  const sum = patched({ name: 'n.txt' }).toString('latin1', 148, 154);
  return [
    tarCase(
      'checksum-signed',
      'summed as signed bytes',
      ok(),
      header({ ...high, checksum: 'signed' }),
      evil(),
    ),
    tarCase('checksum-wrong', 'one more than the sum', ok(), header({ ...high, checksum: 'wrong' }), evil()),
    tarCase('checksum-zero', 'no sum at all', ok(), text('\0\0\0\0\0\0\0\0'), evil()),
    tarCase('checksum-spaces', 'spaces for a sum', ok(), text('        '), evil()),
    tarCase('checksum-no-space', 'digits, NUL, NUL', ok(), text(`${sum}\0\0`), evil()),
    tarCase('checksum-space-nul', 'digits, space, NUL', ok(), text(`${sum} \0`), evil()),
    tarCase('checksum-8-digits', 'eight digits', ok(), text(`00${sum}`), evil()),
    tarCase(
      'checksum-base256',
      'the sum in base 256',
      ok(),
      text(base256(BigInt(Number.parseInt(sum, 8)), 8)),
      evil(),
    ),
    tarCase('checksum-minus', 'a minus sign before the sum', ok(), text(`-${sum}\0`), evil()),
    rawCase('checksum-wrong-first', 'nothing but a bad header', header({ ...high, checksum: 'wrong' }), END),
  ];
}

const MAGICS: Readonly<Record<string, string>> = {
  v7: '\0\0\0\0\0\0\0\0',
  ustar: 'ustar\u000000',
  'ustar-no-version': 'ustar\0\0\0',
  'ustar-version-99': 'ustar\u000099',
  gnu: GNU_MAGIC,
  'gnu-space-nul-cut': 'ustar   ',
  'ustar-space-00': 'ustar 00',
  'upper-case': 'USTAR\u000000',
  bogus: 'notatar!',
};

function magics(): readonly HostileCase[] {
  const plain = Object.entries(MAGICS).flatMap(([word, magic]) => [
    tarCase(`magic-${word}`, `magic ${JSON.stringify(magic)}`, ok(), evil('m.txt', { magic })),
    tarCase(
      `magic-${word}-prefix`,
      'with bytes where a prefix would be',
      ok(),
      evil('m.txt', { magic, prefix: 'pre/fix' }),
    ),
  ]);
  const star: readonly [number, string] = [508, 'tar\0'];
  const starFile = (prefix: string, ...more: readonly (readonly [number, string])[]) =>
    Buffer.concat([patched({ name: 's.txt', size: 3, prefix }, star, ...more), body('abc')]);
  return [
    ...plain,
    tarCase('star', 'the trailer of star', ok(), starFile(''), evil()),
    tarCase('star-prefix-long', 'a prefix longer than star has', ok(), starFile('p/'.repeat(76)), evil()),
    tarCase(
      'star-times',
      'times where ustar has its prefix',
      ok(),
      starFile('pre', [476, '00000000001\0'], [488, '00000000001\0']),
      evil(),
    ),
    tarCase('star-bad-times', 'letters for times', ok(), starFile('pre', [476, 'zzzzzzzzzzz\0']), evil()),
    tarCase(
      'gnu-times',
      'times under the magic of GNU',
      ok(),
      Buffer.concat([
        patched({ name: 'g.txt', size: 1, magic: GNU_MAGIC }, [345, '00000000001\0'], [357, '00000000001\0']),
        body('x'),
      ]),
      evil(),
    ),
    tarCase(
      'gnu-bad-times-8bit',
      'neither times nor a prefix of ASCII',
      ok(),
      Buffer.concat([patched({ name: 'g.txt', size: 1, magic: GNU_MAGIC }, [345, 'pr\xe9/x']), body('x')]),
      evil(),
    ),
    tarCase('prefix-slash-end', 'a prefix with a slash at its end', ok(), evil('m.txt', { prefix: 'pre/' })),
    tarCase('prefix-absolute', 'a prefix from the root', ok(), evil('m.txt', { prefix: '/pre' })),
    tarCase('prefix-parent', 'a prefix that climbs', ok(), evil('m.txt', { prefix: '../../pre' })),
    tarCase(
      'prefix-and-absolute-name',
      'a prefix before an absolute name',
      ok(),
      evil('/m.txt', { prefix: 'pre' }),
    ),
    tarCase(
      'prefix-full',
      'prefix and name with no room for a NUL',
      ok(),
      evil('n'.repeat(100), { prefix: `${'p'.repeat(77)}/${'q'.repeat(77)}` }),
    ),
    tarCase('prefix-empty-name', 'a prefix and no name', ok(), evil('', { prefix: 'pre' })),
  ];
}

function devices(): readonly HostileCase[] {
  return [
    tarCase('device-character', '/dev/null', ok(), device('null', '3', 1, 3), evil()),
    tarCase('device-block', 'a disk', ok(), device('sda', '4', 8, 0), evil()),
    tarCase('device-0-0', 'what overlayfs takes for a deletion', ok(), device('gone', '3', 0, 0), evil()),
    tarCase(
      'device-0-0-over-file',
      'a deletion by device in its own layer',
      ok(),
      device('ok.txt', '3', 0, 0),
      evil(),
    ),
    tarCase('fifo', 'a pipe', ok(), header({ name: 'p', type: '6' }), evil()),
    tarCase(
      'fifo-setuid',
      'a pipe with set-user-id',
      ok(),
      header({ name: 'p', type: '6', mode: 0o4644 }),
      evil(),
    ),
  ];
}

export function tarHeaderCases(): readonly HostileCase[] {
  return [...headerOnly(), ...types(), ...sizes(), ...numbers(), ...checksums(), ...magics(), ...devices()];
}
