import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PratiqueError } from '../../src/errors.ts';
import type { Confidence, Finding, Severity } from '../../src/model/finding.ts';
import { parseImagePattern } from '../../src/model/image-pattern.ts';
import { parseReference } from '../../src/model/reference.ts';
import type { Level, Outcome } from '../../src/model/verdict.ts';
import { type DecisionInput, decide } from '../../src/policy/decide.ts';
import type { CheckSetting, Exception, Policy } from '../../src/policy/policy.ts';
import { levelOf, ruleFor, settingOf } from '../../src/policy/settings.ts';
import { DEFAULT_POLICY, descriptorOf, ruleOf, sourcesOf } from '../checks/samples.ts';

const FAULT = new PratiqueError('NETWORK', { what: 'the registry did not answer' });
const passed = (check: string): Outcome => ({ check, state: 'passed' });
const unknown = (check: string): Outcome => ({ check, state: 'unknown', error: FAULT });
const failed = (check: string, ...findings: readonly Finding[]): Outcome => ({
  check,
  state: 'failed',
  findings,
});

function found(rule: string, change: Partial<Finding> = {}): Finding {
  return {
    rule,
    severity: 'high',
    confidence: 'high',
    message: 'it is so',
    remedy: 'Mend it',
    where: {},
    args: {},
    fingerprint: '0123456789abcdef',
    ...change,
  };
}

function levels(settings: Readonly<Record<string, Level>>): Map<string, CheckSetting> {
  return new Map(Object.entries(settings).map(([id, level]) => [id, { level, options: {} }]));
}

function except(change: Partial<Exception> = {}): Exception {
  return { rule: 'secrets', reason: 'a test key', owner: 'team', until: '2026-12-31', ...change };
}

/** One image with these outcomes, under the built-in policy with these changes. */
function judge(
  outcomes: readonly Outcome[],
  policy: Partial<Policy> = {},
  change: Partial<DecisionInput> & { early?: boolean; nameless?: boolean } = {},
) {
  const { early = false, nameless = false, ...rest } = change;
  return decide({
    name: 'ghcr.io/acme/shop:1',
    ...(nameless ? {} : { reference: parseReference('ghcr.io/acme/shop:1') }),
    images: [{ outcomes, ...(early ? {} : { manifest: descriptorOf('m') }) }],
    expected: outcomes.map(({ check }) => check),
    leftOut: [],
    policy: { ...DEFAULT_POLICY, ...policy },
    ruleSet: descriptorOf('rules').digest,
    version: '0.1.0',
    startedAt: '2026-11-21T11:59:00Z',
    at: '2026-11-21T12:00:00Z',
    notes: [],
    ...rest,
  });
}

describe('what could have been read and was not', () => {
  const rule = 'secrets.unscanned';
  const unread = (change: Partial<Finding> = {}) =>
    failed(
      'secrets',
      found(rule, { severity: 'info', unread: true, where: { path: 'srv/a.7z' }, ...change }),
    );

  test('leaves the image undecided, with a reason that says where it is and what to do', () => {
    const { result, faults } = judge([unread()]);
    expect(result).toBe('undecided');
    expect(faults.map(({ code, message }) => ({ code, message }))).toEqual([
      { code: 'SCAN_INCOMPLETE', message: expect.stringMatching(/srv\/a\.7z.*secrets\.unscanned: warn/s) },
    ]);
  });

  test('is told once for a check, with the number of the others', () => {
    const two = failed(
      'secrets',
      ...[1, 2].flatMap((n) => {
        const one = unread({ where: { path: `${n}.7z` }, args: { more: n } });
        return one.state === 'failed' ? one.findings : [];
      }),
    );
    const { faults } = judge([two]);
    expect(faults).toHaveLength(1);
    expect(faults[0]?.message).toContain('and 4 more');
  });

  test('refuses the image where the policy says so, and is only told where it says that', () => {
    expect(judge([unread()], { checks: levels({ [rule]: 'fail' }) }).result).toBe('refused');
    expect(judge([unread()], { checks: levels({ [rule]: 'warn' }) }).result).toBe('admitted');
    expect(judge([unread()], { checks: levels({ [rule]: 'off' }) }).result).toBe('admitted');
    expect(judge([unread()], { checks: levels({ secrets: 'warn' }) }).result).toBe('admitted');
  });

  test('does not matter where something refuses the image', () => {
    const secret = failed('secrets', found('secrets.x'), found(rule, { severity: 'info', unread: true }));
    expect(judge([secret]).result).toBe('refused');
  });

  test('is no matter where an exception, a package or the base answers for it', () => {
    const exceptions = [except({ rule, path: 'srv/*.7z' })];
    expect(judge([unread()], { exceptions }).result).toBe('admitted');
    expect(judge([unread({ where: { path: 'opt/a.7z' } })], { exceptions }).result).toBe('undecided');
    expect(judge([unread({ demoted: true })]).result).toBe('admitted');
    const base = unread({ where: { layer: { index: 0, digest: descriptorOf('l').digest, from: 'base' } } });
    expect(judge([base]).result).toBe('undecided');
    expect(judge([base], { baseFindings: 'warn' }).result).toBe('admitted');
  });

  test('is not answered for by an exception for the one that stands for others', () => {
    const exceptions = [except({ rule, path: 'srv/*.7z' })];
    const many = [unread({ args: { more: 3 } })];
    expect(judge(many, { exceptions }).result).toBe('undecided');
    expect(judge(many, { exceptions, checks: levels({ [rule]: 'fail' }) }).result).toBe('undecided');
    expect(judge(many, { exceptions, checks: levels({ [rule]: 'warn' }) }).result).toBe('admitted');
  });

  test('is told, and nothing more, where nobody could have read it', () => {
    expect(judge([failed('secrets', found(rule, { severity: 'info' }))]).result).toBe('admitted');
  });
});

