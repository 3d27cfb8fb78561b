import { describe, expect, it } from 'vitest';
import { PratiqueError } from '../../src/errors.ts';
import { allCases } from '../../testdata/hostile/cases.ts';
import { readOutcomes } from '../../testdata/hostile/outcomes.ts';
import { type ReadEntry, readTar } from '../io/layers.ts';

const FLAGS = {
  file: '0',
  hardlink: '1',
  symlink: '2',
  character: '3',
  block: '4',
  directory: '5',
  fifo: '6',
} as const;
const MEASURED = [...allCases()].flatMap(([name, one]) => {
  const go = readOutcomes().cases.get(name)?.go;
  return go === undefined ? [] : [[name, one, go] as const];
});

describe('our reader of tars beside that of Go', () => {
  it('has cases to be compared on', () => {
    expect(MEASURED.length).toBeGreaterThan(200);
  });

  it.each(MEASURED)('%s: the same entries, or a refusal', (_name, one, go) => {
    const tar = [...one.files()].find(([path, bytes]) => path.startsWith('blobs/') && bytes[0] !== 0x7b)?.[1];
    const ours = entriesOf(tar ?? new Uint8Array(0));
    if (ours !== 'refused') expect(ours).toEqual(go);
  });
});

function entriesOf(tar: Uint8Array): readonly string[] | 'refused' {
  try {
    return readTar(tar).entries.map(lineOf);
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(PratiqueError);
    return 'refused';
  }
}

function lineOf({ type, size, sha256 }: ReadEntry): string {
  return `${FLAGS[type]} ${size} ${sha256.slice(0, 8)}`;
}
