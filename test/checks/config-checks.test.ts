import { describe, expect, test } from 'vitest';
import { freshnessMaxAge } from '../../src/checks/freshness/max-age.ts';
import { hygieneAdminPorts } from '../../src/checks/hygiene/admin-ports.ts';
import { hygieneRootUser } from '../../src/checks/hygiene/root-user.ts';
import { fakeToken } from '../scan/images.ts';
import { filesOf } from './files.ts';
import { contextOf, imageOf, ruleOf, scanWith } from './samples.ts';

const SECRET = fakeToken('configuration');

describe('hygiene.root-user', () => {
  const passwd = ['app:x:1000:0::/:', 'node:x:1:1::/:', 'www-data:x:33:33::/:', 'Root:x:7:7::/:'].join('\n');
  const run = (user: string, os = 'linux', accounts = passwd) => {
    const files = filesOf([{ path: 'etc/passwd', content: accounts }]);
    return hygieneRootUser.run(scanWith([], { config: { user, os }, files }), contextOf())[0];
  };

  test.each([
    ['', 'medium'],
    ['0', 'medium'],
    ['root', 'medium'],
    ['0:0', 'medium'],
    ['0:staff', 'medium'],
    ['root:1000', 'medium'],
    ['+0', 'medium'],
    ['-0', 'medium'],
    ['00', 'medium'],
    ['-1', 'high'],
    ['2147483648', 'high'],
    ['4294967296', 'high'],
    ['99999999999999999999999', 'high'],
    ['1000:2147483648', 'high'],
    ['1000:', 'high'],
    [':1000', 'high'],
    ['1:2:3', 'high'],
    ['0x0', 'high'],
    [' 0', 'high'],
    ['1000\n', 'high'],
    ['1000 ', 'high'],
  ])('%j is root, or as bad', (user, severity) => {
    expect(run(user)).toMatchObject({ rule: 'hygiene.root-user', severity });
  });

  test.each(['1', '1000', '10001:10001', '1000:0', '2147483647', '+1000'])(
    '%j is a number that is not root',
    (user) => {
      expect(run(user)).toBeUndefined();
    },
  );

  test.each(['app', 'node:node', 'www-data', 'app:0', 'Root'])(
    '%j is a name that says nothing for certain',
    (user) => {
      expect(run(user)).toMatchObject({ rule: 'hygiene.named-user', severity: 'info' });
    },
  );

  test.each([
    ['app:x:0:0::/:', 'medium'],
    ['x:x:5:5::/:\n app:x:00:0::/: \napp:x:1000:1000::/:', 'medium'],
    ['app:x:one:0::/:', 'medium'],
    ['app', 'medium'],
    ['app:x:-1:0::/:', 'high'],
    ['app:x:4294967296:0::/:', 'high'],
    ['app:x:99999999999999999999999:0::/:', 'high'],
  ])('a name is root, or as bad, where /etc/passwd says %j', (accounts, severity) => {
    expect(run('app', 'linux', accounts)).toMatchObject({ rule: 'hygiene.root-user', severity });
  });

  test('a name that /etc/passwd does not have cannot be started', () => {
    expect(run('nobody')).toMatchObject({ rule: 'hygiene.missing-user', severity: 'low' });
    expect(run('nobody', 'linux', '')).toMatchObject({ rule: 'hygiene.missing-user' });
  });

  test('a name is not judged by an /etc/passwd that could not be kept', () => {
    expect(() => run('app', 'linux', 'a:x:1:1::/:\n'.repeat(20_000))).toThrow(
      expect.objectContaining({ code: 'SCAN_INCOMPLETE' }),
    );
    expect(() => run('1000', 'linux', 'a:x:1:1::/:\n'.repeat(20_000))).toThrow();
    expect(run('0', 'linux', 'a:x:1:1::/:\n'.repeat(20_000))).toMatchObject({ rule: 'hygiene.root-user' });
  });

  test('a number may be the name of root: Docker takes the first line with that name or that number', () => {
    expect(run('1000', 'linux', '1000:x:0:0::/:\napp:x:1000:0::/:')).toMatchObject({
      rule: 'hygiene.root-user',
      severity: 'medium',
      message: 'its user "1000" has number 0 in /etc/passwd, so it runs as root',
    });
    expect(run('+7', 'linux', '+7:x:4294967296:0::/:')).toMatchObject({ severity: 'high' });
    expect(run('1000', 'linux', 'app:x:1000:0::/:\n1000:x:0:0::/:')).toBeUndefined();
    expect(run('1000', 'linux', '1000:x:1001:0::/:')).toBeUndefined();
  });

  test('knows the administrator of Windows containers', () => {
    expect(run('ContainerAdministrator', 'windows')).toMatchObject({ rule: 'hygiene.root-user' });
    expect(run('ContainerUser', 'windows')).toMatchObject({ rule: 'hygiene.named-user' });
  });

  test('shows no secret that somebody put there', () => {
    for (const user of [SECRET, `a b:${SECRET}`]) expect(JSON.stringify(run(user))).not.toContain(SECRET);
  });

  test('shows a foreign text escaped', () => {
    expect(run('\u001b[2Jx')?.message).toContain('\\u{1b}');
  });
});

