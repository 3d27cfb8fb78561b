import { posix } from 'node:path';
import type { NamedReferences } from '../model/named-reference.ts';
import { matchesPath, type PathPattern } from '../model/path-pattern.ts';
import { type GitFile, type GitTree, readObjects } from './files/git-tree.ts';
import { isReadAs, joined, type NamedFile, nothing, untold } from './find-references.ts';
import { kindOfPath } from './kind-of-path.ts';
import { type ReadFile, readReferences } from './read-references.ts';

export interface CommittedOptions {
  /** absolute; paths count from here */
  readonly cwd: string;
  /** for git, as its hook was started */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** patterns for paths that are left out */
  readonly exclude?: readonly PathPattern[];
}

/**
 * Every image that changed files name, as git keeps them. A Dockerfile that one of them builds from under another name is
 * read too, and what a link leads to.
 * @throws {PratiqueError} `USAGE` where git fails
 */
export async function findCommitted(
  trees: readonly GitTree[],
  options: CommittedOptions,
): Promise<NamedReferences> {
  const found = [];
  for (const tree of trees) found.push(await findInTree(tree, options));
  const read = new Map(found.flatMap((one) => [...one.read])); // two branches often hold the same
  const asked = found.flatMap((one) => one.asked);
  return joined([...read.values()], [], new Set(found.flatMap((one) => one.listed)).size, asked);
}

interface Found {
  /** by path and content */
  readonly read: ReadonlyMap<string, ReadFile>;
  readonly asked: readonly string[];
  readonly listed: readonly string[];
}

async function findInTree(tree: GitTree, options: CommittedOptions): Promise<Found> {
  const { cwd, env, exclude = [] } = options;
  const isWanted = ({ path }: GitFile) => !exclude.some((pattern) => matchesPath(pattern, path));
  const changed = tree.changed.filter(isWanted);
  const listed = changed.map(keyOf);
  const files = changed.filter(({ path }) => kindOfPath(path) !== undefined).map(asItself);
  const links = files.filter(({ file }) => file.mode === LINK);
  const led = links.length === 0 ? [] : await followLinks(links, tree, options);
  const read = await readAll([...files.filter(({ file }) => file.mode !== LINK), ...led], options);
  const named = [...read.values()].flatMap(({ dockerfiles }) => dockerfiles.map(({ path }) => path));
  const others = named.length === 0 ? [] : await dockerfilesOf(named, tree);
  for (const [key, one] of await readAll(
    others.filter(({ file }) => isWanted(file)),
    { cwd, env },
  ))
    read.set(key, one);
  return { read, asked: others.map(({ file }) => file.path), listed };
}

/** A file that is looked at, or a link of which no more can be said. */
interface Wanted {
  readonly file: GitFile;
  readonly isAsked: boolean;
  readonly why?: string;
}

const LINK = '120000';
const asItself = (file: GitFile): Wanted => ({ file, isAsked: false });
const keyOf = ({ path, object }: GitFile) => `${object} ${path}`;
const named = ({ path }: GitFile, isAsked = false): NamedFile => ({ shown: path, isAsked });

async function readAll(
  wanted: readonly Wanted[],
  { cwd, env }: Pick<CommittedOptions, 'cwd' | 'env'>,
): Promise<Map<string, ReadFile>> {
  const files = wanted.filter(({ file, why }) => why === undefined && /^100/.test(file.mode));
  const texts = await readObjects(
    cwd,
    env,
    files.map(({ file }) => file.object),
  );
  const told = wanted.flatMap(({ file, isAsked, why }): readonly (readonly [string, ReadFile])[] => {
    const text = why === undefined ? texts.get(file.object) : { why };
    if (text === undefined) return []; // a submodule
    const read =
      'text' in text ? readReferences(file.path, text.text, isAsked) : nothing(untold(file.path, text.why));
    return [[keyOf(file), read]];
  });
  return new Map(told);
}

/** What links lead to, where that is a file of the same tree that is read as the same kind. */
async function followLinks(
  links: readonly Wanted[],
  tree: GitTree,
  { cwd, env }: CommittedOptions,
): Promise<readonly Wanted[]> {
  const there = new Map((await tree.all()).map((file) => [file.path, file]));
  const objects = links.map(({ file }) => file.object);
  const targets = await readObjects(cwd, env, objects);
  return links.map(({ file }): Wanted => {
    const target = targets.get(file.object);
    // From the root of a disk it leads out of the tree, whatever the tree has under that name.
    const isWithin = target !== undefined && 'text' in target && !posix.isAbsolute(target.text);
    const path = isWithin ? posix.join(posix.dirname(file.path), target.text) : '';
    const led = there.get(path);
    const isSame = led !== undefined && led.mode !== LINK && isReadAs(named(led), named(file));
    return isSame ? asItself(led) : { file, isAsked: false, why: LED_AWAY };
  });
}

const LED_AWAY = 'it is a link, and what it leads to is not read here';

/** Files of a tree that others build from. @param paths as they are written there, with a context that is not known */
async function dockerfilesOf(paths: readonly string[], tree: GitTree): Promise<readonly Wanted[]> {
  const ends = paths.map((path) => `/${posix.normalize(path).replace(/^(?:\.\.\/)+/, '')}`);
  const files = (await tree.all()).filter(
    ({ path, mode }) => mode !== LINK && ends.some((end) => `/${path}`.endsWith(end)),
  );
  return files.map((file) => ({ file, isAsked: true }));
}
