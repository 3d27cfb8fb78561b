import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Folders of the program that decide what is found in a layer. */
const DECIDING = ['scan', 'io', 'model'];

let known: string | undefined;

/**
 * A digest over the program that reads layers, byte for byte, with the versions of what it is built on: nobody has to
 * remember to raise a number for what was found by another one to be left alone.
 * @returns 64 hex digits
 */
export function codeDigest(): string {
  known ??= digestOf(filesOf(fileURLToPath(new URL('../../', import.meta.url))));
  return known;
}

/** All files of the program, or the one that it was put together in. */
function filesOf(folder: string): readonly string[] {
  const own = fileURLToPath(import.meta.url);
  if (own !== join(folder, 'scan', 'cache', `code-digest${own.slice(-3)}`)) return [own];
  const source = own.endsWith('.ts') ? /(?<!\.d)\.ts$/ : /\.js$/;
  const files = DECIDING.flatMap((name) =>
    readdirSync(join(folder, name), { recursive: true, encoding: 'utf8' }).map((path) => join(name, path)),
  );
  const pinned = join(folder, '../package.json');
  return [
    ...files
      .filter((path) => source.test(path))
      .sort()
      .map((path) => join(folder, path)),
    ...(existsSync(pinned) ? [pinned] : []),
  ];
}

function digestOf(files: readonly string[]): string {
  const hash = createHash('sha256').update(process.versions.node);
  for (const file of files) hash.update(createHash('sha256').update(readFileSync(file)).digest());
  return hash.digest('hex');
}
