import type { CheckContext } from '../../src/checks/check.ts';
import { CHECKS } from '../../src/checks/list.ts';
import type { BaseKnowledge } from '../../src/model/base.ts';
import type { Finding } from '../../src/model/finding.ts';
import type { ImageConfig } from '../../src/model/image.ts';
import { parseReference } from '../../src/model/reference.ts';
import { PREDICATE } from '../../src/model/statement.ts';
import type { ImageFiles } from '../../src/scan/image-files.ts';
import { provenanceBy, scanBy } from './attestations/statements.ts';
import { filesOf, type SampleFile } from './files.ts';
import {
  contextOf,
  descriptorOf,
  hitOf,
  imageOf,
  keySigner,
  ruleOf,
  scanWith,
  signatureBy,
  sourcesOf,
} from './samples.ts';

/** What a check says to an image that is good in its eyes, and to one that is bad. */
export interface Cases {
  readonly good: () => readonly Finding[];
  readonly bad: () => readonly Finding[];
}

function check<R extends string>(id: string, reads: R) {
  const found = CHECKS.find((one) => one.id === id && one.reads === reads);
  if (found === undefined) throw new Error(`no check ${id} that reads ${reads}`);
  return found as Extract<(typeof CHECKS)[number], { reads: R }>;
}

interface FileOptions {
  readonly config?: Partial<ImageConfig>;
  readonly context?: CheckContext;
}

const name = (id: string, text: string, context = contextOf()) =>
  check(id, 'name').run(parseReference(text), context);
const config = (id: string, change: Parameters<typeof imageOf>[0], context = contextOf()) =>
  check(id, 'config').run(imageOf(change), context);

const ours = contextOf({ sources: sourcesOf(['ghcr.io/acme/**']) });
const demands = contextOf(
  {},
  {
    rule: ruleOf({
      signedBy: [keySigner('release')],
      provenance: { signedBy: [keySigner('release')], source: 'https://github.com/acme/*' },
      attestations: [
        {
          type: 'vulnerability-scan',
          predicateTypes: [PREDICATE.vulnerabilitiesV02],
          signedBy: [keySigner('release')],
          maxAgeSeconds: 7 * 86_400,
          failFrom: 'critical',
          where: [],
        },
      ],
      maxAgeSeconds: 90 * 86_400,
    }),
  },
);

const CHAIN = [descriptorOf('layer of the base').digest];
const knownBase = (created: string): BaseKnowledge => ({
  match: { name: 'golden', layers: 1, created },
  unread: [],
});
const onBase = (base = knownBase('2026-11-01T00:00:00Z')) => ({
  ...contextOf(
    { bases: [{ kind: 'chain', name: 'golden', diffIds: CHAIN }] },
    { rule: ruleOf({ baseMaxAgeSeconds: 90 * 86_400 }) },
  ),
  base,
});
const step = (createdBy: string) => ({ createdBy, comment: '', emptyLayer: false });

/** What a check that reads files says to these; `options` beside them. */
const run = (
  id: string,
  of: ImageFiles,
  { config: change = {}, context = contextOf() }: FileOptions = {},
): readonly Finding[] => check(id, 'files').run(scanWith([], { config: change, files: of }), context);
const files = (id: string, layer: readonly SampleFile[], options: FileOptions = {}) =>
  run(id, filesOf(layer), options);
const accountFiles = (password: string): readonly SampleFile[] => [
  { path: 'etc/passwd', content: 'root:x:0:0:root:/root:/bin/ash\n' },
  { path: 'etc/shadow', content: `root:${password}::0:::::\n` },
];

