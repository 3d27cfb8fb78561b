import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Reference } from '../../../src/model/reference.ts';
import { importPolicy } from '../../../src/policy/imports/import-policy.ts';
import type { Imported, ImportedSigner } from '../../../src/policy/imports/imported.ts';
import { judged, names, spellings } from './models.ts';

const RUNS = { numRuns: 150 };
const some = fc.array(names, { minLength: 30, maxLength: 30 });

const repos = fc.constantFrom(
  ...[
    'docker.io/acme',
    'docker.io/',
    'docker.io/acme/',
    'acme/',
    'acme',
    'nginx',
    'nginx:1',
    'ghcr.io',
    'ghcr.io/acme/app',
  ],
  ...[
    'ghcr.io/acme/app:1',
    'ghcr.io/acme/',
    'example.com',
    'example.com:5000/',
    'a.example.com/ac',
    'library/',
    'example.com/app:',
    '',
  ],
);
const images = fc.constantFrom(
  ...[
    '*',
    'nginx',
    'nginx*',
    'acme/*',
    'docker.io/acme*',
    'ghcr.io/acme/*',
    'ghcr.io/acme/app*',
    'ghcr.io/acme/app:1*',
  ],
  ...[
    'ghcr.io*',
    'ghcr.io/acme/app',
    'example.com/app:1.2',
    'index.docker.io/library/nginx',
    'a.example.com/*/app',
    'gh*',
  ],
);

test('constraints of Gatekeeper: whatever the import admits, each of the constraints admits', () => {
  const first = fc.record({ kind: fc.constant('K8sAllowedRepos'), list: fc.array(repos, { maxLength: 4 }) });
  const second = fc.record({
    kind: fc.constant('K8sAllowedReposv2'),
    list: fc.array(images, { maxLength: 4 }),
  });
  const constraints = fc.array(fc.oneof(first, second), { minLength: 1, maxLength: 3 });
  let admitted = 0;
  fc.assert(
    fc.property(constraints, some, (all, references) => {
      const imported = importPolicy(
        all.map(({ kind, list }, index) => {
          const parameters = { [kind === 'K8sAllowedRepos' ? 'repos' : 'allowedImages']: list };
          return file(`${index}.json`, {
            apiVersion: 'constraints.gatekeeper.sh/v1beta1',
            kind,
            spec: { parameters },
          });
        }),
      );
      for (const reference of references) {
        if (judged(imported, reference) === undefined) continue;
        admitted += 1;
        for (const { kind, list } of all)
          expect(
            spellings(reference).some((text) => list.some((one) => fits(kind, one, text))),
            spellings(reference).join(' '),
          ).toBe(true);
      }
    }),
    RUNS,
  );
  expect(admitted).toBeGreaterThan(100);
});

/** `startswith` of v1; exact, or up to the star, of v2. */
function fits(kind: string, entry: string, text: string): boolean {
  if (kind === 'K8sAllowedRepos') return text.startsWith(entry);
  return entry.endsWith('*') ? text.startsWith(entry.slice(0, -1)) : text === entry;
}

const scopes = fc.constantFrom(
  ...[
    '',
    'docker.io',
    'docker.io/acme',
    'docker.io/library/nginx',
    'docker.io/library/nginx:1',
    'ghcr.io',
    'ghcr.io/acme',
  ],
  ...[
    'ghcr.io/acme/app',
    'ghcr.io/acme/app:1',
    'example.com',
    'example.com:5000',
    '*.example.com',
    '*.a.example.com',
    'a.example.com',
    '*.com',
  ],
);
const ANY = [{ type: 'insecureAcceptAnything' }];
const keyed = (key: string) => [{ type: 'sigstoreSigned', keyPath: key }];
const demands = fc.constantFrom(
  ANY,
  [{ type: 'reject' }],
  [{ type: 'signedBy' }],
  keyed('a.pub'),
  keyed('b.pub'),
);

