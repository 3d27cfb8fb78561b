// What layers made to exhaust a scanner cost the built program, in seconds and memory: npm run bench:bombs
// -- --large adds a layer of 1 GB as stored; -- zstd members runs those whose names have one of these words.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { header } from '../test/io/tar-parts.ts';
import {
  type Bomb,
  boastfulFile,
  emptyMembers,
  nestedGzip,
  sparseHole,
  TEN_GIB,
  writeBomb,
  zerosInGzip,
  zerosInZstd,
} from '../test/support/bombs.ts';
import { buildProgram, type Measured } from '../test/support/built-program.ts';

const GiB = 2 ** 30;
const MOST_MEMORY = 256; // MiB of resident memory
const MOST_SECONDS = 2; // of processor time until a bomb is refused, the start of the program included

interface Case {
  readonly name: string;
  readonly bomb: () => Bomb;
  /** settings under `limits:` */
  readonly limits?: Readonly<Record<string, number>>;
  /** the code of its refusal; absent where it is to be read to its end */
  readonly refused?: string;
}

const oneGiB = header({ name: 'zeros', size: GiB });
const oneTiB = header({ name: 'zeros', size: '\u0080\0\0\0\0\0\u0001\0\0\0\0\0' });
const CASES: readonly Case[] = [
  {
    name: '10 GiB of zeros in gzip',
    bomb: () => ({ ...zerosInGzip(TEN_GIB.head, TEN_GIB.zeros, TEN_GIB.crc), diffId: TEN_GIB.diffId }),
  },
  {
    name: '10 GiB of zeros in zstd',
    bomb: () => ({ ...zerosInZstd(TEN_GIB.head, TEN_GIB.zeros), diffId: TEN_GIB.diffId }),
  },
  ...['gzip', 'zstd'].map((kind) => ({
    name: `1 GiB of zeros in ${kind}, 1 MiB allowed`,
    bomb: () => (kind === 'gzip' ? zerosInGzip(oneGiB, GiB) : zerosInZstd(oneGiB, GiB)),
    limits: { 'expanded-bytes': 2 ** 20 },
    refused: 'LIMIT_EXCEEDED',
  })),
  { name: 'a file that claims 1 TiB', bomb: boastfulFile, refused: 'LIMIT_EXCEEDED' },
  { name: 'a sparse file with a hole of 1 TiB', bomb: sparseHole, refused: 'LIMIT_EXCEEDED' },
  { name: '4,000,000 empty gzip members', bomb: () => emptyMembers(), refused: 'LIMIT_EXCEEDED' },
  { name: 'gzip in gzip, 50 deep', bomb: () => nestedGzip(50), refused: 'TAR_INVALID' },
];
const LARGE: readonly Case[] = [
  {
    name: '1 GB as stored, 1 TiB of zeros',
    bomb: () => zerosInGzip(oneTiB, 1024 * GiB),
    refused: 'LIMIT_EXCEEDED',
  },
];

async function run(one: Case, program: (argv: readonly string[]) => Promise<Measured>): Promise<boolean> {
  const folder = await mkdtemp(join(tmpdir(), 'pratique-bomb-'));
  try {
    await writeBomb(join(folder, 'layout'), one.bomb());
    const limits = Object.entries(one.limits ?? {}).map(([name, value]) => `  ${name}: ${value}\n`);
    const policy = join(folder, 'policy.yaml');
    await writeFile(policy, `version: 1\n${limits.length === 0 ? '' : `limits:\n${limits.join('')}`}`);
    const argv = ['check', `oci:${join(folder, 'layout')}:bomb`, '--policy', policy, '-o', 'json'];
    return judge(one, await program(argv));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function judge({ name, refused }: Case, { code, out, err, peak, seconds, cpuSeconds }: Measured): boolean {
  const memory = Math.round(peak / 1024);
  const isRight = refused === undefined ? code === 0 || code === 1 : code === 3 && out.includes(refused);
  const isSmall = memory <= MOST_MEMORY;
  const isQuick = refused === undefined || cpuSeconds <= MOST_SECONDS;
  const faults = [
    isRight ? '' : `ended with ${code}: ${err.slice(0, 300)}`,
    isSmall ? '' : 'too much memory',
    isQuick ? '' : 'too slow',
  ];
  const fault = faults.filter((text) => text !== '').join(', ');
  const outcome = refused === undefined ? 'read whole' : `refused, ${refused}`;
  console.log(
    `${name.padEnd(38)} ${seconds.toFixed(1).padStart(6)} s (processor ${cpuSeconds.toFixed(1).padStart(5)} s) ${String(memory).padStart(5)} MiB  ${fault || outcome}`,
  );
  return fault === '';
}

const folder = await mkdtemp(join(tmpdir(), 'pratique-bombs-'));
try {
  const program = await buildProgram(join(folder, 'program'));
  const words = process.argv.slice(2).filter((word) => word !== '--large');
  const cases = process.argv.includes('--large') ? [...CASES, ...LARGE] : CASES;
  const chosen = cases.filter(({ name }) => words.length === 0 || words.some((word) => name.includes(word)));
  for (const one of chosen) if (!(await run(one, program))) process.exitCode = 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}
