import type { Passage } from '../passage.ts';
import type { Collector } from '../sighting.ts';
import { childOf, itemsOf, mapsIn, textOf } from '../yaml/find-in.ts';
import { readDocument, splitDocuments, type Tree, type TreeText } from '../yaml/yaml-tree.ts';
import { type Resolve, seeImage } from './image-fields.ts';

/** What stands in a patch goes into an object as it is, but for variables that a tool around it fills in. */
const asWritten: Resolve = (text) => (/\{\{|\$[{(]/.test(text) ? { why: 'it is a template' } : { text });

/** Whether a document is a list of operations on an object. @see RFC 6902, section 3 */
export function isPatch(tree: Tree): boolean {
  const [first] = itemsOf(tree);
  return textOf(first, 'op') !== undefined && textOf(first, 'path') !== undefined;
}

/**
 * Images that a patch puts into objects: values of operations at a path that ends in `image`, and each `image` in a piece of an
 * object.
 * @see RFC 6902, section 4; kubectl documentation, "kustomization.yaml: patches"
 */
export function readPatch(tree: Tree, out: Collector): void {
  for (const operation of itemsOf(tree)) {
    const value = childOf(operation, 'value');
    if (value?.kind === 'text' && /\/image$/.test(textOf(operation, 'path')?.spot.text ?? ''))
      seeImage('patch', value, asWritten, out);
  }
  for (const { map, path } of mapsIn(tree)) {
    const image = childOf(map, 'image');
    if (image?.kind === 'text') seeImage([...path, 'image'].join('.'), image, asWritten, out);
  }
}

/** The same of a patch that is a text of the file. @param read what reads it; absent: `readPatch` */
export function readPatchText(text: TreeText, out: Collector, read = readPatch): void {
  const passage = text.passage();
  const inside = collectorWithin(passage, out);
  for (const chunk of splitDocuments(passage.text)) {
    const parsed = readDocument(chunk, passage.text);
    if ('fault' in parsed)
      inside.unread(parsed.fault.start, `a patch in it is not read: ${parsed.fault.why}`);
    else read(parsed.tree, inside);
  }
}

/** A collector for offsets in a passage. */
function collectorWithin(passage: Passage, out: Collector): Collector {
  const startOf = (start: number) => passage.spotOf(start, start).start;
  return {
    ...out,
    see({ spot, ...rest }) {
      const { start, end } = spot;
      const placed =
        end === undefined ? { text: spot.text, start: startOf(start) } : passage.spotOf(start, end);
      out.see({ ...rest, spot: placed });
    },
    unread: (start, why) => out.unread(startOf(start), why),
  };
}
