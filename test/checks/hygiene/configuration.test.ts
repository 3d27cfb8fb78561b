import { describe, expect, test } from 'vitest';
import { hygienePinnedReference } from '../../../src/checks/hygiene/pinned-reference.ts';
import { hygieneRuntimeLabels } from '../../../src/checks/hygiene/runtime-labels.ts';
import { hygieneVolumes } from '../../../src/checks/hygiene/volumes.ts';
import { hygieneWorkdir } from '../../../src/checks/hygiene/workdir.ts';
import type { ImageConfig } from '../../../src/model/image.ts';
import { parseReference } from '../../../src/model/reference.ts';
import { fakeToken } from '../../scan/images.ts';
import { contextOf, imageOf } from '../samples.ts';

const SECRET = fakeToken('hygiene');
const step = (createdBy: string) => ({ createdBy, comment: '', emptyLayer: true });

describe('hygiene.workdir', () => {
  const run = (config: Partial<ImageConfig>) =>
    hygieneWorkdir
      .run(imageOf(config), contextOf())
      .map(({ severity, where }) => `${where.field} ${severity}`);
  const inFolder = (workingDir: string) => run({ workingDir });

  test.each([
    '/proc/self/fd/8',
    '/proc/self/fd/8/../../..',
    '/proc/self/fd/../../../../etc',
    '//proc/./self//fd/7/',
    '/app/../proc/self/fd/9',
    '/proc/1/cwd',
    '/proc/thread-self/root/etc',
    '/proc/self/task/1/fd/3',
    '/dev/fd/8',
    'proc/self/fd/8',
    `/${'./'.repeat(3000)}proc/self/fd/8`,
    `/${'a/../'.repeat(1000)}proc/self/fd/8`,
  ])('%.40s is critical: CVE-2024-21626', (folder) => {
    expect(inFolder(folder)).toEqual(['config.WorkingDir critical']);
  });

  test.each(['/proc', '/proc/sys/kernel', '/sys', '/sys/fs/cgroup', '/dev', '/dev/mapper', '/dev/shm/..'])(
    '%s lies in a folder of the kernel',
    (folder) => {
      expect(inFolder(folder)).toEqual(['config.WorkingDir high']);
    },
  );

  test('a folder that goes up is told, and fails nothing by itself', () => {
    expect(inFolder('/srv/../etc')).toEqual(['config.WorkingDir medium']);
    expect(run({ history: [step('/bin/sh -c #(nop) WORKDIR /srv/app'), step('WORKDIR ../x')] })).toEqual([]);
  });

  test.each([
    '',
    '/',
    '/app',
    '/usr/src/app',
    '/procedures',
    '/devel/fd/8',
    '/sysadmin',
    '/dev/shm',
    '/dev/shm/x',
    'C:\\app',
  ])('%j is a folder as others', (folder) => {
    expect(inFolder(folder)).toEqual([]);
  });

  test('the folders of earlier steps count as well, by either builder, and the same one once', () => {
    const history = [
      step('WORKDIR /proc/self/fd/7'),
      step('/bin/sh -c #(nop) WORKDIR /proc/self/fd/8'),
      step('WORKDIR /app'),
      step('RUN /bin/sh -c cd /proc/self/fd/9 # buildkit'),
    ];
    expect(run({ history, workingDir: '/proc/self/fd/7' })).toEqual([
      'config.WorkingDir critical',
      'history[1] critical',
    ]);
  });

  test('a relative folder of a step counts from the one before, as Buildah writes it', () => {
    const folders = (...texts: readonly string[]) =>
      run({ history: texts.map((text) => step(`/bin/sh -c #(nop) WORKDIR ${text}`)) });
    expect(folders('/app', 'dev', 'sys/proc')).toEqual([]);
    expect(folders('/app', '../proc/self', 'fd/8')).toEqual(['history[2] critical', 'history[1] high']);
    expect(folders('proc/self/fd/8')).toEqual(['history[0] critical']);
    expect(folders('$HOME', 'dev', '/dev', 'x')).toEqual(['history[2] high', 'history[3] high']);
  });

  test('a standard stream is no program', () => {
    expect(run({ entrypoint: ['/proc/self/fd/1'] })).toEqual(['config.Entrypoint[0] critical']);
    expect(run({ cmd: ['/dev/fd/0', '/dev/fd/1'] })).toEqual(['config.Cmd[0] critical']);
    expect(run({ entrypoint: ['app'], cmd: ['/dev/fd/0'] })).toEqual([]);
    expect(run({ healthcheck: ['CMD', '/proc/self/fd/2'] })).toEqual(['config.Healthcheck[1] critical']);
  });

  test('a command that is the runtime itself is critical: CVE-2019-5736', () => {
    expect(run({ entrypoint: ['/proc/self/exe'] })).toEqual(['config.Entrypoint[0] critical']);
    expect(run({ entrypoint: ['/lib64/ld-linux.so'], cmd: ['/proc/self/fd/6'] })).toEqual([
      'config.Cmd[0] critical',
    ]);
  });

  test('the standard streams may be named, as programs write their logs there', () => {
    expect(run({ cmd: ['--log', '/proc/self/fd/2', '/dev/fd/1', '/dev/stderr'] })).toEqual([]);
    expect(run({ cmd: ['sh', '-c', 'exec app > /proc/self/fd/1'] })).toEqual([]);
  });

  test('Windows has no such folders', () => {
    expect(run({ os: 'windows', workingDir: '/proc/self/fd/8' })).toEqual([]);
  });

  test('shows no secret, and foreign text escaped', () => {
    const found = hygieneWorkdir.run(
      imageOf({ workingDir: `/proc/self/fd/${SECRET}/\u001b[2J` }),
      contextOf(),
    );
    expect(JSON.stringify(found)).not.toContain(SECRET);
    expect(found[0]?.message).not.toContain('\u001b');
  });
});