describe('what is found in a layer of the base', () => {
  const layer = { index: 0, digest: descriptorOf('layer').digest };
  const secret = (from: 'base' | 'own') =>
    failed('secrets', found('secrets.x', { where: { layer: { ...layer, from } } }));

  test('refuses the image as all else does', () => {
    expect(judge([secret('base')]).result).toBe('refused');
  });

  test('only warns where the policy says so, and the layers of the image itself do not', () => {
    const lax = { baseFindings: 'warn' } as const;
    expect(judge([secret('base')], lax).result).toBe('admitted');
    expect(judge([secret('own')], lax).result).toBe('refused');
    expect(judge([failed('secrets', found('secrets.x', { where: { layer } }))], lax).result).toBe('refused');
    expect(judge([secret('base')], { ...lax, checks: levels({ 'secrets.x': 'fail' }) }).result).toBe(
      'refused',
    );
  });

  test('does not warn for what the configuration makes of it, as that is of the image itself', () => {
    const where = { layer: { ...layer, from: 'base' as const }, field: 'config.Env[0]' };
    const one = failed('hygiene.writable-path', found('hygiene.writable-path', { where }));
    const checks = levels({ 'hygiene.writable-path': 'fail' });
    expect(judge([one], { baseFindings: 'warn', checks }).result).toBe('refused');
  });

  test('does not warn where the policy turned its rule off', () => {
    const { images } = judge([secret('base')], { baseFindings: 'warn', checks: levels({ secrets: 'off' }) });
    expect(images[0]?.ruled[0]?.findings[0]?.level).toBe('off');
  });
});

