import { execFileSync, spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** Without the settings of whoever runs the tests. */
export const GIT_ENV: Readonly<Record<string, string | undefined>> = {
  PATH: process.env['PATH'],
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_SYSTEM: '/dev/null',
  GIT_CONFIG_COUNT: '2',
  GIT_CONFIG_KEY_0: 'protocol.file.allow',
  GIT_CONFIG_VALUE_0: 'always',
  GIT_CONFIG_KEY_1: 'init.defaultBranch',
  GIT_CONFIG_VALUE_1: 'main',
  GIT_AUTHOR_NAME: 'a',
  GIT_AUTHOR_EMAIL: 'a@example.com',
  GIT_COMMITTER_NAME: 'a',
  GIT_COMMITTER_EMAIL: 'a@example.com',
};

export const hasGit = spawnSync('git', ['--version']).status === 0;

/** A repository in a temporary folder. */
export interface GitRepository {
  readonly folder: string;
  /** runs git there; @returns what it wrote; throws where it fails */
  git(...argv: string[]): string;
  /** runs git there, however it ends */
  tryGit(argv: readonly string[], env?: Readonly<Record<string, string | undefined>>): Ended;
  write(path: string, text: string): Promise<void>;
  close(): Promise<void>;
}

export interface Ended {
  readonly code: number | null;
  readonly told: string;
}

export async function makeRepository(): Promise<GitRepository> {
  const folder = await mkdtemp(join(tmpdir(), 'pratique-git-'));
  const git = (...argv: string[]) =>
    execFileSync('git', argv, { cwd: folder, env: GIT_ENV, encoding: 'utf8', stdio: 'pipe' }).trim();
  git('init', '-q');
  return {
    folder,
    git,
    tryGit(argv, env = {}) {
      const ran = spawnSync('git', argv, { cwd: folder, env: { ...GIT_ENV, ...env }, encoding: 'utf8' });
      return { code: ran.status, told: `${ran.stdout}${ran.stderr}` };
    },
    async write(path, text) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), text);
    },
    close: () => rm(folder, { recursive: true, force: true }),
  };
}
