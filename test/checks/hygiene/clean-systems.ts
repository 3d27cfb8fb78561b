import type { ImageConfig } from '../../../src/model/image.ts';
import type { SampleFile } from '../files.ts';

/** What lies in a clean system of a kind that is everywhere, as far as a check could take it amiss. */
export interface CleanSystem {
  readonly name: string;
  readonly config: Partial<ImageConfig>;
  readonly files: readonly SampleFile[];
}

const PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const TMP: readonly SampleFile[] = [
  { path: 'tmp/', mode: 0o1777 },
  { path: 'var/tmp/', mode: 0o1777 },
];
const MERGED_USR = ['bin', 'sbin', 'lib', 'lib64'].map((path) => ({ path, link: `usr/${path}` }));

const lines = (path: string, ...texts: readonly string[]): SampleFile => ({
  path,
  content: `${texts.join('\n')}\n`,
});
const folders = (...paths: readonly string[]) => paths.map((path): SampleFile => ({ path }));
const program = (path: string, mode = 0o755): SampleFile => ({ path, content: '\x7fELF', mode });
const setuid = (...paths: readonly string[]) => paths.map((path) => program(path, 0o4755));
const setgid = (...paths: readonly string[]) => paths.map((path) => program(path, 0o2755));
const script = (path: string, first = '#!/bin/sh') => ({ path, content: `${first}\nset -e\n`, mode: 0o755 });

const DEBIAN: readonly SampleFile[] = [
  ...folders('dev/', 'proc/', 'sys/', 'run/', 'usr/bin/', 'usr/sbin/', 'usr/lib/'),
  ...MERGED_USR,
  ...TMP,
  { path: 'run/lock/', mode: 0o1777 },
  { path: 'usr/local/bin/', mode: 0o2775 },
  { path: 'var/mail/', mode: 0o2775 },
  { path: 'var/run', link: '/run' },
  { path: 'etc/mtab', link: '/proc/mounts' },
  lines(
    'etc/passwd',
    'root:x:0:0:root:/root:/bin/bash',
    'daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin',
    'sys:x:3:3:sys:/dev:/usr/sbin/nologin',
    'sync:x:4:65534:sync:/bin:/bin/sync',
    'nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin',
    '_apt:x:42:65534::/nonexistent:/usr/sbin/nologin',
  ),
  lines(
    'etc/shadow',
    ...['root', 'daemon', 'sys', 'sync', 'nobody'].map((name) => `${name}:*:20373:0:99999:7:::`),
    '_apt:!:20373::::::',
  ),
  lines('etc/passwd-', 'root:x:0:0:root:/root:/bin/bash'),
  ...setuid('usr/bin/chfn', 'usr/bin/chsh', 'usr/bin/gpasswd', 'usr/bin/mount', 'usr/bin/newgrp'),
  ...setuid('usr/bin/passwd', 'usr/bin/su', 'usr/bin/umount'),
  ...setgid('usr/bin/chage', 'usr/bin/expiry', 'usr/sbin/unix_chkpwd'),
  script('etc/cron.daily/apt-compat'),
  {
    path: 'etc/systemd/system/timers.target.wants/apt-daily.timer',
    link: '/lib/systemd/system/apt-daily.timer',
  },
  program('usr/bin/bash'),
  { path: 'usr/bin/sh', link: 'dash' },
  program('usr/bin/dash'),
];

const ALPINE: readonly SampleFile[] = [
  ...folders('dev/', 'proc/', 'sys/', 'bin/', 'sbin/', 'usr/bin/', 'home/'),
  ...TMP,
  { path: 'etc/mtab', link: '../proc/mounts' },
  { path: 'var/spool/cron/crontabs', link: '../../../etc/crontabs' },
  lines('etc/crontabs/root', '0 2 * * * run-parts /etc/periodic/daily'),
  lines(
    'etc/passwd',
    'root:x:0:0:root:/root:/bin/sh',
    'sync:x:5:0:sync:/sbin:/bin/sync',
    'shutdown:x:6:0:shutdown:/sbin:/sbin/shutdown',
    'cron:x:16:16:cron:/var/spool/cron:/sbin/nologin',
    'guest:x:405:100:guest:/dev/null:/sbin/nologin',
    'nobody:x:65534:65534:nobody:/:/sbin/nologin',
  ),
  lines('etc/shadow', 'root:*::0:::::', 'sync:!::0:::::', 'guest:!::0:::::', 'nobody:!::0:::::'),
  program('bin/busybox'),
  program('bin/bbsuid', 0o4111),
  { path: 'bin/sh', link: '/bin/busybox' },
];