describe('hygiene.admin-ports', () => {
  const run = (exposedPorts: readonly string[], ports?: readonly number[]) =>
    hygieneAdminPorts
      .run(
        imageOf({ exposedPorts }),
        contextOf({}, { setting: { level: 'fail', options: ports === undefined ? {} : { ports } } }),
      )
      .map(({ severity, args }) => `${args['port'] ?? 'none'} ${severity}`);

  test('knows the ports of clusters, logins and databases by severity', () => {
    expect(run(['6443/tcp', '22/tcp', '5432/tcp', '80/tcp', '8080/tcp'])).toEqual([
      '6443 high',
      '22 medium',
      '5432 info',
    ]);
  });

  test('reads ports without a protocol, in capitals and in ranges', () => {
    expect(run(['2375', '2376/TCP', '10250-10255/tcp'])).toEqual([
      '2375 high',
      '2376 high',
      '10250 high',
      '10255 high',
    ]);
  });

  test('takes no UDP port for an administration interface', () => {
    expect(run(['2375/udp'])).toEqual([]);
  });

  test('looks for the ports that the policy names instead, and they are high', () => {
    expect(run(['22/tcp', '2375/tcp', '9999/tcp'], [22, 9999])).toEqual(['22 high', '9999 high']);
  });

  test('says so where a port cannot be read', () => {
    expect(run(['$PORT/tcp'])).toEqual(['none low']);
  });

  test('tells a port once, and strange ones together, however many are exposed', () => {
    const many = Array.from({ length: 200_000 }, (_, index) => `22-${23 + (index % 60_000)}/tcp`);
    expect(run(many, [22, 23])).toEqual(['22 high', '23 high']);
    expect(run(['a', 'b', '2375'])).toEqual(['2375 high', 'none low']);
  });

  test('shows no secret that somebody put in place of a port', () => {
    const found = hygieneAdminPorts.run(imageOf({ exposedPorts: [SECRET] }), contextOf());
    expect(found).toHaveLength(1);
    expect(JSON.stringify(found)).not.toContain(SECRET);
  });
});

describe('freshness.max-age', () => {
  const run = (created: string | undefined, seconds: number | undefined = 90 * 86_400) => {
    const rule = ruleOf(seconds === undefined ? {} : { maxAgeSeconds: seconds });
    const { created: _, ...config } = imageOf().config;
    return freshnessMaxAge.run(
      { ...imageOf(), config: { ...config, ...(created === undefined ? {} : { created }) } },
      contextOf({}, { rule }),
    );
  };

  test('asks nothing where the rule demands nothing', () => {
    const old = imageOf({ created: '1970-01-01T00:00:00Z' });
    expect(freshnessMaxAge.run(old, contextOf({}, { rule: ruleOf() }))).toEqual([]);
    expect(freshnessMaxAge.run(old, contextOf())).toEqual([]);
  });

  test('counts to the second', () => {
    expect(run('2026-11-21T11:00:00Z', 3600)).toEqual([]);
    expect(run('2026-11-21T10:59:59Z', 3600)).toHaveLength(1);
    expect(run('2026-08-01T02:00:00.123456789+02:00')[0]?.message).toBe(
      'it was built 112 days ago; the policy allows 90 days',
    );
  });

  test.each([
    undefined,
    '',
    '1970-01-01T00:00:00Z',
    '1980-01-01T00:00:01Z',
    '0001-01-01T00:00:00Z',
    'yesterday',
    '2026-11-21',
    '2026-13-45T00:00:00Z',
    '2027-01-01T00:00:00Z',
  ])('cannot find out the age from %j', (created) => {
    expect(() => run(created)).toThrow(expect.objectContaining({ code: 'AGE_UNKNOWN' }));
  });
});
