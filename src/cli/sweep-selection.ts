import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Argv } from 'yargs';
import { PratiqueError, toPratiqueError } from '../errors.ts';
import { printable, quoted } from '../model/printable.ts';
import { formatReference } from '../model/reference.ts';
import type { UnresolvedName } from '../model/sweep.ts';
import { runningImages } from '../sweep/running-images.ts';
import { readWanted, type Wanted } from '../sweep/wanted.ts';
import { many, one } from './common-options.ts';
import { findNamed } from './named-references.ts';
import type { Terminal } from './terminal.ts';

const INPUT_BYTES = 256 * 1024 * 1024; // of a list of names, or of the pods of a large cluster

/** Options that say which images a sweep looks at. */
export function selectionOptions(parser: Argv): Argv {
  return parser
    .positional('image', {
      type: 'string',
      array: true,
      describe:
        'NAME, or a pattern: HOST/** for a registry, HOST/PATH/* for repositories, NAME:1.* for tags; - for a list',
    })
    .option('pods', {
      type: 'string',
      requiresArg: true,
      describe:
        'The images that a cluster runs: a file that kubectl get pods -A -o json wrote; - for standard input',
    })
    .option('refs', {
      type: 'string',
      array: true,
      requiresArg: true,
      describe: 'The images that this file or folder names, as pratique refs finds them; repeatable',
    })
    .option('tags', {
      type: 'string',
      array: true,
      requiresArg: true,
      describe: 'Of repositories only these tags: with stars, or a range as ">=1.25 <2"; repeatable',
    })
    .option('newest', {
      type: 'string',
      requiresArg: true,
      describe:
        'Of tags that are versions only so many of each line (1.25.*, 1.26.*, 1.26.*-alpine); others are left out',
    })
    .option('max-age', {
      type: 'string',
      requiresArg: true,
      describe: 'Only images that were built within this time, as 90d; one that does not tell is judged',
    });
}

/** What a sweep is to look at. */
export interface Selection {
  readonly wanted: readonly Wanted[];
  /** what files name that cannot be known */
  readonly unread: readonly UnresolvedName[];
}

/** Reads it from the command line, from files and from standard input. @throws {PratiqueError} `USAGE`, `REFERENCE_INVALID`, `POLICY_INVALID` */
export async function readSelection(
  options: Record<string, unknown>,
  terminal: Terminal,
): Promise<Selection> {
  const choosesTags = many(options, 'tags') !== undefined || one(options, 'newest') !== undefined;
  const texts: string[] = [];
  const pods = one(options, 'pods');
  if (options['fromInput'] === true && pods !== '-')
    texts.push(...linesOf(await terminal.in.read(INPUT_BYTES)));
  if (pods !== undefined) texts.push(...runningImages(await readPods(pods, terminal), printable(pods)));
  const named = await namedIn(many(options, 'refs') ?? [], options, terminal);
  texts.push(...named.texts);
  const typed = (many(options, 'image') ?? []).map((text) => readWanted(text, { choosesTags }));
  if (typed.length + texts.length === 0 && named.unread.length === 0) throw nothing();
  const { wanted, unread } = readList(texts, choosesTags);
  return { wanted: [...typed, ...wanted], unread: [...named.unread, ...unread] };
}

/** Says which selection it is: the same names, patterns and filters, in whatever order they came. */
export function selectionDigest(wanted: readonly Wanted[], options: Record<string, unknown>): string {
  const texts = wanted.map(({ kind, text }) => `${kind} ${text}`).toSorted();
  const filters = [many(options, 'tags') ?? [], one(options, 'newest'), one(options, 'maxAge')];
  return createHash('sha256')
    .update(JSON.stringify([texts, ...filters]))
    .digest('hex')
    .slice(0, 32);
}

/** Of thousands of names in a list one may be none: it is told, and keeps no other from being judged. */
function readList(texts: readonly string[], choosesTags: boolean): Selection {
  const wanted: Wanted[] = [];
  const unread: UnresolvedName[] = [];
  for (const text of texts)
    try {
      wanted.push(readWanted(text, { choosesTags }));
    } catch (thrown) {
      const { code, message } = toPratiqueError(thrown);
      unread.push({ name: text, fault: { code, text: printable(message) } });
    }
  return { wanted, unread };
}

async function namedIn(paths: readonly string[], options: Record<string, unknown>, terminal: Terminal) {
  if (paths.length === 0) return { texts: [], unread: [] };
  const { references, unread } = await findNamed(paths, { ...options, fromInput: false }, terminal);
  const texts = references.flatMap(({ reference }) => (reference ? [formatReference(reference)] : []));
  const open = [
    ...references.flatMap(({ file, line, text, why }) =>
      why === undefined ? [] : [{ place: `${file}:${line}`, why: `${quoted(text)}: ${why}` }],
    ),
    ...unread.map(({ file, line, text }) => ({ place: `${file}:${line}`, why: text })),
  ];
  return {
    texts: [...new Set(texts)],
    unread: open.map(
      ({ place, why }): UnresolvedName => ({
        name: place,
        fault: { code: 'NAME_UNKNOWN', text: printable(why) },
      }),
    ),
  };
}

async function readPods(file: string, terminal: Terminal): Promise<Uint8Array> {
  if (file === '-') return Buffer.from(await terminal.in.read(INPUT_BYTES));
  try {
    return await readFile(resolve(terminal.cwd, file));
  } catch (cause) {
    const problem = {
      what: `--pods ${quoted(file)} could not be read`,
      why: (cause as NodeJS.ErrnoException).code ?? 'unknown reason',
      next: 'write one with kubectl get pods -A -o json',
    };
    throw new PratiqueError('USAGE', problem, { cause });
  }
}

/** One name a line; what stands behind a # is not read. */
function linesOf(text: string): readonly string[] {
  return text
    .split('\n')
    .map((line) => line.replace(/(?:^|\s)#.*$/, '').trim())
    .filter((line) => line !== '');
}

function nothing(): PratiqueError {
  return new PratiqueError('USAGE', {
    what: 'no image is named',
    next: 'name images or patterns, as in pratique sweep "registry.acme.dev/**", or give - and a list on standard input',
  });
}