describe('decide', () => {
  test('admits an image that every expected check has passed', () => {
    expect(judge([passed('secrets'), passed('miners')])).toMatchObject({
      result: 'admitted',
      faults: [],
      notes: [],
    });
  });

  test('refuses for one finding at level fail, also beside something unknown', () => {
    expect(judge([failed('secrets', found('secrets.x')), unknown('miners')]).result).toBe('refused');
    expect(judge([failed('secrets')]).result).toBe('refused');
  });

  test('admits with a finding at level warn or off', () => {
    const outcomes = [failed('secrets', found('secrets.x'))];
    expect(judge(outcomes, { checks: levels({ secrets: 'warn' }) }).result).toBe('admitted');
    expect(judge(outcomes, { checks: levels({ secrets: 'off' }) }).result).toBe('admitted');
  });

  test('is undecided where an enforced check is unknown, and only notes it where the check warns', () => {
    expect(judge([unknown('secrets')])).toMatchObject({ result: 'undecided', faults: [FAULT] });
    const warned = judge([unknown('secrets')], { checks: levels({ secrets: 'warn' }) });
    expect(warned).toMatchObject({ result: 'admitted', faults: [] });
    expect(warned.notes).toEqual(['secrets could not be found out: the registry did not answer']);
  });

  test('takes a check that did not run for unknown', () => {
    const verdict = judge([passed('secrets')], {}, { expected: ['secrets', 'miners'] });
    expect(verdict.result).toBe('undecided');
    expect(verdict.images[0]?.ruled.map(({ outcome }) => `${outcome.check} ${outcome.state}`)).toEqual([
      'secrets passed',
      'miners unknown',
    ]);
    expect(verdict.faults.map(({ code }) => code)).toEqual(['SCAN_INCOMPLETE']);
  });

  test('misses no check in one of several images', () => {
    const images = [
      { outcomes: [passed('secrets')], manifest: descriptorOf('a') },
      { outcomes: [], manifest: descriptorOf('b') },
    ];
    expect(judge([], {}, { images, expected: ['secrets'] }).result).toBe('undecided');
  });

  test('is undecided without an image, and without anything to judge', () => {
    expect(judge([], {}, { images: [], expected: ['secrets'] })).toMatchObject({ result: 'undecided' });
    expect(judge([], {}, { images: [] }).faults.map(({ code }) => code)).toEqual([
      'NO_IMAGE',
      'SCAN_INCOMPLETE',
    ]);
    expect(judge([]).result).toBe('undecided');
  });

  test('refuses by the name alone, whatever did not run after it', () => {
    const verdict = judge(
      [failed('name.allowed', found('name.not-allowed'))],
      {},
      { early: true, expected: ['name.allowed', 'secrets'] },
    );
    expect(verdict).toMatchObject({ result: 'refused', faults: [] });
    expect(verdict.images[0]?.ruled).toHaveLength(1);
  });

  test('does not admit by the name alone', () => {
    const early = { early: true, expected: ['name.allowed', 'secrets'] };
    expect(judge([passed('name.allowed')], {}, early).result).toBe('undecided');
    const excepted = { exceptions: [except({ rule: 'name.allowed' })] };
    expect(judge([failed('name.allowed', found('name.not-allowed'))], excepted, early).result).toBe(
      'undecided',
    );
  });

  test('is undecided without a name where demands hang on it', () => {
    const run = (policy: Partial<Policy>) => judge([passed('secrets')], policy, { nameless: true }).result;
    expect(run({})).toBe('admitted');
    expect(run({ images: [ruleOf()] })).toBe('admitted');
    expect(run({ images: [ruleOf({ match: parseImagePattern('ghcr.io/**') })] })).toBe('undecided');
    expect(run({ images: [ruleOf({ match: parseImagePattern('ghcr.io/**') }), ruleOf()] })).toBe('undecided');
    expect(run({ sources: sourcesOf(['**']) })).toBe('undecided');
  });
});

describe('a finding that only warns', () => {
  test.each<[Severity, Confidence, Level]>([
    ['critical', 'low', 'warn'],
    ['info', 'verified', 'warn'],
    ['low', 'medium', 'fail'],
    ['critical', 'medium', 'fail'],
  ])('is one of severity %s and confidence %s: %s', (severity, confidence, level) => {
    const verdict = judge([failed('secrets', found('secrets.x', { severity, confidence }))]);
    expect(verdict.images[0]?.ruled[0]?.findings[0]?.level).toBe(level);
    expect(verdict.result).toBe(level === 'fail' ? 'refused' : 'admitted');
  });

  test('fails where the policy names its very rule', () => {
    const outcomes = [failed('secrets', found('secrets.x', { confidence: 'low', severity: 'info' }))];
    expect(judge(outcomes, { checks: levels({ secrets: 'fail' }) }).result).toBe('admitted');
    expect(judge(outcomes, { checks: levels({ 'secrets.x': 'fail' }) }).result).toBe('refused');
  });

  test('is demoted, also where the policy names its very rule, and is left out where that is off', () => {
    const outcomes = [failed('secrets', found('secrets.x', { confidence: 'verified', demoted: true }))];
    for (const [id, level, expected] of [
      ['secrets', 'fail', 'warn'],
      ['secrets.x', 'fail', 'warn'],
      ['secrets.x', 'warn', 'warn'],
      ['secrets.x', 'off', 'off'],
    ] as const) {
      const verdict = judge(outcomes, { checks: levels({ [id]: level }) });
      expect(verdict.result).toBe('admitted');
      expect(verdict.images[0]?.ruled[0]?.findings[0]?.level).toBe(expected);
    }
    expect(judge([failed('secrets', found('secrets.x', { demoted: true }), found('secrets.x'))]).result).toBe(
      'refused',
    );
  });

  test('is less severe than fail-from', () => {
    const ports = (severity: Severity, failFrom?: Severity) => {
      const setting: CheckSetting = { level: 'fail', options: {}, ...(failFrom && { failFrom }) };
      const checks = new Map([['hygiene.admin-ports', setting]]);
      return judge([failed('hygiene.admin-ports', found('hygiene.admin-ports', { severity }))], { checks })
        .result;
    };
    expect([ports('medium'), ports('high'), ports('medium', 'medium'), ports('info', 'info')]).toEqual([
      'admitted',
      'refused',
      'refused',
      'refused',
    ]);
  });
});

