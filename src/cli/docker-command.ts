import { lstat, mkdir, readFile } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PratiqueError } from '../errors.ts';
import { printable, quoted } from '../model/printable.ts';
import type { Command } from './command-line.ts';
import { ADMITTED } from './exit-code.ts';
import type { Terminal } from './terminal.ts';
import { removeFile, writeFileWhole } from './write-file.ts';

/** `pratique docker ACTION`: give Docker the plugin that `docker pratique` is. */
export const dockerCommand: Command = {
  options: (parser) =>
    parser
      .positional('action', {
        type: 'string',
        choices: ['install', 'uninstall', 'status'],
        describe: 'install the plugin of the docker client, take it away, or say what is there',
      })
      .example('$0 docker install', 'then: docker pratique check IMAGE, docker pratique push IMAGE'),
  async run(options, { env, out }) {
    const path = placeOf(env);
    const act = ACTIONS[String(options['action'])] ?? status;
    out.write(`docker pratique: ${await act(path)} (${printable(path)})\n`);
    return ADMITTED;
  },
};

const ACTIONS: Readonly<Record<string, (path: string) => Promise<string>>> = { install, uninstall };

/** @see docker/cli, cli-plugins/manager/manager.go, `getPluginDirs` */
function placeOf(env: Terminal['env']): string {
  if (process.platform === 'win32')
    throw new PratiqueError('NOT_SUPPORTED', {
      what: 'Docker on Windows takes no script for a plugin',
      next: 'use pratique check docker-daemon:NAME and pratique promote docker-daemon:NAME TARGET',
    });
  const config = env['DOCKER_CONFIG'] || (env['HOME'] && join(env['HOME'], '.docker'));
  if (config) return join(config, 'cli-plugins', 'docker-pratique');
  throw new PratiqueError('USAGE', {
    what: 'there is no place for the plugin',
    why: 'neither DOCKER_CONFIG nor HOME is set',
    next: 'set DOCKER_CONFIG to the folder of the docker client, ~/.docker',
  });
}

/** Names this Node and this program: a plugin is started by Docker Desktop with another PATH. */
function script(): string {
  const door = fileURLToPath(new URL('../../bin/docker-pratique.js', import.meta.url));
  if (door.includes(`${sep}_npx${sep}`))
    throw new PratiqueError('USAGE', {
      what: 'npx has this program only for now, and the plugin would be gone with it',
      next: 'run npm install --global pratique, then pratique docker install',
    });
  return `#!/bin/sh
# Made by "pratique docker install"; "pratique docker uninstall" takes it away.
exec ${forShell(process.execPath)} ${forShell(door)} "$@"
`;
}

const OURS = /^#!\/bin\/sh\n# Made by "pratique docker install"[^\n]*\nexec '[^\n]*' '[^\n]*' "\$@"\n$/;

function forShell(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

type State = 'absent' | 'foreign' | { readonly text: string };

async function stateOf(path: string): Promise<State> {
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) return 'absent';
  const text = found.isFile() ? await readFile(path, 'utf8').catch(() => '') : '';
  return OURS.test(text) ? { text } : 'foreign';
}

async function install(path: string): Promise<string> {
  const state = await stateOf(path);
  if (state === 'foreign')
    throw new PratiqueError('USAGE', {
      what: 'there is a plugin of this name already, and it is left as it is',
      where: quoted(path),
      next: 'take it away yourself, and run the same again',
    });
  const text = script();
  if (state !== 'absent' && state.text === text) return 'installed already';
  await mkdir(join(path, '..'), { recursive: true, mode: 0o700 }).catch(() => {}); // the writing says what is wrong
  await writeFileWhole(path, text, { mode: 0o755 });
  return 'installed';
}

async function uninstall(path: string): Promise<string> {
  const state = await stateOf(path);
  if (state === 'absent') return 'not installed';
  if (state === 'foreign') return 'a plugin of somebody else; nothing was removed';
  await removeFile(path);
  return 'removed';
}

async function status(path: string): Promise<string> {
  const state = await stateOf(path);
  if (state === 'absent') return 'not installed';
  if (state === 'foreign') return 'a plugin of somebody else';
  return state.text === script() ? 'installed' : 'installed for another copy of pratique; install it again';
}
