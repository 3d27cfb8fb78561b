import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LayoutBytes } from './case.ts';

/** What came of one case in one program: what a container would see, or that there is none. */
export type Seen = readonly string[] | 'reject' | 'timeout';

/** What came of one case. A program that was not asked is absent. */
export interface Outcome {
  /** sha256 over the layout, 16 hex digits; absent where the bytes depend on the version of zlib */
  readonly bytes?: string;
  /** containerd with its overlayfs snapshotter, which most nodes use */
  readonly overlayfs: Seen;
  /** containerd with its native snapshotter */
  readonly native: Seen;
  /** containerd with overlayfs, and unpigz installed */
  readonly pigz?: Seen;
  readonly umoci: Seen;
  /** the digest of the manifest that skopeo chose, 8 hex digits */
  readonly skopeo: string;
  /** entries of the first layer as Go's archive/tar reads them: type, size and 8 hex digits of sha256 */
  readonly go?: readonly string[] | 'reject';
}

export interface Outcomes {
  readonly about: Readonly<Record<string, string>>;
  readonly cases: ReadonlyMap<string, Outcome>;
}

const FILE = join(import.meta.dirname, 'outcomes.json');
const TREES = ['overlayfs', 'native', 'pigz', 'umoci'] as const;

/** Reads the measured outcomes, by `group/name`. */
export function readOutcomes(): Outcomes {
  const { about, cases } = JSON.parse(readFileSync(FILE, 'utf8')) as {
    about: Record<string, string>;
    cases: Record<string, Record<string, unknown>>;
  };
  return {
    about,
    cases: new Map(Object.entries(cases).map(([name, packed]) => [name, unpackOutcome(packed)])),
  };
}

/** As JSON, one case a line; what several programs saw alike is written once. */
export function outcomesText(
  about: Readonly<Record<string, string>>,
  cases: ReadonlyMap<string, Outcome>,
): string {
  const lines = [...cases].map(
    ([name, outcome]) => `${JSON.stringify(name)}:${JSON.stringify(packOutcome(outcome))}`,
  );
  return `{"about":${JSON.stringify(about, null, 1)},\n"cases":{\n${lines.join(',\n')}\n}}\n`;
}

/** A name for the bytes of a layout. */
export function nameOfBytes(files: LayoutBytes): string {
  const hash = createHash('sha256');
  for (const [path, bytes] of [...files].sort(([a], [b]) => (a < b ? -1 : 1)))
    hash.update(`${path}\0${bytes.length}\0`).update(bytes);
  return hash.digest('hex').slice(0, 16);
}

function packOutcome(outcome: Outcome): Record<string, unknown> {
  const packed: Record<string, unknown> = { ...outcome };
  const trees = new Map<string, string>();
  for (const key of TREES) {
    const seen = outcome[key];
    if (seen === undefined || typeof seen === 'string') continue;
    const text = JSON.stringify(seen);
    const letter = trees.get(text) ?? String.fromCharCode(65 + trees.size);
    if (!trees.has(text)) packed[letter] = seen;
    trees.set(text, letter);
    packed[key] = letter;
  }
  return packed;
}

function unpackOutcome(packed: Record<string, unknown>): Outcome {
  const whole: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(packed)) {
    if (/^[A-Z]$/.test(key)) continue;
    whole[key] = typeof value === 'string' && /^[A-Z]$/.test(value) ? packed[value] : value;
  }
  return whole as unknown as Outcome;
}
