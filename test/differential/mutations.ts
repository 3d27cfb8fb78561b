import { seal } from '../io/tar-parts.ts';
import { NUMBERS, VALUES } from './archives.ts';
import type { Random } from './random.ts';

const BLOCK = 512;
/** Fields of a header: where they begin, and how many bytes they have. */
const FIELDS = [
  [0, 100],
  [100, 8],
  [108, 8],
  [116, 8],
  [124, 12],
  [124, 12],
  [136, 12],
  [148, 8],
  [156, 1],
  [156, 1],
  [157, 100],
  [257, 8],
  [329, 8],
  [337, 8],
  [345, 155],
  [345, 12],
  [357, 12],
  [386, 96],
  [476, 12],
  [482, 1],
  [483, 12],
  [508, 4],
] as const;
const TYPES = [...'01234567xgLKSVMDNX', '\0'];

/** Changes an archive in up to four places; leaves one in eight as it is. */
export function mutate(archive: Buffer, other: Buffer, random: Random): Buffer {
  let changed = Buffer.from(archive);
  for (let left = random.pick([0, 1, 1, 1, 1, 2, 2, 4]); left > 0 && changed.length > 0; left -= 1)
    changed = random.pick(MUTATIONS)(changed, random, other);
  return changed;
}

type Mutation = (archive: Buffer, random: Random, other: Buffer) => Buffer<ArrayBuffer>;

const MUTATIONS: readonly Mutation[] = [
  flipBit,
  setField,
  setField,
  setField,
  setType,
  setMagic,
  setPaxDigit,
  setPaxValue,
  insertBlock,
  deleteBlock,
  duplicateBlock,
  swapBlocks,
  splice,
  truncate,
  append,
  flipBit,
  dropByte,
];

function blockAt(archive: Buffer, index: number): Buffer {
  return archive.subarray(index * BLOCK, (index + 1) * BLOCK);
}

const countOf = (archive: Buffer) => Math.max(1, Math.floor(archive.length / BLOCK));

/** A block that looks like a header, or any. */
function pickHeader(archive: Buffer, random: Random): Buffer | undefined {
  for (let tries = 8; tries > 0; tries -= 1) {
    const block = blockAt(archive, random.below(countOf(archive)));
    const isHeader = block.length === BLOCK && /^[0-7]{6}\0 /.test(block.toString('latin1', 148, 156));
    if (isHeader) return block;
  }
  return undefined;
}

/** Most changes to a header keep its checksum right, or readers stop there. */
function editHeader(archive: Buffer, random: Random, edit: (block: Buffer) => void): Buffer<ArrayBuffer> {
  const changed = Buffer.from(archive);
  const block = pickHeader(changed, random);
  if (block === undefined) return changed;
  edit(block);
  if (random.chance(0.95)) seal(block);
  return changed;
}

function flipBit(archive: Buffer, random: Random): Buffer<ArrayBuffer> {
  if (random.chance(0.7))
    return editHeader(archive, random, (block) => {
      const at = random.below(BLOCK);
      block[at] = (block[at] ?? 0) ^ (1 << random.below(8));
    });
  const changed = Buffer.from(archive);
  const at = random.below(changed.length);
  changed[at] = (changed[at] ?? 0) ^ (1 << random.below(8));
  return changed;
}

function setField(archive: Buffer, random: Random): Buffer<ArrayBuffer> {
  return editHeader(archive, random, (block) => {
    const [at, length] = random.pick(FIELDS);
    const text = random.pick([...NUMBERS, ...VALUES]);
    if (random.chance(0.5)) block.fill(0, at, at + length);
    block.write(random.chance(0.5) ? text.slice(-length) : text.slice(0, length), at, 'latin1');
  });
}

function setType(archive: Buffer, random: Random): Buffer<ArrayBuffer> {
  return editHeader(archive, random, (block) => {
    block.write(random.pick(TYPES), 156, 'latin1');
  });
}

