import { PratiqueError } from '../../errors.ts';
import { printable } from '../../model/printable.ts';
import { collectFaults } from '../faults.ts';
import { readYaml } from '../yaml-file.ts';
import { at, itemsOf, type Part, rootPart, textOf } from './part.ts';

const MOST = 200; // documents of one file; a cluster has fewer constraints

/**
 * Reads a file of YAML or JSON with one document or several, each with the places it has in the file. The items of a `List`, as
 * `kubectl get -o yaml` prints it, are documents of their own. Refused as in our own files: keys that stand twice, aliases, tags.
 * @throws {PratiqueError} `POLICY_INVALID` for the first thing that cannot be read
 */
export function readDocuments(text: string, shown: string): readonly Part[] {
  const chunks = split(text);
  if (chunks.length > MOST) throw unreadable(shown, `it has more than ${MOST} documents`);
  const documents = chunks.flatMap((chunk) => listed(readDocument(chunk, shown)));
  if (documents.length === 0) throw unreadable(shown, 'there is nothing in it');
  return documents;
}

/** A document, and how many lines of the file stand before it. */
interface Chunk {
  readonly text: string;
  readonly before: number;
}

function split(whole: string): readonly Chunk[] {
  const starts = [0, ...Array.from(whole.matchAll(/^---(?=\s|$)/gm), ({ index }) => index)];
  let before = 0;
  return starts.flatMap((start, index) => {
    const text = whole.slice(start, starts[index + 1]);
    const chunk = { text, before };
    before += text.split('\n').length - 1;
    const isEmpty = text.split('\n').every((line) => /^(?:---)?\s*(?:#|$)/.test(line));
    return isEmpty ? [] : [chunk];
  });
}

function readDocument({ text, before }: Chunk, shown: string): Part {
  const faults = collectFaults();
  const file = readYaml(withoutTabs(text), shown, faults);
  if (file !== undefined)
    return rootPart({
      ...file,
      placeOf: (path) => moved(file.placeOf(path), before),
      placeOfKey: (path) => moved(file.placeOfKey(path), before),
    });
  try {
    faults.throwIfAny();
  } catch (thrown) {
    const [first = ''] = (thrown instanceof PratiqueError ? (thrown.problem.why ?? '') : '').split('\n');
    const start = printable(`${shown}:`, 1000);
    throw new PratiqueError('POLICY_INVALID', {
      what: 'the file cannot be imported',
      why: first.startsWith(start) ? start + moved(first.slice(start.length), before) : first,
      next: 'mend it there, or take that part out',
    });
  }
  throw unreadable(shown, 'it is no YAML or JSON');
}

/** A place in the document, as one in the file. */
function moved(place: string, before: number): string {
  return place.replace(/^\d+/, (line) => String(Number(line) + before));
}

/** JSON may be indented with tabs, YAML not. */
function withoutTabs(text: string): string {
  return /^\s*[[{]/.test(text) ? text.replace(/^[ \t]+/gm, (indent) => ' '.repeat(indent.length)) : text;
}

function listed(document: Part): readonly Part[] {
  const isList =
    textOf(at(document, 'kind'))?.endsWith('List') === true && at(document, 'items') !== undefined;
  return isList ? itemsOf(at(document, 'items')) : [document];
}

function unreadable(shown: string, why: string): PratiqueError {
  return new PratiqueError('POLICY_INVALID', {
    what: 'the file cannot be imported',
    where: printable(shown),
    why,
    next: 'name one of the files that docs/policy.md lists under "Import"',
  });
}
