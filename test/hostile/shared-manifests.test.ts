import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type ErrorCode, PratiqueError } from '../../src/errors.ts';
import { readLayer } from '../../src/io/layer.ts';
import { DEFAULT_LIMITS } from '../../src/io/limits.ts';
import type { TarEntry, TarSink } from '../../src/io/tar/tar.ts';
import { openOciLayout } from '../../src/sources/layout/oci-layout.ts';

const FOLDER = join(import.meta.dirname, '../../../shared/hostile/manifest');
const here = existsSync(FOLDER);

interface Case {
  readonly containerd: string;
  readonly skopeo: string;
  readonly umoci: string;
  /** what a container would see */
  readonly fs: readonly string[];
}

/** What becomes of each case; `seen` names all that is looked at on an amd64 node. */
const EXPECTED: Readonly<Record<string, readonly string[] | ErrorCode>> = {
  // runtimes run these, and we see what they run
  artifact_type: ['good.txt[6]'],
  data_field: ['good.txt[6]'],
  no_platform_entry: ['evil.txt[25*]'],
  platform_lie: ['good.txt[6]'],
  same_layer_1000: ['good.txt[6]'],
  trailing_ws: ['good.txt[6]'],
  user_overflow: ['good.txt[6]'], // a check takes the user for root
  // one of two images of the same platform runs: we see both
  dup_platform_first_good: ['evil.txt[25*]', 'good.txt[6]'],
  // runtimes refuse these, or one of them does
  blob_digest_mismatch: 'DIGEST_MISMATCH',
  bom: 'JSON_INVALID',
  deep_nest_20k: 'LIMIT_EXCEEDED',
  diffid_fewer: 'CONFIG_INVALID',
  diffid_more: 'CONFIG_INVALID',
  digest_traversal: 'DIGEST_INVALID',
  nested_index: 'LIMIT_EXCEEDED',
  size_float: 'MANIFEST_INVALID',
  size_lie_small: 'LIMIT_EXCEEDED',
  size_zero: 'LIMIT_EXCEEDED',
  // runtimes agree, other readers see another image in the same bytes
  bad_utf8: 'JSON_INVALID',
  case_Config_pair: 'JSON_INVALID',
  case_longs: 'JSON_INVALID',
  config_dup_case_user: 'JSON_INVALID',
  dup_layers_key: 'JSON_INVALID',
  index_json_case: 'JSON_INVALID',
};

describe.skipIf(!here)('hostile manifests (skipped where ../shared/hostile is absent)', () => {
  const cases: Record<string, Case> = here
    ? JSON.parse(readFileSync(join(FOLDER, '../manifest.json'), 'utf8'))
    : {};

  test('every case has an expectation', () => {
    expect(readdirSync(FOLDER).sort()).toEqual(Object.keys(EXPECTED).sort());
    expect(Object.keys(cases).sort()).toEqual(Object.keys(EXPECTED).sort());
  });

  test.each(Object.entries(EXPECTED))('%s: %s', async (name, expected) => {
    const outcome = await outcomeOf(name, ['linux/amd64']);
    expect(outcome).toEqual(expected);
  });

  test.each(Object.entries(cases))(
    '%s: what runs is seen, or nothing is',
    async (name, { containerd, fs }) => {
      const outcome = await outcomeOf(name, ['linux/amd64']);
      if (containerd !== 'accept') expect(outcome).toBeTypeOf('string');
      if (typeof outcome !== 'string') expect(outcome).toEqual(expect.arrayContaining([...fs]));
    },
  );

  // On another node the other line would run, over content that says it is for amd64.
  test.each(['platform_lie', 'no_platform_entry'])(
    '%s: refused where every platform counts',
    async (name) => {
      expect(await outcomeOf(name, [])).toBe('MANIFEST_INVALID');
    },
  );
});

/** Names, sizes and marks of all files in all layers of all images; or the code of the fault. */
async function outcomeOf(name: string, platforms: readonly string[]): Promise<readonly string[] | string> {
  const source = openOciLayout(join(FOLDER, name), { name, limits: DEFAULT_LIMITS });
  const seen = new Set<string>();
  try {
    const { images } = await source.resolve({ platforms });
    for (const { layers } of images) {
      for (const layer of layers) {
        const sink = new Listing();
        await readLayer(source.blob(layer.blob), layer, sink, DEFAULT_LIMITS, name);
        for (const line of sink.lines) seen.add(line);
      }
    }
    return [...seen].sort();
  } catch (error) {
    if (error instanceof PratiqueError) return error.code;
    throw error;
  } finally {
    await source.close();
  }
}

class Listing implements TarSink {
  readonly lines: string[] = [];
  private current: TarEntry | undefined;
  private body = '';

  entry(entry: TarEntry): void {
    this.current = entry;
    this.body = '';
  }

  data(bytes: Uint8Array): void {
    this.body += Buffer.from(bytes).toString('latin1');
  }

  end(): void {
    const mark = this.body.includes('AKIA_SECRET') ? '*' : '';
    this.lines.push(`${this.current?.path}[${this.body.length}${mark}]`);
  }
}