describe('an exception', () => {
  const outcomes = [failed('secrets', found('secrets.x', { where: { path: 'etc/a.key' } }))];
  const run = (change: Partial<Exception>) => judge(outcomes, { exceptions: [except(change)] });

  test.each<Partial<Exception>>([
    {},
    { rule: 'secrets.x' },
    { path: 'etc/*.key' },
    { image: parseImagePattern('ghcr.io/acme/**') },
    { fingerprint: '0123456789abcdef' },
    { until: '2026-11-21' },
  ])('covers what it speaks of: %j', (change) => {
    const verdict = run(change);
    expect(verdict).toMatchObject({ result: 'admitted', notes: [] });
    expect(verdict.images[0]?.ruled[0]?.findings[0]?.excepted).toMatchObject({
      owner: 'team',
      reason: 'a test key',
    });
  });

  test.each<Partial<Exception>>([
    { rule: 'miners' },
    { rule: 'secrets.xy' },
    { rule: 'secret' },
    { path: 'etc/*.pem' },
    { path: 'a.key' },
    { fingerprint: '0123456789abcdee' },
  ])('covers nothing else, and is named: %j', (change) => {
    const verdict = run(change);
    expect(verdict.result).toBe('refused');
    expect(verdict.notes).toEqual([expect.stringContaining('covers nothing here')]);
  });

  test('for other images says nothing here', () => {
    expect(run({ image: parseImagePattern('ghcr.io/other/**') })).toMatchObject({
      result: 'refused',
      notes: [],
    });
  });

  test('that has run out covers nothing, and is named', () => {
    const verdict = run({ until: '2026-11-20', image: parseImagePattern('ghcr.io/acme/**'), path: 'etc/*' });
    expect(verdict.result).toBe('refused');
    expect(verdict.notes).toEqual([
      'the exception from secrets of ghcr.io/acme/** at etc/* (owner team) ran out on 2026-11-20',
    ]);
  });

  test('covers findings, not what could not be found out', () => {
    expect(judge([unknown('secrets')], { exceptions: [except()] })).toMatchObject({
      result: 'undecided',
      notes: [],
    });
    expect(judge([failed('secrets')], { exceptions: [except()] }).result).toBe('refused');
  });

  test('for one value does not cover the finding that also stands for values that are not listed', () => {
    const last = [failed('secrets', found('secrets.x', { args: { more: 5 }, where: { path: 'etc/a.key' } }))];
    const fingerprint = '0123456789abcdef';
    expect(judge(last, { exceptions: [except({ fingerprint })] }).result).toBe('refused');
    expect(judge(last, { exceptions: [except({ path: 'etc/a.key' })] }).result).toBe('admitted');
  });

  test('with a path covers no finding without one', () => {
    const noPath = [failed('secrets', found('secrets.x', { where: { field: 'config.Env[0]' } }))];
    expect(judge(noPath, { exceptions: [except({ path: '**' })] }).result).toBe('refused');
  });
});

describe('levels', () => {
  const policy = {
    ...DEFAULT_POLICY,
    checks: levels({ secrets: 'off', 'secrets.x': 'fail', miners: 'warn' }),
  };
  const rule = ruleOf({ checks: levels({ miners: 'fail', 'secrets.y': 'warn' }) });

  test('are those of the most specific id, and of the image before the policy as a whole', () => {
    const all = (ids: readonly string[]) => ids.map((id) => levelOf(policy, rule, id));
    expect(all(['secrets.x', 'secrets.y', 'secrets.z', 'miners', 'miners.z'])).toEqual([
      'fail',
      'warn',
      'off',
      'fail',
      'fail',
    ]);
    expect(all(['name.undigested', 'hygiene.named-user', 'no.such-check'])).toEqual(['fail', 'warn', 'fail']);
  });

  test('make a check run that is off but for one of its rules', () => {
    expect(settingOf(policy, undefined, 'secrets').level).toBe('fail');
    expect(settingOf({ ...policy, checks: levels({ secrets: 'off' }) }, undefined, 'secrets').level).toBe(
      'off',
    );
    expect(settingOf(policy, ruleOf({ checks: levels({ secrets: 'off' }) }), 'secrets').level).toBe('off');
  });

  test('of an image keep the options of the policy as a whole', () => {
    const wide = new Map([['hygiene.admin-ports', { level: 'warn' as const, options: { ports: [1] } }]]);
    const near = ruleOf({ checks: levels({ 'hygiene.admin-ports': 'fail' }) });
    expect(settingOf({ ...policy, checks: wide }, near, 'hygiene.admin-ports')).toEqual({
      level: 'fail',
      failFrom: 'high',
      options: { ports: [1] },
    });
  });

  test('come from the first rule that fits', () => {
    const images = [ruleOf({ match: parseImagePattern('ghcr.io/**') }), ruleOf()];
    const of = (name?: string) =>
      images.indexOf(
        ruleFor({ ...policy, images }, name === undefined ? undefined : parseReference(name)) ?? ruleOf(),
      );
    expect([of('ghcr.io/a/b'), of('nginx'), of()]).toEqual([0, 1, -1]);
  });
});

