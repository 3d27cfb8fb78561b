import { inflateRawSync } from 'node:zlib';
import type { MergedFilesystem } from '../../model/filesystem/filesystem.ts';
import type { Package, VouchingPackage } from '../../model/package.ts';
import { type Claim, type DatabaseFile, type FileDigests, wantedOf } from './claim.ts';
import { MOST_JSON } from './database-json.ts';
import { DATABASE_READERS } from './database-readers.ts';
import type { LayerPackages, StoredDatabase, Witness } from './file-recorder.ts';

/** What was kept of one layer of an image. */
export interface PackagesOfLayer {
  readonly layer: number;
  readonly packages: LayerPackages;
}

/** Which package a file came with, as the image's own databases say. */
export interface Vouchers {
  /** @param ordinal position among the layer's entries, of a file in which something was found */
  packageOf(layer: number, ordinal: number): VouchingPackage | undefined;
  /** paths of databases that vouch for nothing, as they were too large to be kept or read; foreign, not escaped */
  readonly unread: readonly string[];
}

/** A file that is asked about. */
interface Question {
  readonly layer: number;
  readonly ordinal: number;
  readonly witness: Witness;
  /** whether a container sees the file */
  readonly visible: boolean;
}

/** One path and content of a question, and how a claim that fits it vouches. */
interface Face {
  readonly question: Question;
  readonly digests: FileDigests;
  readonly by: 'digest' | 'compiled';
}

/** What is claimed of one question. */
interface Answer {
  readonly best: VouchingPackage;
  /** all that vouch, by `nameOf`; one may be of one's own, whose files are never demoted */
  readonly all: Map<string, Package>;
}

/** Packages that have one and the same file; where a database names more, it is made up, and none of them counts. */
const MOST_OWNERS = 32;

interface FoundDatabase {
  readonly layer: number;
  readonly stored: StoredDatabase;
  readonly visible: boolean;
}

/**
 * Asks the package databases of an image about the files in which something was found. A file is vouched for if a
 * database has its path and the digest of its content. The databases are those of the filesystem that runs; a file that is
 * no longer in it may be vouched for by any that the image ever had.
 * @param packageBytes of databases that are read for one image
 */
export function askPackages(
  layers: readonly PackagesOfLayer[],
  filesystem: MergedFilesystem,
  packageBytes: number,
): Vouchers {
  const questions = layers.flatMap((one) => questionsOf(one, filesystem));
  const answers = new Map<Question, Answer>();
  const unread = layers.flatMap(({ packages }) => packages.tooLarge);
  if (questions.length > 0) {
    const { chosen, left } = choose(layers, filesystem, packageBytes);
    unread.push(...left);
    const faces = facesOf(questions, filesystem);
    const current = chosen.filter(({ visible }) => visible);
    ask(current, faces, () => true, answers);
    if (current.length < chosen.length) ask(chosen, faces, ({ visible }) => !visible, answers);
  }
  const byPlace = new Map(
    [...answers].map(([{ layer, ordinal }, one]) => [`${layer} ${ordinal}`, told(one)]),
  );
  return { packageOf: (layer, ordinal) => byPlace.get(`${layer} ${ordinal}`), unread };
}

function questionsOf(
  { layer, packages }: PackagesOfLayer,
  filesystem: MergedFilesystem,
): readonly Question[] {
  return [...packages.witnesses].map(([ordinal, witness]) => {
    const visible = filesystem.visibility(layer, witness.path, ordinal) === 'visible';
    return { layer, ordinal, witness, visible };
  });
}

/** What the container sees first, then the newest; as much as may be read. */
function choose(
  layers: readonly PackagesOfLayer[],
  filesystem: MergedFilesystem,
  packageBytes: number,
): { readonly chosen: readonly FoundDatabase[]; readonly left: readonly string[] } {
  const found = layers.flatMap(({ layer, packages }) =>
    packages.databases.map((stored) => {
      const visible = filesystem.visibility(layer, stored.path, stored.ordinal) === 'visible';
      return { layer, stored, visible };
    }),
  );
  found.sort((a, b) => Number(b.visible) - Number(a.visible) || b.layer - a.layer);
  let bytes = 0;
  const fits = found.map(({ stored: { path, size } }) => {
    if (path.endsWith('.json') && size > MOST_JSON) return false;
    bytes += size;
    return bytes <= packageBytes;
  });
  return {
    chosen: found.filter((_, at) => fits[at]),
    left: found.filter((_, at) => !fits[at]).map(({ stored }) => stored.path),
  };
}