describe('hygiene.volumes', () => {
  const run = (...volumes: readonly string[]) =>
    hygieneVolumes.run(imageOf({ volumes }), contextOf()).map(({ severity }) => severity);

  test.each([
    '/',
    '/proc',
    '/proc/1',
    '/sys',
    '/dev',
    '/dev/mem',
    '/var/run/docker.sock',
    '/run/containerd/containerd.sock',
    '/data/../../../../root',
    '../etc',
    '//var/./run/docker.sock',
  ])('%s is high', (path) => {
    expect(run(path)).toEqual(['high']);
  });

  test.each(['/etc', '/usr', '/bin', '/lib64', '/usr/bin', '/var', '/sys/fs/cgroup'])(
    '%s is medium',
    (path) => {
      expect(run(path)).toEqual(['medium']);
    },
  );

  test.each([
    '/data',
    '/var/lib/mysql',
    '/etc/influxdb2',
    '/usr/share/data',
    '/dev/shm',
    '/var/lib/docker',
    '/run/lock',
    '/opt/..data',
  ])('%s is data', (path) => {
    expect(run(path)).toEqual([]);
  });

  test('each is told once, with its place', () => {
    const found = hygieneVolumes.run(imageOf({ volumes: ['/data', '/', '/proc'] }), contextOf());
    expect(found.map(({ where }) => where.field)).toEqual(['config.Volumes[1]', 'config.Volumes[2]']);
    expect(new Set(found.map(({ fingerprint }) => fingerprint)).size).toBe(2);
  });

  test('shows no secret', () => {
    const found = hygieneVolumes.run(imageOf({ volumes: [`/proc/${SECRET}`] }), contextOf());
    expect(found).toHaveLength(1);
    expect(JSON.stringify(found)).not.toContain(SECRET);
  });
});