describe('whatever the outcomes', () => {
  const id = fc.constantFrom(
    'name.allowed',
    'signature',
    'hygiene.root-user',
    'secrets',
    'miners',
    'no.such-check',
  );
  const finding = fc
    .record({
      rule: fc.constantFrom('secrets', 'secrets.x', 'miners.y', 'signature.missing', 'odd'),
      severity: fc.constantFrom<Severity>('critical', 'high', 'medium', 'low', 'info'),
      confidence: fc.constantFrom<Confidence>('verified', 'high', 'medium', 'low'),
    })
    .map(({ rule, ...change }) => found(rule, change));
  const outcome = fc.oneof(
    id.map(passed),
    id.map(unknown),
    fc.tuple(id, fc.array(finding, { maxLength: 3 })).map(([check, findings]) => failed(check, ...findings)),
  );
  const level = fc.constantFrom<Level>('fail', 'warn', 'off');
  const policy = fc
    .record({
      settings: fc.dictionary(fc.constantFrom('secrets', 'secrets.x', 'miners', 'signature'), level),
      near: fc.dictionary(fc.constantFrom('secrets', 'miners', 'miners.y'), level),
      exceptions: fc.array(
        fc.constantFrom(except(), except({ rule: 'miners.y' }), except({ until: '2020-01-01' })),
        { maxLength: 2 },
      ),
    })
    .map(({ settings, near, exceptions }) => ({
      checks: levels(settings),
      images: [ruleOf({ checks: levels(near) })],
      exceptions,
    }));
  const images = fc.array(fc.array(outcome, { maxLength: 6 }), { maxLength: 3 });
  const expected = fc.uniqueArray(id);

  const run = (all: readonly (readonly Outcome[])[], wanted: readonly string[], change: Partial<Policy>) =>
    judge([], change, {
      images: all.map((outcomes, index) => ({ outcomes, manifest: descriptorOf(String(index)) })),
      expected: wanted,
    });

  test('no image is admitted with an enforced check unknown, missing or failed', () => {
    fc.assert(
      fc.property(images, expected, policy, (all, wanted, change) => {
        const verdict = run(all, wanted, change);
        if (verdict.result !== 'admitted') return;
        expect(all.length * wanted.length).toBeGreaterThan(0);
        const whole = { ...DEFAULT_POLICY, ...change };
        const enforced = (check: string) => levelOf(whole, change.images?.[0], check) === 'fail';
        for (const outcomes of all) {
          for (const check of wanted.filter(enforced))
            expect(outcomes.map((one) => one.check)).toContain(check);
          for (const one of outcomes.filter(({ check }) => enforced(check))) {
            expect(one.state).not.toBe('unknown');
            if (one.state === 'failed') expect(one.findings.length).toBeGreaterThan(0);
          }
        }
        const counted = verdict.images.flatMap(({ ruled }) => ruled.flatMap(({ findings }) => findings));
        expect(counted.filter((one) => one.level === 'fail' && one.excepted === undefined)).toEqual([]);
        expect(verdict.faults).toEqual([]);
      }),
      { numRuns: 1000 },
    );
  });

  test('one outcome more that fails or is unknown never makes a pass', () => {
    fc.assert(
      fc.property(images, expected, policy, outcome, fc.nat(), (all, wanted, change, more, at) => {
        if (all.length === 0 || more.state === 'passed') return;
        const before = run(all, [...wanted, more.check], change).result;
        const index = at % all.length;
        const with1 = all.map((outcomes, here) => (here === index ? [...outcomes, more] : outcomes));
        const after = run(with1, [...wanted, more.check], change).result;
        const covered = all[index]?.some(({ check }) => check === more.check) === true;
        if (before === 'refused') expect(after).toBe('refused');
        if (covered && before !== 'admitted') expect(after).not.toBe('admitted');
      }),
      { numRuns: 1000 },
    );
  });

  test('the same input gives the same verdict', () => {
    fc.assert(
      fc.property(images, expected, policy, (all, wanted, change) => {
        expect(run(all, wanted, change)).toEqual(run(all, wanted, change));
      }),
      { numRuns: 50 },
    );
  });
});
