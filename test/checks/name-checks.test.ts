import { describe, expect, test } from 'vitest';
import { nameAllowed } from '../../src/checks/name/allowed.ts';
import { nameLookalike } from '../../src/checks/name/lookalike.ts';
import { parseReference } from '../../src/model/reference.ts';
import { contextOf, sourcesOf } from './samples.ts';

const HEX = 'a'.repeat(64);
const rulesOf = (findings: readonly { rule: string }[]) => findings.map(({ rule }) => rule);

describe('name.allowed', () => {
  const run = (text: string, sources: ReturnType<typeof sourcesOf>) =>
    rulesOf(nameAllowed.run(parseReference(text), contextOf({ sources })));

  test('lets every name pass where the policy has no sources', () => {
    expect(nameAllowed.run(parseReference('anything'), contextOf())).toEqual([]);
    expect(nameAllowed.run(undefined, contextOf())).toEqual([]);
  });

  test('refuses what nothing allows, also where nothing is allowed at all', () => {
    expect(run('ghcr.io/acme/x', sourcesOf(['ghcr.io/acme/*']))).toEqual([]);
    expect(run('ghcr.io/acme-evil/x', sourcesOf(['ghcr.io/acme/*']))).toEqual(['name.not-allowed']);
    expect(run('ghcr.io/acme/x', sourcesOf([]))).toEqual(['name.not-allowed']);
  });

  test('takes a tag beside a digest for a claim: it opens nothing, and closes what deny closes', () => {
    const name = `ghcr.io/acme/x:1@sha256:${HEX}`;
    const [found] = nameAllowed.run(
      parseReference(name),
      contextOf({ sources: sourcesOf(['ghcr.io/acme/x:1']) }),
    );
    expect(found?.message).toContain('only a claim');
    expect(run(name, sourcesOf(['ghcr.io/acme/*']))).toEqual([]);
    expect(run(name, sourcesOf(['ghcr.io/acme/*'], ['**:1']))).toEqual(['name.denied']);
  });

  test('lets deny beat allow', () => {
    const sources = sourcesOf(['**'], ['**:latest', 'docker.io/evil/**']);
    expect(run('nginx', sources)).toEqual(['name.denied']);
    expect(run('nginx:1', sources)).toEqual([]);
    expect(run('evil/x:1', sources)).toEqual(['name.denied']);
  });

  test('counts an entry until its last day is over, and says when it ran out', () => {
    const on = (until: string) => {
      const sources = sourcesOf(['ghcr.io/acme/*']);
      const allow = sources.allow.map((entry) => ({ ...entry, until }));
      return nameAllowed.run(parseReference('ghcr.io/acme/x'), contextOf({ sources: { ...sources, allow } }));
    };
    expect(on('2026-11-21')).toEqual([]);
    expect(on('2026-11-20')[0]?.message).toContain('until 2026-11-20');
  });

  test('says which line a pass rests on, and passes over one that has run out', () => {
    const [first, second] = sourcesOf(['ghcr.io/acme/*', 'ghcr.io/**']).allow;
    const allow = [
      { ...first!, until: '2026-11-20', origin: 'a.txt:1' },
      { ...second!, origin: 'a.txt:2' },
    ];
    const context = contextOf({ sources: { ...sourcesOf([]), allow } });
    expect(nameAllowed.run(parseReference('ghcr.io/acme/x'), context)).toEqual([]);
    expect(nameAllowed.note?.(parseReference('ghcr.io/acme/x'), context)).toBe('allowed by a.txt:2');
    expect(nameAllowed.note?.(parseReference('ghcr.io/acme/x'), contextOf())).toBe('any source is allowed');
  });

  test('demands a digest only where the policy says always', () => {
    const demand = (requireDigest: 'deploy' | 'always', text: string) =>
      run(text, { ...sourcesOf(['**']), requireDigest });
    expect(demand('deploy', 'nginx:1')).toEqual([]);
    expect(demand('always', 'nginx:1')).toEqual(['name.undigested']);
    expect(demand('always', `nginx@sha256:${HEX}`)).toEqual([]);
  });

  test('cannot find out without a name', () => {
    expect(() => nameAllowed.run(undefined, contextOf({ sources: sourcesOf(['**']) }))).toThrow(
      expect.objectContaining({ code: 'NAME_UNKNOWN' }),
    );
  });
});

