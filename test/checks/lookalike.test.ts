import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { judgeName } from '../../src/checks/name/likeness/judge-name.ts';
import { orderNames } from '../../src/checks/name/likeness/known-names.ts';
import { editDistance, isExchange, likenessOf } from '../../src/checks/name/likeness/likeness.ts';
import { parseReference } from '../../src/model/reference.ts';
import { knownImages } from '../../src/policy/known-images.ts';

describe('editDistance', () => {
  test.each([
    ['nignx', 'nginx', 1],
    ['nginx', 'nginx', 0],
    ['nginxx', 'nginx', 1],
    ['ginx', 'nginx', 1],
    ['ngimx', 'nginx', 1],
    ['ca', 'abc', 3], // optimal string alignment edits no part twice
    ['', 'ab', 2],
    ['kitten', 'sitting', 3],
  ])('%j to %j takes %d', (a, b, edits) => {
    expect(editDistance(a, b, 5)).toBe(edits);
    expect(editDistance(a, b, 1)).toBe(Math.min(edits, 2));
  });

  test('is the same both ways, and no more than the longer length', () => {
    const text = fc.stringMatching(/^[abc]{0,8}$/);
    fc.assert(
      fc.property(text, text, (a, b) => {
        const edits = editDistance(a, b, 10);
        expect(edits).toBe(editDistance(b, a, 10));
        expect(edits).toBeLessThanOrEqual(Math.max(a.length, b.length));
        expect(edits === 0).toBe(a === b);
      }),
    );
  });

  test('knows an exchange of neighbours', () => {
    expect([isExchange('ghrc', 'ghcr'), isExchange('ghcr', 'ghcr'), isExchange('gxyr', 'ghcr')]).toEqual([
      true,
      false,
      false,
    ]);
  });
});

test.each([
  ['rnysql', 'mysql', 'same-look'],
  ['my_sql', 'mysql', 'separators'],
  ['mysql-official', 'mysql', 'affix'],
  ['mysql8', 'mysql', 'affix'],
  ['mysqk', 'mysql', 'typo'],
  ['mysql', 'mysql', undefined],
  ['oracle', 'mysql', undefined],
])('%s is like %s by %s', (name, known, likeness) => {
  expect(likenessOf(name, known, 1)).toBe(likeness);
});

describe('the list of known images', () => {
  const all = knownImages();
  const namespaceOf = (one: (typeof all)[number]) => `${one.registry}/${one.repository.split('/')[0]}`;

  test('finds nothing in itself', () => {
    const known = orderNames(all);
    expect(all.filter((one) => judgeName(one, known, 1) !== undefined)).toEqual([]);
  });

  test('takes fewer than 1 in 100 of its names for an imitation where it knows nothing of their namespace', () => {
    const flagged = [...new Set(all.map(namespaceOf))].flatMap((namespace) => {
      const known = orderNames(all.filter((one) => namespaceOf(one) !== namespace));
      const held = all.filter((one) => namespaceOf(one) === namespace);
      return held.filter((one) => ['high', 'medium'].includes(judgeName(one, known, 1)?.level ?? ''));
    });
    expect(flagged.length / all.length).toBeLessThan(0.01);
  });

  test.each([
    ['ghcrio/acme/app', 'ghcr.io/acme/app', 'host'],
    ['registryk8sio/pause', 'registry.k8s.io/pause', 'host'],
    ['ghvr.io/acme/app', 'ghcr.io/acme/app', 'host'],
    ['aghcr.io/acme/app', 'ghcr.io/acme/app', 'host'],
    ['registry.dockr.io/acme/app', 'docker.io/acme/app', 'host'],
    ['librarry/nginx', 'docker.io/library/nginx', 'library'],
    ['quay.io/library/nginx', 'docker.io/library/nginx', 'library'],
    ['bltnami/redis', 'docker.io/bitnami/redis', 'namespace'],
    ['hashic0rp/vault', 'docker.io/hashicorp/vault', 'namespace'],
    ['jenkinss/jenkins', 'docker.io/jenkins/jenkins', 'namespace'],
  ])('takes %s for %s', (name, meant, kind) => {
    const found = judgeName(parseReference(name), orderNames(all), 1);
    expect(found).toMatchObject({ meant, kind, level: expect.stringMatching(/^(?:high|medium)$/) });
  });

  test.each(['icr.io/acme/app', 'scr.io/acme/app', 'acme.azurecr.us/app', 'docker.io/ghcr/app'])(
    '%s is somebody else',
    (name) => {
      expect(['low', undefined]).toContain(judgeName(parseReference(name), orderNames(all), 1)?.level);
    },
  );

  test('leaves alone publishers who are called nearly as what they make', () => {
    const known = orderNames(all);
    for (const name of ['fluent/fluentd', 'getsentry/sentry', 'getsentry/snuba', 'fluent/fluent-bit'])
      expect(judgeName(parseReference(name), known, 1)).toBeUndefined();
    const others = orderNames(all.filter(({ repository }) => !repository.startsWith('getsentry/')));
    expect(judgeName(parseReference('getsentry/sentry'), others, 1)?.level).toBe('low');
    expect(judgeName(parseReference('thesentry/sentry'), others, 1)?.level).toBe('medium');
  });

  test('judges no name by throwing', () => {
    const known = orderNames(all.slice(0, 200));
    const part = fc.stringMatching(/^[a-z0-9]{1,12}$/);
    fc.assert(
      fc.property(
        fc.constantFrom('docker.io', 'ghcr.io', 'gchr.io', 'xn--a.io', 'a.b'),
        part,
        part,
        (registry, a, b) => {
          const found = judgeName({ registry, repository: `${a}/${b}` }, known, 2);
          expect(['high', 'medium', 'low', undefined]).toContain(found?.level);
        },
      ),
    );
  });
});
