import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { prepareRules } from '../../src/scan/prepared-rules.ts';
import { RULE_SET } from '../../src/scan/rule-set.ts';
import { makeScanner, scanPieces } from './scan-text.ts';

/** Folders of texts that are here after `npm ci`: programs, manuals and types of others. Our own rules name services in each line. */
const FOLDERS = [
  'docs',
  'node_modules/@types',
  'node_modules/undici',
  'node_modules/yaml',
  'node_modules/zod',
];
const TEXTS = /\.(?:ts|cts|mts|js|cjs|mjs|md|json)$/;
const MOST_BYTES = 5e6;
/** for each MB of text */
const MOST_RUNS = 100;
/** Runs of patterns that look at what every text has, and why they may. */
const OFTEN: ReadonlyMap<string, readonly [most: number, why: string]> = new Map([
  ['secrets.url-password', [200, 'addresses begin alike; it fails within the name of the host']],
]);

function* textsUnder(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) =>
    a.name < b.name ? -1 : 1,
  )) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* textsUnder(path);
    else if (entry.isFile() && TEXTS.test(entry.name)) yield path;
  }
}

describe('what keywords cost on texts as they are', () => {
  const root = new URL('../..', import.meta.url).pathname;
  /** by source of a pattern as it is run: the rule */
  const shipped = new Map<string, string>();
  const runs = new Map<string, number>();
  const { exec } = RegExp.prototype;
  let bytes = 0;

  beforeAll(() => {
    const scanner = makeScanner();
    for (const target of prepareRules(RULE_SET).keywords.flatMap(({ targets }) => targets)) {
      if (target.kind === 'secret')
        shipped.set(target.run.pattern.source, RULE_SET.secrets[target.rule]?.id ?? '');
    }
    RegExp.prototype.exec = function count(this: RegExp, text: string) {
      const id = shipped.get(this.source);
      if (id !== undefined) runs.set(id, (runs.get(id) ?? 0) + 1);
      return exec.call(this, text);
    };
    for (const folder of FOLDERS) {
      for (const path of textsUnder(join(root, folder))) {
        const content = readFileSync(path);
        if (bytes >= MOST_BYTES) break;
        bytes += content.length;
        scanPieces(scanner, [content], { path: path.slice(root.length) });
      }
    }
  });
  afterAll(() => {
    RegExp.prototype.exec = exec;
  });

  it('is measured over some millions of bytes, in which patterns are run', () => {
    expect(bytes).toBeGreaterThan(4e6);
    expect([...runs.values()].reduce((sum, one) => sum + one, 0)).toBeGreaterThan(100);
  });

  it('is no more than a hundred runs of any pattern for each MB, but of those that are named here', () => {
    const often = RULE_SET.secrets.flatMap(({ id }) => {
      const [most] = OFTEN.get(id) ?? [MOST_RUNS];
      const each = (runs.get(id) ?? 0) / (bytes / 1e6);
      return each > most ? [`${id}: ${each.toFixed(0)}`] : [];
    });
    expect(often).toEqual([]);
  });
});