describe('name.lookalike', () => {
  const run = (text: string, context = contextOf()) => nameLookalike.run(parseReference(text), context);
  const levelOf = (text: string) => run(text)[0]?.args['level'];

  test.each([
    ['docker.io/librarry/nginx', 'docker.io/library/nginx'],
    ['docker.io/1ibrary/redis', 'docker.io/library/redis'],
    ['docker.io/libary/redis', 'docker.io/library/redis'],
    ['docker.io/grafnaa/grafana', 'docker.io/grafana/grafana'],
    ['docker.io/grafanna/grafana', 'docker.io/grafana/grafana'],
    ['ghrc.io/acme/shop', 'ghcr.io/acme/shop'],
    ['ghcr.com/acme/shop', 'ghcr.io/acme/shop'],
    ['dokcer.io/library/nginx', 'docker.io/library/nginx'],
    ['d0cker.io/library/nginx', 'docker.io/library/nginx'],
    ['quay.lo/acme/x', 'quay.io/acme/x'],
    ['xn--dcker-jye.io/acme/x', 'docker.io/acme/x'],
    ['mcr.rnicrosoft.com/dotnet/sdk', 'mcr.microsoft.com/dotnet/sdk'],
  ])('%s is taken for %s for certain', (text, meant) => {
    const [finding] = run(text);
    expect(finding?.args['meant']).toBe(meant);
    expect(finding).toMatchObject({ rule: 'name.lookalike', severity: 'high' });
  });

  test.each([
    'docker.io/nginxx/nginx',
    'docker.io/official-nginx/nginx',
    'docker.io/library-official/nginx',
    'docker.io/grafana-official/grafana',
    'docker.io/grafana2/grafana',
    'docker.io/somebody/postgers',
    'ghcr.io.example.com/acme/shop',
    'ghcr-io.example.com/acme/shop',
    'gccr.io/acme/shop',
    'ghcr.io/library/nginx',
  ])('%s is probably an imitation', (text) => {
    expect(levelOf(text)).toBe('medium');
  });

  test.each(['docker.io/somebody/nginx', 'docker.io/grafanna/somethingelse'])(
    '%s is worth a hint',
    (text) => {
      expect(run(text)[0]).toMatchObject({
        rule: 'name.lookalike-hint',
        severity: 'info',
        confidence: 'low',
      });
    },
  );

  test.each([
    'docker.io/library/nginx',
    'nginx:1.27',
    'docker.io/library/nignx', // nobody but Docker can make it
    'docker.io/bitnami/brand-new',
    'ghcr.io/acme/shop',
    'localhost:5000/librarry/nginx',
    '10.0.0.1:5000/x/y',
    '[::1]:5000/x',
    'registry.internal/x/y',
    'mirror.gcr.io/library/nginx',
    'eu.gcr.io/acme/x',
    'acme.azurecr.io/x',
    '1234.dkr.ecr.eu-west-1.amazonaws.com/acme/x',
    'ocr.io/acme/x',
    'registry.redhat.io/ubi99/ubi',
    'registry.example.com/librarry/nginx',
  ])('%s is like nothing', (text) => {
    expect(run(text)).toEqual([]);
  });

  test('takes two errors for one imitation only where the policy says so', () => {
    const wide = contextOf({ lookalikes: { ...contextOf().policy.lookalikes, maxDistance: 2 } });
    expect(run('doccerr.io/library/nginx')).toEqual([]);
    expect(run('doccerr.io/library/nginx', wide)[0]?.args['level']).toBe('medium');
  });

  test('is silent for what the policy allows by host and namespace, and not for what ** allows', () => {
    const text = 'docker.io/grafnaa/grafana';
    expect(run(text, contextOf({ sources: sourcesOf(['docker.io/grafnaa/*']) }))).toEqual([]);
    expect(
      run(text, contextOf({ sources: sourcesOf(['**', 'docker.io/**', '*.io/grafnaa/*']) })),
    ).toHaveLength(1);
  });

  test("looks into the namespaces of a company's own registry, where `library` may be a mirror", () => {
    const own = contextOf({ sources: sourcesOf(['registry.acme.example:5000/acme/shop']) });
    expect(rulesOf(nameLookalike.run(parseReference('registry.acme.example:5000/acrne/shop'), own))).toEqual([
      'name.lookalike',
    ]);
    expect(nameLookalike.run(parseReference('registry.acme.example:5000/library/nginx'), own)).toEqual([]);
  });

  test('protects the namespaces that the policy allows whole', () => {
    const context = contextOf({ sources: sourcesOf(['ghcr.io/acme-corp/**']) });
    expect(run('ghcr.io/acme-crop/anything', context)[0]).toMatchObject({
      severity: 'high',
      args: { meant: 'ghcr.io/acme-corp/anything' },
    });
  });

  test('has nothing to say without a name', () => {
    expect(nameLookalike.run(undefined, contextOf())).toEqual([]);
  });
});
