/**
 * Makes the images that `npm run bench` measures with, as OCI layouts, out of Debian bookworm: a base, Python and Node with
 * their tools, OpenJDK with a compiler, and a Node application; four layers of uneven size, 1.2 GB and more unpacked.
 *   gzip      the four layers, packed by gzip -6
 *   zstd      the same four, packed by zstd -3
 *   dominant  the largest of them alone, gzip
 *   sibling   the first three, and a small one of its own, gzip
 * Run: `node bench/make-image.ts FOLDER`. Needs root, debootstrap, GNU tar, gzip, zstd, npm, a Debian mirror and a registry
 * of npm; takes some minutes. What is there already is not made again. Ends with 75 where something cannot be had.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { makeLayout } from './layout.ts';

const LAYERS = ['base', 'tools', 'jdk', 'app'] as const;
const APT = {
  tools: 'python3 python3-pip nodejs npm git',
  jdk: 'openjdk-17-jdk-headless g++',
} as const;
const APP = {
  name: 'bench-app',
  version: '1.0.0',
  private: true,
  dependencies: {
    'aws-sdk': '2.1692.0',
    express: '4.21.2',
    firebase: '11.1.0',
    googleapis: '144.0.0',
    jsonwebtoken: '9.0.2',
    mongoose: '8.9.5',
    'node-forge': '1.3.1',
    passport: '0.7.0',
    'react-scripts': '5.0.1',
    ssh2: '1.16.0',
    stripe: '17.5.0',
  },
};

const folder = resolve(process.argv[2] ?? '');
if (process.argv[2] === undefined) {
  process.stderr.write('usage: node bench/make-image.ts FOLDER\n');
  process.exit(2);
}
const root = join(folder, 'rootfs');
mkdirSync(folder, { recursive: true });
try {
  makeTars();
} catch (thrown) {
  process.stderr.write(`${thrown instanceof Error ? thrown.message : String(thrown)}\n`);
  process.exit(75);
}
await makeLayout(folder, 'gzip', LAYERS, 'gzip');
await makeLayout(folder, 'zstd', LAYERS, 'zstd');
await makeLayout(folder, 'dominant', [largest()], 'gzip');
await makeLayout(folder, 'sibling', ['base', 'tools', 'jdk', 'sibling'], 'gzip');

function makeTars(): void {
  layer('base', () => {
    rmSync(root, { recursive: true, force: true });
    run('debootstrap', '--variant=minbase', 'bookworm', root);
    run('chroot', root, 'apt-get', 'clean');
  });
  layer('tools', () => install(APT.tools));
  layer('jdk', () => install(APT.jdk));
  layer('app', () => {
    const app = join(root, 'srv/app');
    mkdirSync(app, { recursive: true });
    writeFileSync(join(app, 'package.json'), JSON.stringify(APP, null, 2));
    run('npm', 'install', '--ignore-scripts', '--no-audit', '--no-fund', '--prefix', app);
  });
  layer('sibling', () => {
    mkdirSync(join(root, 'srv/sibling'), { recursive: true });
    for (let part = 0; part < 100; part++)
      writeFileSync(join(root, `srv/sibling/part-${part}.js`), `exports.part = ${part};\n`.repeat(2000));
  });
}

/** Does the work, and puts all that it has changed into a tar. */
function layer(name: string, work: () => void): void {
  const tar = join(folder, `${name}.tar`);
  if (existsSync(tar)) return;
  const stamp = join(folder, 'stamp');
  writeFileSync(stamp, '');
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1100); // whatever the clock of the filesystem
  work();
  const list = join(folder, 'list');
  const changed = name === 'base' ? [] : ['-cnewer', stamp];
  execFileSync('sh', [
    '-c',
    `cd "$1" && shift && find . -mindepth 1 "$@" -print0 | sort -z >"$0"`,
    list,
    root,
    ...changed,
  ]);
  const partial = `${tar}.partial`;
  run(
    'tar',
    '-C',
    root,
    '--no-recursion',
    '--null',
    '--numeric-owner',
    '--sort=none',
    '-T',
    list,
    '-cf',
    partial,
  );
  run('mv', partial, tar);
}

function install(packages: string): void {
  run('cp', '/etc/resolv.conf', join(root, 'etc/resolv.conf'));
  run('mount', '-t', 'proc', 'proc', join(root, 'proc'));
  const apt = `apt-get update && apt-get install -y --no-install-recommends ${packages} && apt-get clean`;
  try {
    run('chroot', root, 'env', 'DEBIAN_FRONTEND=noninteractive', 'sh', '-c', apt);
  } finally {
    run('umount', join(root, 'proc'));
  }
}

function run(program: string, ...words: readonly string[]): void {
  execFileSync(program, words, { stdio: ['ignore', 'ignore', 'inherit'] });
}

function largest(): string {
  const size = (name: string) => statSync(join(folder, `${name}.tar`)).size;
  return [...LAYERS].sort((a, b) => size(b) - size(a))[0] ?? 'base';
}
