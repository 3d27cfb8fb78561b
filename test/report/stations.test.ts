import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PratiqueError } from '../../src/errors.ts';
import type { Ruled } from '../../src/model/verdict.ts';
import { stationsOf } from '../../src/report/stations.ts';
import { failed, passed, sampleFinding, unknown } from '../support/sample-verdicts.ts';

const error = new PratiqueError('NETWORK', { what: 'the registry did not answer' });
/** A check of one family in each state, gravest first. */
const STATES: readonly (readonly [state: string, ruled: (check: string) => Ruled])[] = [
  ['failed', (check) => failed(check, [sampleFinding()])],
  ['unknown', (check) => unknown(check, error)],
  ['warned', (check) => failed(check, [sampleFinding()], 'warn')],
  ['passed', (check) => passed(check)],
  ['off', (check) => ({ ...passed(check), level: 'off' })],
];

describe('a station of the gate', () => {
  test('is as good as the worst of its checks, in whatever order they came', () => {
    const some = fc.array(fc.nat(STATES.length - 1), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(some, (picked) => {
        const ruled = picked.flatMap((at, index) => STATES[at]?.[1](`hygiene.check-${index}`) ?? []);
        const station = stationsOf({ ruled }).find(({ label }) => label === 'hygiene');
        expect(station?.state).toBe(STATES[Math.min(...picked)]?.[0]);
      }),
    );
  });

  test('is not asked where there is no check of it, and some policies do not have it at all', () => {
    const states = new Map(stationsOf({ ruled: [] }).map(({ label, state }) => [label, state]));
    expect(states.get('secrets')).toBe('absent');
    expect(states.has('yara')).toBe(false);
  });
});