describe('hygiene.runtime-labels', () => {
  const run = (...labels: readonly string[]) =>
    hygieneRuntimeLabels
      .run(imageOf({ labels: new Map(labels.map((label) => [label, 'x'])) }), contextOf())
      .map(({ severity }) => severity);

  test.each([
    ['containerd.io/restart.loguri', 'critical'],
    ['containerd.io/restart.status', 'critical'],
    ['containerd.io/gc.root', 'high'],
    ['io.cri-containerd.kind', 'high'],
    ['io.cri-containerd/x', 'high'],
    ['io.containerd.runc.v2', 'medium'],
    ['nerdctl/log-uri', 'medium'],
    ['io.containers.autoupdate', 'medium'],
    ['io.kubernetes.pod.name', 'low'],
    ['com.docker.swarm.service.id', 'low'],
    ['com.nvidia.volumes.needed', 'info'],
  ])('%s is %s', (label, severity) => {
    expect(run(label)).toEqual([severity]);
  });

  test('labels for readers are let be, and such as only look like those of a runtime', () => {
    const labels = [
      'maintainer',
      'org.opencontainers.image.source',
      'io.k8s.description',
      'io.openshift.tags',
      'io.containers.capabilities',
      'com.docker.compose.project',
      'com.docker.official-images.bashbrew.arch',
      'com.nvidia.cudnn.version',
      'example.containerd.io/restart.status',
      'Containerd.io/restart.status',
      'io.containers.autoupdate.note',
    ];
    expect(run(...labels)).toEqual([]);
  });

  test('shows no secret in a key', () => {
    const found = hygieneRuntimeLabels.run(
      imageOf({ labels: new Map([[`containerd.io/${SECRET}`, SECRET]]) }),
      contextOf(),
    );
    expect(found).toHaveLength(1);
    expect(JSON.stringify(found)).not.toContain(SECRET);
  });
});

describe('a configuration with a hundred thousand faults', () => {
  test('is told in a few findings, gravest first, and in little time', () => {
    const many = Array.from({ length: 100_000 }, (_, index) => index);
    const began = process.cpuUsage();
    const found = [
      hygieneWorkdir.run(imageOf({ history: many.map((n) => step(`WORKDIR /proc/${n}`)) }), contextOf()),
      hygieneVolumes.run(imageOf({ volumes: [...many.map((n) => `/etc/../${n}`)] }), contextOf()),
      hygieneVolumes.run(imageOf({ volumes: [`${'/a'.repeat(1_000_000)}/..`] }), contextOf()),
      hygieneWorkdir.run(imageOf({ history: many.map(() => step('WORKDIR ../a/b')) }), contextOf()),
      hygieneRuntimeLabels.run(
        imageOf({ labels: new Map([...many, 'restart.x'].map((n) => [`containerd.io/${n}`, ''])) }),
        contextOf(),
      ),
    ];
    const { user, system } = process.cpuUsage(began);
    expect((user + system) / 1e6).toBeLessThan(5);
    for (const findings of found) expect(findings.length).toBeLessThan(30);
    expect(found.at(-1)?.[0]?.severity).toBe('critical');
  });
});

describe('hygiene.pinned-reference', () => {
  const DIGEST = `sha256:${'a'.repeat(64)}`;
  const run = (name: string, change = {}) =>
    hygienePinnedReference
      .run(parseReference(name), { ...contextOf(), ...change })
      .map(({ rule, severity }) => `${rule} ${severity}`);

  test('finds latest and no tag at all, and less in a tag of another name', () => {
    for (const name of ['nginx', 'nginx:latest', '127.0.0.1:5000/a/b'])
      expect(run(name)).toEqual(['hygiene.latest-tag medium']);
    for (const name of ['nginx:1.27', 'nginx:latest-alpine', 'ghcr.io/a/latest:1'])
      expect(run(name)).toEqual(['hygiene.pinned-reference low']);
  });

  test('has nothing against a digest, whatever tag stands beside it, nor a folder', () => {
    for (const name of [`nginx@${DIGEST}`, `nginx:latest@${DIGEST}`]) expect(run(name)).toEqual([]);
    expect(run('nginx:1.27', { isBorrowedName: true })).toEqual([]);
    expect(hygienePinnedReference.run(undefined, contextOf())).toEqual([]);
  });
});
