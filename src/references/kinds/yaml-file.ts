import type { ReferenceKind } from '../../model/named-reference.ts';
import { type NamedFor, namedFor } from '../kind-of-path.ts';
import { wholeText } from '../passage.ts';
import type { Collector, Sighting } from '../sighting.ts';
import { childOf, entriesOf, textOf } from '../yaml/find-in.ts';
import { blankComments } from '../yaml/json-comments.ts';
import { type Chunk, readDocument, splitDocuments, type Tree } from '../yaml/yaml-tree.ts';
import { readBakeJson } from './bake.ts';
import { readCompose } from './compose.ts';
import { readDevcontainer } from './devcontainer.ts';
import { isGitlabCi, readGitlabCi } from './gitlab-ci.ts';
import { readHelmValues } from './helm-values.ts';
import { isKubernetes, readKubernetes } from './kubernetes.ts';
import { isKustomization, readKustomization } from './kustomization.ts';
import { isPatch, readPatch } from './patch.ts';
import { readPipeline } from './pipeline.ts';
import { isTemplate, readTemplate } from './template.ts';
import { isWorkflow, readAction, readWorkflow } from './workflow.ts';

/** Characters of one file that are parsed; the parser reads about a million in a second. */
const LONGEST = 4 * 1024 * 1024;
/** Without one of these words no kind of file names an image; a key may hide one behind escapes. */
const MAY_NAME =
  /image|container|docker|bundle|repository|newName|newTag|services|builder|pkg\.crossplane|\\(?:x[4-7]|u00[4-7]|U000000[4-7]|\r?\n)/i;
const MAY_BE_OBJECT = /"apiVersion"|"op"|\\u00[4-7]/;
/** A field that names an image in most kinds. */
const NAMES = /(?:image|bundle|repository|newName)["']?\s*:|\\(?:x[4-7]|u00[4-7])/i;

const READERS: Readonly<
  Record<Exclude<ReferenceKind, 'dockerfile' | 'template'>, (tree: Tree, out: Collector) => void>
> = {
  compose: readCompose,
  kubernetes: readKubernetes,
  kustomization: (tree, out) => (isPatch(tree) ? readPatch(tree, out) : readKustomization(tree, out)),
  'helm-values': readHelmValues,
  'github-workflow': readWorkflow,
  'github-action': readAction,
  'gitlab-ci': readGitlabCi,
  devcontainer: readDevcontainer,
  bake: readBakeJson,
  pipeline: readPipeline,
};

/**
 * Finds the images that a file of YAML or JSON names, in each of its documents by the kind that it is of. One that is no YAML is
 * read line by line where it is a template, and else told as unread, unless nothing in it looks like the name of an image.
 */
export function readYamlFile(
  file: string,
  text: string,
  out: Collector,
): { isRead: boolean; of(sighting: Sighting): ReferenceKind } {
  const name = namedFor(file);
  const clean = name === 'devcontainer' ? blankComments(text) : text;
  const kinds: { start: number; kind: ReferenceKind }[] = [];
  let parsed = 0;
  for (const chunk of splitDocuments(clean)) {
    if (name !== 'pipeline' && !MAY_NAME.test(chunk.text)) continue;
    parsed += chunk.text.length;
    if (parsed > LONGEST) {
      out.unread(chunk.start, `more than ${LONGEST} characters of this file would have to be read`);
      break;
    }
    const kind = readChunk(file, name, clean, chunk, out);
    if (kind !== undefined) kinds.push({ start: chunk.start, kind });
  }
  return {
    isRead: name !== undefined || kinds.length > 0,
    of: ({ spot }) => kinds.findLast(({ start }) => start <= spot.start)?.kind ?? 'template',
  };
}

function readChunk(
  file: string,
  name: NamedFor | undefined,
  text: string,
  chunk: Chunk,
  out: Collector,
): ReferenceKind | undefined {
  if (/\.json$/i.test(file) && name === undefined && !MAY_BE_OBJECT.test(chunk.text)) return undefined;
  const read = readDocument(chunk, text);
  if ('fault' in read) {
    if (isTemplate(chunk.text)) return readAsTemplate(text, chunk, out);
    if (name === undefined && !NAMES.test(chunk.text)) return undefined;
    out.unread(read.fault.start, read.fault.why);
    return 'template';
  }
  const kind = kindOf(file, name, read.tree);
  // A template can be YAML by chance, and mean other things when it is rendered.
  if (kind === undefined) return isChartTemplate(file, chunk) ? readAsTemplate(text, chunk, out) : undefined;
  if (kind === 'kubernetes' && isChartTemplate(file, chunk)) return readAsTemplate(text, chunk, out);
  READERS[kind](read.tree, out);
  return kind;
}

function isChartTemplate(file: string, { text }: Chunk): boolean {
  return /(?:^|\/)templates\//.test(file) && isTemplate(text);
}

function readAsTemplate(text: string, chunk: Chunk, out: Collector): ReferenceKind {
  const whole = wholeText(text);
  const spotOf = (from: number, to: number) => whole.spotOf(chunk.start + from, chunk.start + to);
  readTemplate({ text: chunk.text, spotOf }, out);
  return 'template';
}

function kindOf(file: string, name: NamedFor | undefined, tree: Tree): keyof typeof READERS | undefined {
  if (name === 'devcontainer' || name === 'bake') return name;
  if (isKustomization(file, tree) || isPatch(tree)) return 'kustomization';
  if (isKubernetes(tree)) return 'kubernetes';
  if (name === 'github-action') return childOf(tree, 'runs') === undefined ? undefined : name;
  if (name !== undefined) return name;
  if (isWorkflow(tree)) return 'github-workflow';
  if (isCompose(tree)) return 'compose';
  return isGitlabCi(tree) ? 'gitlab-ci' : undefined;
}

/** Services with images or builds, in a file of another name. */
function isCompose(tree: Tree): boolean {
  return entriesOf(childOf(tree, 'services')).some(
    ({ value }) => textOf(value, 'image') !== undefined || childOf(value, 'build') !== undefined,
  );
}