test('policy.json: whatever the import admits, the narrowest scope admits, with a signature that this one asks for', () => {
  let admitted = 0;
  fc.assert(
    fc.property(
      fc.dictionary(scopes, demands, { maxKeys: 6 }),
      demands,
      some,
      (docker, fallback, references) => {
        const imported = importPolicy([file('policy.json', { default: fallback, transports: { docker } })]);
        for (const reference of references) {
          const asked = judged(imported, reference);
          if (asked === undefined) continue;
          admitted += 1;
          const [one] = demandFor(docker, fallback, reference);
          if (one?.type === 'insecureAcceptAnything') continue;
          expect(keysOf(asked, imported), JSON.stringify(reference)).toEqual([
            one && 'keyPath' in one ? one.keyPath : 'nothing',
          ]);
        }
      },
    ),
    RUNS,
  );
  expect(admitted).toBeGreaterThan(100);
});

type Demand = readonly { readonly type: string; readonly keyPath?: string }[];

/** The name itself, its repository, each namespace above, the host, the domains above the host, the transport, the default. */
function demandFor(
  docker: Readonly<Record<string, Demand>>,
  fallback: Demand,
  { registry, repository, tag }: Reference,
): Demand {
  const path = `${registry}/${repository}`.split('/');
  const above = path.map((_, index) => path.slice(0, path.length - index).join('/'));
  const labels = registry.replace(/:.*$/, '').split('.');
  const domains = labels.slice(1).map((_, index) => `*.${labels.slice(index + 1).join('.')}`);
  const scope = [`${path.join('/')}:${tag ?? 'latest'}`, ...above, ...domains, ''].find((one) =>
    Object.hasOwn(docker, one),
  );
  return (scope === undefined ? undefined : docker[scope]) ?? fallback;
}

function keysOf(signedBy: readonly string[], { signers }: Pick<Imported, 'signers'>): readonly string[] {
  return signedBy.map((name) => (signers.get(name) as Extract<ImportedSigner, { key: string }>).key);
}

test('OpenShift and registries.conf: whatever the import admits, the lists admit', () => {
  const entries = fc.uniqueArray(
    scopes.filter((one) => one !== ''),
    { maxLength: 5 },
  );
  fc.assert(
    fc.property(entries, fc.boolean(), some, (list, isAllow, references) => {
      const spec = { registrySources: { [isAllow ? 'allowedRegistries' : 'blockedRegistries']: list } };
      const cluster = importPolicy([
        file('image.json', { apiVersion: 'config.openshift.io/v1', kind: 'Image', spec }),
      ]);
      const toml = list.map((one) => `[[registry]]\nprefix = "${one}"\nblocked = ${!isAllow}\n`).join('');
      const node = importPolicy([{ shown: 'registries.conf', text: toml }]);
      for (const reference of references) {
        const docker = Object.fromEntries(list.map((one) => [one, isAllow ? ANY : []] as const));
        const isIn = demandFor(docker, isAllow ? [] : ANY, reference) === ANY;
        if (judged(cluster, reference) !== undefined) expect(isIn, JSON.stringify(reference)).toBe(true);
        if (!isAllow && judged(node, reference) !== undefined)
          expect(isIn, JSON.stringify(reference)).toBe(true);
      }
    }),
    RUNS,
  );
});

const globs = fc.constantFrom(
  ...[
    '**',
    '*',
    '*/*',
    'ghcr.io/acme/**',
    'ghcr.io/acme/*',
    'ghcr.io/acme/app',
    'ghcr.io/acme/app*',
    'ghcr.io/acme/app**',
    'ghcr.io/**/app:*',
  ],
  ...[
    'index.docker.io/library/nginx*',
    'index.docker.io/acme/*',
    'docker.io/acme/app:1',
    '*.example.com/**',
    'ghcr.io**',
    'ghcr.io/*/app:1.*',
    'example.com/**/**',
  ],
);
/** A policy lets in, or asks for one of its keys. */
const policies = fc.array(
  fc.record({
    globs: fc.array(globs, { minLength: 1, maxLength: 3 }),
    keys: fc.subarray(['a', 'b', 'c']),
    isOpen: fc.boolean(),
  }),
  { minLength: 1, maxLength: 3 },
);