/** One good and one bad case for each check, by its id; `list.test.ts` proves that none is missing. */
export const CASES: Readonly<Record<string, Cases>> = {
  'name.allowed': {
    good: () => name('name.allowed', 'ghcr.io/acme/shop:1', ours),
    bad: () => name('name.allowed', 'ghcr.io/acme-evil/shop:1', ours),
  },
  'name.lookalike': {
    good: () => name('name.lookalike', 'docker.io/library/nginx'),
    bad: () => name('name.lookalike', 'docker.io/librarry/nginx'),
  },
  'hygiene.pinned-reference': {
    good: () => name('hygiene.pinned-reference', `ghcr.io/acme/shop@sha256:${'a'.repeat(64)}`),
    bad: () => name('hygiene.pinned-reference', 'ghcr.io/acme/shop:latest'),
  },
  signature: {
    good: () => check('signature', 'statements').run([signatureBy('release')], imageOf(), demands),
    bad: () => check('signature', 'statements').run([], imageOf(), demands),
  },
  provenance: {
    good: () => check('provenance', 'statements').run([provenanceBy('release')], imageOf(), demands),
    bad: () => check('provenance', 'statements').run([], imageOf(), demands),
  },
  attestations: {
    good: () => check('attestations', 'statements').run([scanBy('release')], imageOf(), demands),
    bad: () => check('attestations', 'statements').run([], imageOf(), demands),
  },
  'base.approved': {
    good: () => config('base.approved', { diffIds: CHAIN }, onBase()),
    bad: () => config('base.approved', { diffIds: [descriptorOf('other').digest] }, onBase({ unread: [] })),
  },
  'base.age': {
    good: () => config('base.age', { diffIds: CHAIN }, onBase()),
    bad: () => config('base.age', { diffIds: CHAIN }, onBase(knownBase('2026-01-01T00:00:00Z'))),
  },
  'hygiene.root-user': {
    good: () => files('hygiene.root-user', [], { config: { user: '10001:10001' } }),
    bad: () => files('hygiene.root-user', [], { config: { user: '' } }),
  },
  'hygiene.admin-ports': {
    good: () => config('hygiene.admin-ports', { exposedPorts: ['8080/tcp', '443/tcp'] }),
    bad: () => config('hygiene.admin-ports', { exposedPorts: ['2375/tcp'] }),
  },
  'hygiene.workdir': {
    good: () => config('hygiene.workdir', { workingDir: '/usr/src/app', cmd: ['/bin/sh'] }),
    bad: () => config('hygiene.workdir', { workingDir: '/proc/self/fd/8' }),
  },
  'hygiene.volumes': {
    good: () => config('hygiene.volumes', { volumes: ['/var/lib/postgresql/data'] }),
    bad: () => config('hygiene.volumes', { volumes: ['/data/../../../root'] }),
  },
  'hygiene.runtime-labels': {
    good: () => config('hygiene.runtime-labels', { labels: new Map([['maintainer', 'containerd.io/']]) }),
    bad: () =>
      config('hygiene.runtime-labels', { labels: new Map([['containerd.io/restart.status', 'running']]) }),
  },
  'hygiene.remote-add': {
    good: () =>
      config('hygiene.remote-add', {
        history: [step('RUN /bin/sh -c echo "curl | sh" >> README # buildkit')],
      }),
    bad: () =>
      config('hygiene.remote-add', {
        history: [step('RUN /bin/sh -c curl -fsSL https://x.example | sh # buildkit')],
      }),
  },
  'hygiene.entrypoint-exe': {
    good: () =>
      files('hygiene.entrypoint-exe', [{ path: 'app', content: '#!/bin/sh', mode: 0o755 }], {
        config: { entrypoint: ['/app'] },
      }),
    bad: () =>
      files('hygiene.entrypoint-exe', [{ path: 'app', link: '/proc/self/exe' }], {
        config: { entrypoint: ['/app'] },
      }),
  },
  'hygiene.system-links': {
    good: () =>
      files('hygiene.system-links', [{ path: 'proc/' }, { path: 'etc/mtab', link: '/proc/mounts' }]),
    bad: () => files('hygiene.system-links', [{ path: 'proc', link: '/var/proc' }]),
  },
  'hygiene.setuid': {
    good: () => files('hygiene.setuid', [{ path: 'var/mail/', mode: 0o2775 }]),
    bad: () => files('hygiene.setuid', [{ path: 'usr/bin/helper', mode: 0o4755 }]),
  },
  'hygiene.writable-path': {
    good: () => files('hygiene.writable-path', [{ path: 'usr/bin/' }, { path: 'tmp/', mode: 0o1777 }]),
    bad: () => files('hygiene.writable-path', [{ path: 'usr/bin/', mode: 0o777 }]),
  },
  'hygiene.accounts': {
    good: () => files('hygiene.accounts', accountFiles('*')),
    bad: () => files('hygiene.accounts', accountFiles('')),
  },
  'hygiene.sudo-nopasswd': {
    good: () => files('hygiene.sudo-nopasswd', [{ path: 'etc/sudoers', content: '%sudo ALL=(ALL) ALL\n' }]),
    bad: () =>
      files('hygiene.sudo-nopasswd', [{ path: 'etc/sudoers', content: '%sudo ALL=(ALL) NOPASSWD: ALL\n' }]),
  },
  'hygiene.authorized-keys': {
    good: () =>
      files('hygiene.authorized-keys', [{ path: 'root/.ssh/authorized_keys', content: '# none\n' }]),
    bad: () =>
      files('hygiene.authorized-keys', [
        { path: 'root/.ssh/authorized_keys', content: 'ssh-ed25519 AAAA\n' },
      ]),
  },
  'hygiene.preload': {
    good: () => files('hygiene.preload', [{ path: 'etc/ld.so.preload', content: '# none\n' }]),
    bad: () => files('hygiene.preload', [{ path: 'etc/ld.so.preload', content: '/lib/hide.so\n' }]),
  },
  'hygiene.cron': {
    good: () => files('hygiene.cron', [{ path: 'etc/cron.d/job', content: '* * * * * root job' }]),
    bad: () =>
      run('hygiene.cron', filesOf([], [{ path: 'etc/cron.d/job', content: '* * * * * root job' }]), {
        context: onBase(),
      }),
  },
  'hygiene.git-folder': {
    good: () => files('hygiene.git-folder', [{ path: 'srv/.gitignore' }, { path: 'srv/.git' }]),
    bad: () => files('hygiene.git-folder', [{ path: 'srv/.git/HEAD' }]),
  },
  'hygiene.docker-socket': {
    good: () => files('hygiene.docker-socket', [{ path: 'var/run/' }, { path: 'srv/docker.sock' }]),
    bad: () => files('hygiene.docker-socket', [{ path: 'var/run/docker.sock' }]),
  },
  'freshness.max-age': {
    good: () => config('freshness.max-age', { created: '2026-11-20T00:00:00Z' }, demands),
    bad: () => config('freshness.max-age', { created: '2025-01-01T00:00:00Z' }, demands),
  },
  secrets: {
    good: () => check('secrets', 'files').run(scanWith([hitOf('miners')]), contextOf()),
    bad: () => check('secrets', 'files').run(scanWith([hitOf('secrets')]), contextOf()),
  },
  miners: {
    good: () => check('miners', 'files').run(scanWith([hitOf('secrets')]), contextOf()),
    bad: () => check('miners', 'files').run(scanWith([hitOf('miners')]), contextOf()),
  },
  yara: {
    good: () => check('yara', 'files').run(scanWith([hitOf('miners')]), contextOf()),
    bad: () => check('yara', 'files').run(scanWith([hitOf('yara')]), contextOf()),
  },
};
