import { describe, expect, test } from 'vitest';
import { baseAge } from '../../src/checks/base/age.ts';
import { baseApproved } from '../../src/checks/base/approved.ts';
import { PratiqueError } from '../../src/errors.ts';
import type { BaseKnowledge, BaseMatch } from '../../src/model/base.ts';
import { fakeToken } from '../scan/images.ts';
import { contextOf, descriptorOf, imageOf, ruleOf } from './samples.ts';

const CHAIN = [descriptorOf('layer').digest];
const GOLDEN = { kind: 'chain', name: 'golden', diffIds: CHAIN } as const;
const AWAY = { name: 'a/b:1', error: new PratiqueError('NETWORK', { what: 'it is away' }) };
const CLAIM = 'org.opencontainers.image.base.name';

describe('base.approved', () => {
  const context = (base?: BaseKnowledge, bases = [GOLDEN]) => ({
    ...contextOf({ bases }),
    ...(base && { base }),
  });
  const run = (base?: BaseKnowledge, labels = new Map<string, string>()) =>
    baseApproved.run(imageOf({ diffIds: CHAIN, labels }), context(base));
  const match: BaseMatch = { name: 'golden', layers: 1 };

  test('asks nothing where the policy approves no bases', () => {
    expect(baseApproved.run(imageOf(), context(undefined, []))).toEqual([]);
  });

  test('passes on an approved base, whatever else could not be read, and says on which', () => {
    const base = { match, unread: [AWAY] };
    expect(run(base)).toEqual([]);
    expect(baseApproved.note?.(imageOf(), context(base))).toBe(
      'on golden: 1 of 0 layers; 1 other approved could not be read',
    );
    expect(baseApproved.note?.(imageOf(), context(undefined, []))).toBe('no base is demanded');
  });

  test('cannot find out where nothing fits and one could not be read, or where nobody looked', () => {
    expect(() => run({ unread: [AWAY] })).toThrow(expect.objectContaining({ code: 'NETWORK' }));
    expect(() => run()).toThrow(expect.objectContaining({ code: 'SCAN_INCOMPLETE' }));
  });

  test('finds an image on none, tells its claim as a claim, and no secret in it', () => {
    const secret = fakeToken('base');
    const [found] = run({ unread: [] }, new Map([[CLAIM, 'golden']]));
    expect(found).toMatchObject({ rule: 'base.approved', severity: 'high', args: { claimed: 'golden' } });
    expect(found?.message).toContain('which proves nothing');
    expect(JSON.stringify(run({ unread: [] }, new Map([[CLAIM, secret]])))).not.toContain(secret);
  });
});

describe('base.age', () => {
  const run = (base: BaseKnowledge | undefined, seconds: number | undefined = 30 * 86_400) => {
    const rule = ruleOf(seconds === undefined ? {} : { baseMaxAgeSeconds: seconds });
    return baseAge.run(imageOf(), { ...contextOf({}, { rule }), ...(base && { base }) });
  };
  const on = (created?: string): BaseKnowledge => ({
    match: { name: 'golden', layers: 1, ...(created === undefined ? {} : { created }) },
    unread: [],
  });

  test('asks nothing where the rule demands nothing', () => {
    expect(baseAge.run(imageOf(), contextOf({}, { rule: ruleOf() }))).toEqual([]);
    expect(baseAge.run(imageOf(), contextOf())).toEqual([]);
  });

  test('tells the base and its age', () => {
    expect(run(on('2026-11-01T12:00:00Z'))).toEqual([]);
    expect(run(on('2026-10-01T12:00:00Z'))[0]?.message).toBe(
      'its base golden was built 51 days ago; the policy allows 30 days',
    );
  });

  test.each([undefined, '', '1970-01-01T00:00:00Z', '0001-01-01T00:00:00Z', '2031-01-01T00:00:00Z'])(
    'calls no base stale whose date is %j: its age is unknown',
    (created) => {
      expect(() => run(on(created))).toThrow(expect.objectContaining({ code: 'AGE_UNKNOWN' }));
    },
  );

  test('cannot find out the age of a base that is not known', () => {
    expect(() => run({ unread: [] })).toThrow(expect.objectContaining({ code: 'AGE_UNKNOWN' }));
    expect(() => run(undefined)).toThrow(expect.objectContaining({ code: 'AGE_UNKNOWN' }));
    expect(() => run({ unread: [AWAY] })).toThrow(expect.objectContaining({ code: 'NETWORK' }));
  });
});