test('policies of the policy-controller: whatever the import admits, every policy with a glob that fits admits', () => {
  let admitted = 0;
  fc.assert(
    fc.property(policies, some, fc.subarray(['a', 'b', 'c']), (all, references, signed) => {
      const imported = importPolicy(
        all.map(({ globs: list, keys, isOpen }, index) => {
          const authorities = isOpen
            ? [{ static: { action: 'pass' } }]
            : keys.map((key) => ({ key: { data: pem(key) } }));
          const spec = { images: list.map((glob) => ({ glob })), authorities };
          return file(`${index}.json`, {
            apiVersion: 'policy.sigstore.dev/v1beta1',
            kind: 'ClusterImagePolicy',
            spec,
          });
        }),
      );
      for (const reference of references) {
        const asked = judged(imported, reference);
        if (asked === undefined) continue;
        const keys = keysOf(asked, imported);
        if (asked.length > 0 && !keys.some((key) => signed.some((one) => key === `${pem(one)}\n`))) continue;
        admitted += 1;
        const fitting = all.filter(({ globs: list }) => list.some((glob) => fitsGlob(glob, reference)));
        expect(fitting.length, JSON.stringify(reference)).toBeGreaterThan(0);
        for (const one of fitting)
          expect(one.isOpen || one.keys.some((key) => signed.includes(key)), JSON.stringify(reference)).toBe(
            true,
          );
      }
    }),
    { numRuns: 400 },
  );
  expect(admitted).toBeGreaterThan(100);
});

function pem(key: string): string {
  return `-----BEGIN PUBLIC KEY-----\n${key.repeat(64)}\n-----END PUBLIC KEY-----`;
}

/** As the expression that the controller makes: `**` any text, `*` any without a slash; over the name and what was written. */
function fitsGlob(glob: string, reference: Reference): boolean {
  const whole = { '*': 'index.docker.io/library/*', '*/*': 'index.docker.io/*/*' }[glob] ?? glob;
  const source = whole
    .replaceAll('.', '\\.')
    .replaceAll('**', '#')
    .replaceAll('*', '[^/]*')
    .replaceAll('#', '.*');
  return spellings(reference).some((text) => new RegExp(`^${source}$`).test(text));
}

test('hostile texts end in a policy or in one sentence', () => {
  const shapes = fc.oneof(
    fc.string({ maxLength: 60 }),
    fc.json({ maxDepth: 4 }),
    fc
      .record({
        kind: fc.constantFrom('K8sAllowedRepos', 'ClusterImagePolicy', 'Image'),
        spec: fc.anything({ maxDepth: 3 }),
      })
      .map((one) =>
        JSON.stringify({
          apiVersion: `${{ K8sAllowedRepos: 'constraints.gatekeeper.sh', ClusterImagePolicy: 'policy.sigstore.dev', Image: 'config.openshift.io' }[one.kind]}/v1`,
          ...one,
        }),
      ),
    fc
      .record({ default: fc.anything({ maxDepth: 2 }), transports: fc.anything({ maxDepth: 4 }) })
      .map((one) => JSON.stringify(one)),
  );
  fc.assert(
    fc.property(shapes, fc.constantFrom('a.yaml', 'a.json', 'a.conf'), (text, shown) => {
      try {
        importPolicy([{ shown, text }]);
      } catch (thrown) {
        expect(thrown).toMatchObject({ code: expect.stringMatching(/^(?:POLICY_INVALID|USAGE)$/) });
      }
    }),
    { numRuns: 300 },
  );
});

function file(shown: string, value: unknown) {
  return { shown, text: JSON.stringify(value) };
}