const UBI: readonly SampleFile[] = [
  ...folders('dev/', 'proc/', 'sys/', 'usr/bin/', 'usr/sbin/', 'usr/lib/'),
  ...MERGED_USR,
  ...TMP,
  { path: 'var/mail', link: 'spool/mail' },
  lines(
    'etc/passwd',
    'root:x:0:0:root:/root:/bin/bash',
    'sync:x:5:0:sync:/sbin:/bin/sync',
    'halt:x:7:0:halt:/sbin:/sbin/halt',
    'operator:x:11:0:operator:/root:/sbin/nologin',
    'ftp:x:14:50:FTP User:/var/ftp:/sbin/nologin',
    'nobody:x:65534:65534:Kernel Overflow User:/:/sbin/nologin',
    'dbus:x:81:81:System message bus:/:/sbin/nologin',
    'tss:x:59:59:Account used for TPM access:/dev/null:/sbin/nologin',
  ),
  {
    ...lines('etc/shadow', 'root:!locked::0:99999:7:::', 'sync:*:19347:0:99999:7:::', 'dbus:!!:20000::::::'),
    mode: 0,
  },
  ...setuid(
    'usr/bin/chage',
    'usr/bin/gpasswd',
    'usr/bin/newgrp',
    'usr/bin/mount',
    'usr/bin/umount',
    'usr/bin/su',
  ),
  ...setuid('usr/sbin/pam_timestamp_check', 'usr/sbin/unix_chkpwd', 'usr/sbin/grub2-set-bootflag'),
  program('usr/libexec/dbus-1/dbus-daemon-launch-helper', 0o4750),
  ...setgid('usr/bin/write', 'usr/libexec/utempter/utempter'),
  { ...program('usr/bin/newuidmap'), capabilities: 1 << 7 },
  { path: 'etc/systemd/system/default.target', link: '/lib/systemd/system/multi-user.target' },
  program('usr/bin/bash'),
];

