import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A program that answers `docker save` as the client does, with archives that tests write. */
export interface FakeDocker {
  /** the environment in which it is `docker` */
  readonly env: Readonly<Record<string, string>>;
  /** what it was asked for, one line for each call */
  asked(): Promise<readonly string[]>;
}

/**
 * Writes one.
 * @param folder empty or not there
 * @param script what it does after it has noted its words; `$2` is the image
 */
export async function makeFakeDocker(folder: string, script: string): Promise<FakeDocker> {
  await mkdir(folder, { recursive: true });
  const log = join(folder, 'asked');
  await writeFile(log, '');
  await writeFile(join(folder, 'docker'), `#!/bin/sh\necho "$@" >>'${log}'\n${script}\n`);
  await chmod(join(folder, 'docker'), 0o755);
  return {
    env: { PATH: `${folder}:/usr/bin:/bin` },
    asked: async () => (await readFile(log, 'utf8')).split('\n').filter((line) => line !== ''),
  };
}