function setMagic(archive: Buffer, random: Random): Buffer<ArrayBuffer> {
  return editHeader(archive, random, (block) => {
    block.write(
      random.pick(['ustar\u000000', 'ustar  \0', 'ustar \0\0', '\0\0\0\0\0\0\0\0', 'ustar\0  ']),
      257,
      'latin1',
    );
    if (random.chance(0.3)) block.write('tar\0', 508, 'latin1');
  });
}

/** A byte of a body that is text: the numbers, keys and ends of PAX records and sparse maps among them. */
function setPaxDigit(archive: Buffer, random: Random): Buffer<ArrayBuffer> {
  const changed = Buffer.from(archive);
  const start = random.below(countOf(changed)) * BLOCK;
  changed.write(
    random.pick([...'0123456789-+ =\n\0,./', '\u00e9']),
    Math.min(start + random.below(60), changed.length - 1),
    'latin1',
  );
  return changed;
}

/** A value of a PAX record, of the same length so that the record stays whole. */
function setPaxValue(archive: Buffer, random: Random): Buffer<ArrayBuffer> {
  const changed = Buffer.from(archive);
  const from = random.below(changed.length);
  const equals = changed.indexOf('=', from);
  const end = changed.indexOf('\n', equals);
  if (equals < 0 || end < equals) return changed;
  const value = random.pick(VALUES);
  changed.write(
    value.slice(0, end - equals - 1).padStart(end - equals - 1, random.pick(['0', ' ', '1'])),
    equals + 1,
    'latin1',
  );
  return changed;
}

function insertBlock(archive: Buffer, random: Random, other: Buffer): Buffer<ArrayBuffer> {
  const at = random.below(countOf(archive) + 1) * BLOCK;
  const block = random.pick([Buffer.alloc(BLOCK), Buffer.alloc(BLOCK, 'x'), Buffer.from(blockAt(other, 0))]);
  return Buffer.concat([archive.subarray(0, at), block, archive.subarray(at)]);
}

function deleteBlock(archive: Buffer, random: Random): Buffer<ArrayBuffer> {
  const at = random.below(countOf(archive)) * BLOCK;
  return Buffer.concat([archive.subarray(0, at), archive.subarray(at + BLOCK)]);
}

function duplicateBlock(archive: Buffer, random: Random): Buffer<ArrayBuffer> {
  const from = random.below(countOf(archive));
  const at = random.below(countOf(archive)) * BLOCK;
  return Buffer.concat([archive.subarray(0, at), blockAt(archive, from), archive.subarray(at)]);
}

function swapBlocks(archive: Buffer, random: Random): Buffer<ArrayBuffer> {
  const changed = Buffer.from(archive);
  const [one, two] = [random.below(countOf(archive)), random.below(countOf(archive))];
  const held = Buffer.from(blockAt(changed, one));
  blockAt(changed, two).copy(changed, one * BLOCK);
  held.copy(changed, two * BLOCK);
  return changed;
}

function splice(archive: Buffer, random: Random, other: Buffer): Buffer<ArrayBuffer> {
  const end = random.below(countOf(archive) + 1) * BLOCK;
  return Buffer.concat([archive.subarray(0, end), other.subarray(random.below(countOf(other)) * BLOCK)]);
}

function truncate(archive: Buffer, random: Random): Buffer<ArrayBuffer> {
  const most = random.chance(0.5) ? random.below(archive.length) : random.below(countOf(archive) + 1) * BLOCK;
  return Buffer.from(archive.subarray(0, most));
}

function append(archive: Buffer, random: Random): Buffer<ArrayBuffer> {
  return Buffer.concat([archive, Buffer.alloc(random.below(1100), random.pick(['\0', 'x']))]);
}

/** Everything behind it moves out of step with the blocks. */
function dropByte(archive: Buffer, random: Random): Buffer<ArrayBuffer> {
  const at = random.below(archive.length);
  return Buffer.concat([archive.subarray(0, at), archive.subarray(at + 1)]);
}
