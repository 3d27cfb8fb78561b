import { gzipSync } from 'node:zlib';
import { type Built, buildImage, buildLayer } from '../../src/demo/image-builder.ts';
import { MEDIA } from '../../src/model/media-type.ts';
import type { Result } from '../../src/model/verdict.ts';
import { describe } from '../../src/sources/documents/referrer-manifest.ts';
import { pushBuilt } from './push-built.ts';
import { CANARIES } from './stage.ts';

/** An image of a fleet, and what has to become of it. */
export interface Ship {
  /** `acme/ship3:7` */
  readonly name: string;
  readonly result: Result;
  /** a check or a code that its row has to name; absent where it is admitted */
  readonly reason?: string;
}

/** Ways in which one image of ten is refused, or cannot be judged. */
const TROUBLES = ['root', 'leak', 'torn', 'other', 'bomb', 'poison', 'stranger'] as const;
type Trouble = (typeof TROUBLES)[number];
const FATES: Readonly<Record<Trouble, Omit<Ship, 'name'>>> = {
  root: { result: 'refused', reason: 'hygiene.root-user' },
  leak: { result: 'refused', reason: 'secrets' },
  torn: { result: 'undecided', reason: 'COMPRESSION_INVALID' },
  other: { result: 'undecided', reason: 'DIFF_ID_MISMATCH' },
  bomb: { result: 'undecided', reason: 'LIMIT_EXCEEDED' },
  poison: { result: 'undecided', reason: 'SCAN_INCOMPLETE' },
  stranger: { result: 'refused', reason: 'name.allowed' },
};
const REPOSITORIES = 20;
const AT_ONCE = 8;

/** The policy that the fates above are by. */
export function fleetPolicy(host: string): string {
  return `version: 1
name: fleet
sources: { allow: ["${host}/acme/**"] }
checks: { hygiene.root-user: fail }
limits: { expanded-bytes: 4194304 }
`;
}

/**
 * What makes a judging process die of an image whose repository is called poison: the code of this program does no such thing, so that
 * it has to be made to. For `NODE_OPTIONS`.
 */
export const POISONED = `--import=data:text/javascript,${encodeURIComponent(
  `const { parse } = JSON; JSON.parse = (...all) => { const told = parse(...all); if (told?.kind === 'judge' && told.item.names[0].includes('/poison:')) process.kill(process.pid, 'SIGKILL'); return told; };`,
)}`;

/**
 * Pushes so many images, one of ten of them in trouble.
 * @param kib of text that no other image has, in each; 0: a few bytes
 */
export async function pushFleet(host: string, size: number, kib = 0): Promise<readonly Ship[]> {
  const base = await buildLayer([{ path: 'etc/os-release', content: 'ID=fleet\n' }]);
  const bomb = await buildLayer([{ path: 'zeros', content: Buffer.alloc(8 * 1024 * 1024) }]);
  const ships: Ship[] = [];
  const numbers = Array.from({ length: size }, (_, n) => n);
  const push = async () => {
    for (let n = numbers.shift(); n !== undefined; n = numbers.shift()) {
      const trouble = n % 10 === 0 ? TROUBLES[(n / 10) % TROUBLES.length] : undefined;
      const repository = placeOf(trouble, n);
      const own = await buildLayer([
        { path: `srv/${n}`, content: trouble === 'leak' ? `T=${CANARIES.file}\n${n}` : `${n}` },
        ...(kib > 0 ? [{ path: `srv/${n}.log`, content: textOf(n, kib) }] : []),
      ]);
      const layers = trouble === 'bomb' ? [base, own, bomb] : [base, own];
      await pushBuilt(
        host,
        repository,
        String(n),
        spoiled(buildImage({ layers, config: { User: trouble === 'root' ? '0' : '1000' } }), trouble),
      );
      ships.push({
        name: `${repository}:${n}`,
        ...(trouble === undefined ? { result: 'admitted' } : FATES[trouble]),
      });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, push));
  return ships;
}

/** Lines as a program writes them, other ones for each number. */
function textOf(n: number, kib: number): string {
  let at = n + 1;
  const lines: string[] = [];
  for (let length = 0; length < kib * 1024; length += lines.at(-1)?.length ?? 1) {
    at = (at * 48271) % 0x7fffffff; // Park and Miller's numbers: the same each time
    lines.push(`2026-11-21 worker-${at % 97} took item ${at} of list ${at % 1009} to shelf ${at % 31}\n`);
  }
  return lines.join('');
}

function placeOf(trouble: Trouble | undefined, n: number): string {
  if (trouble === 'poison') return 'acme/poison';
  return trouble === 'stranger' ? 'elsewhere/ship' : `acme/ship${n % REPOSITORIES}`;
}

/** The last layer is cut short, or is another than the configuration says. */
function spoiled(built: Built, trouble: Trouble | undefined): Built {
  if (trouble !== 'torn' && trouble !== 'other') return built;
  const manifest = JSON.parse(Buffer.from(built.root.bytes).toString()) as { layers: { digest: string }[] };
  const last = manifest.layers.at(-1)?.digest;
  const layer = built.blobs.find(({ descriptor }) => descriptor.digest === last);
  const bytes =
    trouble === 'torn' ? (layer?.bytes ?? Buffer.alloc(0)).subarray(0, -12) : gzipSync(Buffer.alloc(2048, 0));
  const content = describe(MEDIA.ociLayerGzip, bytes);
  manifest.layers[manifest.layers.length - 1] = content.descriptor;
  const { mediaType } = built.root.descriptor;
  return {
    root: describe(mediaType, Buffer.from(JSON.stringify(manifest))),
    blobs: [...built.blobs.filter((blob) => blob !== layer), content],
    manifests: [],
  };
}