/** By an operating system, and by what is made of it. */
export const CLEAN_SYSTEMS: readonly CleanSystem[] = [
  { name: 'debian', config: { cmd: ['bash'] }, files: DEBIAN },
  { name: 'alpine', config: { cmd: ['/bin/sh'] }, files: ALPINE },
  { name: 'ubi', config: { cmd: ['/bin/bash'] }, files: UBI },
  {
    name: 'fedora with sudo',
    config: { cmd: ['/bin/bash'] },
    files: [
      ...UBI,
      program('usr/bin/sudo', 0o4111),
      lines(
        'etc/sudoers',
        '## Allow root to run any commands anywhere',
        'Defaults   !visiblepw',
        'Defaults    env_keep =  "COLORS DISPLAY HOSTNAME HISTSIZE KDEDIR LS_COLORS"',
        'root\tALL=(ALL) \tALL',
        '%wheel\tALL=(ALL)\tALL',
        '## Same thing without a password',
        '# %wheel\tALL=(ALL)\tNOPASSWD: ALL',
        '#includedir /etc/sudoers.d',
      ),
    ],
  },
  {
    name: 'debian with sudo',
    config: { cmd: ['bash'] },
    files: [
      ...DEBIAN,
      program('usr/bin/sudo', 0o4755),
      lines(
        'etc/sudoers',
        '#',
        "# See the man page, and edit with 'visudo'.",
        'Defaults\tenv_reset',
        'Defaults\tsecure_path="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"',
        '#Defaults:%sudo env_keep += "http_proxy https_proxy ftp_proxy all_proxy no_proxy"',
        'root\tALL=(ALL:ALL) ALL',
        '%sudo\tALL=(ALL:ALL) ALL',
        '@includedir /etc/sudoers.d',
      ),
      lines('etc/sudoers.d/README', '# Files here are read, unless they end in ~ or have a dot.'),
    ],
  },
  {
    name: 'opensuse',
    config: { cmd: ['/bin/bash'] },
    files: [
      ...MERGED_USR,
      ...TMP,
      lines(
        'etc/passwd',
        'root:x:0:0:root:/root:/bin/bash',
        'nobody:x:65534:65534:nobody:/var/lib/nobody:/bin/bash',
      ),
      lines('etc/shadow', 'root:*:20000::::::', 'nobody:!:20000::::::'),
      lines('usr/etc/sudoers', 'Defaults targetpw', 'ALL   ALL=(ALL) ALL', '@includedir /etc/sudoers.d'),
      program('usr/bin/bash'),
    ],
  },
  {
    name: 'busybox',
    config: { cmd: ['sh'] },
    files: [
      ...TMP,
      lines(
        'etc/passwd',
        'root:x:0:0:root:/root:/bin/sh',
        'daemon:x:1:1:daemon:/usr/sbin:/bin/false',
        'operator:x:37:37:Operator:/var:/bin/false',
        'nobody:x:65534:65534:nobody:/home:/bin/false',
      ),
      lines('etc/shadow', 'root:*:::::::', 'daemon:*:::::::', 'operator:*:::::::', 'nobody:*:::::::'),
      program('bin/['),
      { path: 'bin/sh', type: 'hardlink', link: 'bin/[', mode: 0o755 },
      { path: 'bin/su', type: 'hardlink', link: 'bin/[', mode: 0o755 },
    ],
  },
  {
    name: 'distroless',
    config: { user: '65532', entrypoint: ['/app'], workingDir: '/home/nonroot' },
    files: [
      ...TMP,
      lines(
        'etc/passwd',
        'root:x:0:0:root:/root:/sbin/nologin',
        'nobody:x:65534:65534:nobody:/nonexistent:/sbin/nologin',
        'nonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin',
      ),
      { path: 'home/nonroot/', mode: 0o700 },
      program('app'),
    ],
  },
  {
    name: 'an image with nothing but a program',
    config: { user: '65535:65535', entrypoint: ['/pause'] },
    files: [program('pause')],
  },
  {
    name: 'wolfi',
    config: { user: 'nonroot', entrypoint: ['/usr/bin/app'] },
    files: [
      ...TMP,
      lines('etc/passwd', 'root:x:0:0:root:/root:/bin/sh', 'nonroot:x:65532:65532::/home/nonroot:/bin/sh'),
      lines('etc/shadow', 'root:*::0:::::'),
      program('usr/bin/app'),
    ],
  },
  {
    name: 'files of a nix store',
    config: { user: '1000', entrypoint: ['/bin/app'] },
    files: [
      { path: 'bin', link: '/nix/store/k3-app/bin' },
      program('nix/store/k3-app/bin/app', 0o555),
      { path: 'etc/passwd', link: '/nix/store/p0-passwd' },
      lines('nix/store/p0-passwd', 'root:x:0:0::/root:/noshell', 'app:x:1000:1000::/:/noshell'),
      { path: 'etc/shadow', link: '/nix/store/s0-shadow' },
      lines('nix/store/s0-shadow', 'root:!x:::::::', 'app:!:::::::'),
    ],
  },
  {
    name: 'nginx',
    config: { entrypoint: ['/docker-entrypoint.sh'], cmd: ['nginx', '-g', 'daemon off;'] },
    files: [
      ...DEBIAN,
      script('docker-entrypoint.sh'),
      program('usr/sbin/nginx'),
      { path: 'var/log/nginx/access.log', link: '/dev/stdout' },
      { path: 'var/log/nginx/error.log', link: '/dev/stderr' },
    ],
  },
  {
    name: 'postgres',
    config: { entrypoint: ['docker-entrypoint.sh'], env: [`${PATH}:/usr/lib/postgresql/18/bin`] },
    files: [
      ...DEBIAN,
      script('usr/local/bin/docker-entrypoint.sh', '#!/usr/bin/env bash'),
      program('usr/local/bin/gosu'),
      { path: 'run/postgresql/', mode: 0o3777 },
      { path: 'var/lib/postgresql/', mode: 0o1777 },
    ],
  },
  {
    name: 'golang',
    config: { cmd: ['bash'], workingDir: '/go', env: [`PATH=/go/bin:/usr/local/go/bin:${PATH.slice(5)}`] },
    files: [
      ...DEBIAN,
      { path: 'go/', mode: 0o1777 },
      { path: 'go/bin/', mode: 0o1777 },
      program('usr/local/go/bin/go'),
    ],
  },
  {
    name: 'an image made by buildpacks',
    config: { user: '1002:1000', entrypoint: ['/cnb/process/web'], workingDir: '/workspace' },
    files: [
      ...DEBIAN,
      program('cnb/lifecycle/launcher'),
      { path: 'cnb/process/web', link: '/cnb/lifecycle/launcher' },
      { path: 'workspace/', mode: 0o775 },
    ],
  },
  {
    name: 'bitnami',
    config: {
      user: '1001',
      entrypoint: ['/opt/bitnami/scripts/redis/entrypoint.sh'],
      cmd: ['/opt/bitnami/scripts/redis/run.sh'],
      env: [`PATH=/opt/bitnami/common/bin:/opt/bitnami/redis/bin:${PATH.slice(5)}`],
    },
    files: [
      ...DEBIAN,
      script('opt/bitnami/scripts/redis/entrypoint.sh', '#!/bin/bash'),
      { path: 'opt/bitnami/redis/bin/', mode: 0o775 },
      { path: 'bitnami/', mode: 0o775 },
    ],
  },
  {
    name: 'an image with a supervisor',
    config: { entrypoint: ['/init'] },
    files: [
      ...ALPINE,
      script('init', '#!/bin/sh -e'),
      script('command/execlineb', '#!/package/admin/execline/command/execlineb'),
    ],
  },
];