/** By every path under which a database may have the file. */
function facesOf(questions: readonly Question[], filesystem: MergedFilesystem): ReadonlyMap<string, Face[]> {
  const faces = new Map<string, Face[]>();
  const merged = mergedFolders(filesystem);
  const add = (path: string, face: Face) => {
    for (const one of aliasesOf(path, merged)) faces.set(one, [...(faces.get(one) ?? []), face]);
  };
  for (const question of questions) {
    const { path, digests, source } = question.witness;
    add(path, { question, digests, by: 'digest' });
    if (source !== undefined) add(source.path, { question, digests: source.digests, by: 'compiled' });
  }
  return faces;
}

/** The folders of the root that are links into /usr: a package may have a file by either path. @see file-hierarchy(7) */
function mergedFolders(filesystem: MergedFilesystem): readonly string[] {
  const folders = ['bin', 'sbin', 'lib', 'lib32', 'lib64', 'libx32'];
  return folders.filter((name) => {
    const path = filesystem.lookup(name, { follow: true })?.path;
    return path?.startsWith('usr/') === true;
  });
}

function aliasesOf(path: string, merged: readonly string[]): readonly string[] {
  const inUsr = path.startsWith('usr/');
  const short = inUsr ? path.slice('usr/'.length) : path;
  if (!merged.includes(short.slice(0, short.indexOf('/')))) return [path];
  return [path, inUsr ? short : `usr/${path}`];
}

function ask(
  databases: readonly FoundDatabase[],
  faces: ReadonlyMap<string, readonly Face[]>,
  concerns: (question: Question) => boolean,
  answers: Map<Question, Answer>,
): void {
  const wanted = wantedOf(faces.keys());
  for (const reader of DATABASE_READERS) {
    const files = databases.filter(({ stored }) => reader.files.test(stored.path));
    if (files.length === 0) continue;
    for (const claim of reader.read(files.map(inflate), wanted)) {
      for (const face of faces.get(claim.path) ?? []) {
        const by = concerns(face.question) ? vouchingOf(claim, face) : undefined;
        if (by !== undefined)
          answers.set(face.question, answered(answers.get(face.question), { ...claim.package, by }));
      }
    }
  }
}

function vouchingOf(
  { digest, layer }: Claim,
  { digests, by, question }: Face,
): VouchingPackage['by'] | undefined {
  if (digest === undefined) return by === 'digest' && layer === question.layer ? 'path' : undefined;
  return digests[digest.algorithm] === digest.hex ? by : undefined;
}

const STRENGTH = { path: 0, compiled: 1, digest: 2 } as const;

/** The first that vouches most strongly names the package. */
function answered(known: Answer | undefined, { by, ...owner }: VouchingPackage): Answer {
  const all = known?.all ?? new Map<string, Package>();
  if (all.size <= MOST_OWNERS) all.set(nameOf(owner), owner);
  const isBetter = known === undefined || STRENGTH[by] > STRENGTH[known.best.by];
  return { best: isBetter ? { ...owner, by } : known.best, all };
}

function told({ best, all }: Answer): VouchingPackage | undefined {
  if (all.size > MOST_OWNERS) return undefined;
  const also = [...all].filter(([name]) => name !== nameOf(best)).map(([, owner]) => owner);
  return also.length === 0 ? best : { ...best, also };
}

function nameOf({ manager, name }: Package): string {
  return `${manager}:${name}`;
}

function inflate({ layer, stored: { path, deflated, size } }: FoundDatabase): DatabaseFile {
  return { path, layer, bytes: inflateRawSync(deflated, { maxOutputLength: Math.max(1, size) }) };
}
