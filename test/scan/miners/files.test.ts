import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS } from '../../../src/io/limits.ts';
import { createImageScanner } from '../../../src/scan/image-scanner.ts';
import { scanLayer } from '../../../src/scan/scan-layer.ts';
import { makeElf } from '../../support/elf-file.ts';
import {
  elfOf,
  minerTexts,
  packedMiners,
  writtenMiners,
  XMRIG_WORDS,
} from '../../support/synthetic-miners.ts';
import { inPieces, makeLayer, type TestEntry } from '../images.ts';
import { scanPieces } from '../scan-text.ts';

const scanner = createImageScanner(undefined, DEFAULT_LIMITS);
const RULE_TEXTS = new URL('../../../testdata/miner-rules/', import.meta.url);

function digest(text: string): Buffer {
  return createHash('sha512').update(text).digest();
}

function sureIn(content: Uint8Array, path: string): readonly string[] {
  const hits = scanPieces(scanner, [content], { path });
  return hits
    .filter(({ check, confidence }) => check === 'miners' && confidence !== 'low')
    .map(({ rule }) => rule);
}

async function minersInLayer(entries: readonly TestEntry[]): Promise<readonly string[]> {
  const { layer, blob } = await makeLayer(entries);
  const { hits } = await scanLayer(inPieces(blob), layer, scanner, DEFAULT_LIMITS);
  return hits.filter(({ hit }) => hit.check === 'miners').map(({ path, hit }) => `${path} ${hit.rule}`);
}

describe('synthetic miners', () => {
  it.each([...minerTexts(), ...writtenMiners()].map((file) => [file.name, file] as const))(
    'are found: %s',
    (_, { content, path }) => {
      expect(sureIn(content, path)).toHaveLength(1);
    },
  );

  it('are found however the file is cut', () => {
    for (const { content, path } of [...minerTexts(), ...writtenMiners()]) {
      const pieces = [...content].map((byte) => Uint8Array.of(byte));
      expect(scanPieces(scanner, pieces, { path })).toEqual(scanPieces(scanner, [content], { path }));
    }
  });

  it('are found in base64 though the text around it only mentions them', () => {
    const command = '#!/bin/sh\n./w -o pool.hashvault.pro:443 --donate-level=1\n';
    const text = `# w --url pool.hashvault.pro:443 --donate-level=1\n\n${Buffer.from(command).toString('base64')}\n`;
    expect(sureIn(Buffer.from(text), 'srv/readme.md')).toEqual(['miners.configuration']);
    expect(sureIn(Buffer.from(text.split('\n')[0] ?? ''), 'srv/readme.md')).toEqual([]);
  });

  it('are found by the layer, deep in archives as well', async () => {
    const { blob: inner } = await makeLayer([{ name: 'bin/worker', content: elfOf(XMRIG_WORDS) }]);
    expect(await minersInLayer([{ name: 'srv/a.tgz', content: inner }])).toEqual([
      'srv/a.tgz!/bin/worker miners.program',
    ]);
  });
});

describe('packed miners', () => {
  it.each(packedMiners().map((file) => [file.name, file] as const))(
    'are found by what they unpack to: %s',
    async (_, { path, content }) => {
      expect(await minersInLayer([{ name: path, content }])).toContain(`${path}!/unpacked miners.program`);
    },
  );

  it('that cannot be unpacked are a hint, and more than that in a hidden folder', () => {
    const bytes = Buffer.concat([...Array(2048).keys()].map((round) => digest(`${round}`)));
    const packed = makeElf({ segments: [{ bytes }] });
    const judge = (path: string) =>
      scanPieces(scanner, [packed], { path })
        .filter(({ check }) => check === 'miners')
        .map(({ rule, confidence }) => `${rule} ${confidence}`);
    expect(judge('usr/bin/x')).toEqual(['miners.packed low']);
    for (const path of ['tmp/x', 'var/tmp/.x/y', 'dev/shm/x', 'root/.config/x'])
      expect(judge(path)).toEqual(['miners.packed medium']);
  });
});

describe('texts that tell of miners', () => {
  const names = readdirSync(RULE_TEXTS);

  it('are thirty at least', () => expect(names.length).toBeGreaterThanOrEqual(30));

  it.each(names)('fail nothing: %s', (name) => {
    const content = readFileSync(new URL(name, RULE_TEXTS));
    expect(sureIn(content, `srv/rules/${name}`)).toEqual([]);
    expect(sureIn(content, `usr/share/doc/rules/${name}`)).toEqual([]);
  });
});
