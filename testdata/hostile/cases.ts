import type { HostileCase } from './case.ts';
import { configCases } from './config-cases.ts';
import { descriptorCases } from './descriptor-cases.ts';
import { filesystemCases } from './filesystem-cases.ts';
import { gnuCases } from './gnu-cases.ts';
import { gzipCases } from './gzip-cases.ts';
import { indexBodyCases } from './index-body-cases.ts';
import { indexCases } from './index-cases.ts';
import { jsonCases } from './json-cases.ts';
import { layerTypeCases } from './layer-type-cases.ts';
import { manifestCases } from './manifest-cases.ts';
import { paxCases } from './pax-cases.ts';
import { paxNameCases } from './pax-name-cases.ts';
import { randomCases } from './random-cases.ts';
import { sparseCases } from './sparse-cases.ts';
import { tarEndCases } from './tar-end-cases.ts';
import { tarHeaderCases } from './tar-header-cases.ts';
import { whiteoutCases } from './whiteout-cases.ts';
import { zstdCases } from './zstd-cases.ts';

/** Every hostile case, by `group/name`. */
export function allCases(): ReadonlyMap<string, HostileCase> {
  const all = [
    ...tarHeaderCases(),
    ...paxCases(),
    ...paxNameCases(),
    ...gnuCases(),
    ...sparseCases(),
    ...tarEndCases(),
    ...filesystemCases(),
    ...whiteoutCases(),
    ...randomCases(),
    ...gzipCases(),
    ...zstdCases(),
    ...layerTypeCases(),
    ...manifestCases(),
    ...jsonCases(),
    ...descriptorCases(),
    ...indexCases(),
    ...indexBodyCases(),
    ...configCases(),
  ];
  const cases = new Map(all.map((one) => [`${one.group}/${one.name}`, one]));
  if (cases.size !== all.length) throw new Error('two cases have one name');
  return cases;
}
