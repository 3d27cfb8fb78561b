/** What `parseMarkup` met: elements in their order, and the text between them. */
export interface Markup {
  readonly elements: readonly { readonly name: string; readonly attributes: ReadonlyMap<string, string> }[];
  readonly text: string;
}

const TAG = /<(\/?)([a-zA-Z][\w-]*)((?:\s+[a-zA-Z][\w:-]*(?:="[^"<]*")?)*)\s*(\/?)>/y;
const ATTRIBUTE = /([a-zA-Z][\w:-]*)(?:="([^"<]*)")?/g;
const TEXT = /[^<>&]+|&(?:amp|lt|gt|quot|apos|#\d+);/y;
const VOID: ReadonlySet<string> = new Set(['meta', 'input', 'br']);

/**
 * Reads HTML or XML far more strictly than any browser: every element closed in its order, every attribute in double quotes, no bare
 * `<`, `>` or `&`. No comments, no sections: we write none, so one that is there was brought in.
 * @throws {Error} with what stands where it must not
 */
export function parseMarkup(source: string): Markup {
  const elements: { name: string; attributes: Map<string, string> }[] = [];
  const open: string[] = [];
  let text = '';
  for (let at = 0; at < source.length; ) {
    TAG.lastIndex = at;
    TEXT.lastIndex = at;
    const tag = TAG.exec(source);
    const piece = tag === null ? TEXT.exec(source) : null;
    if (tag !== null) {
      const [whole, close, name = '', attributes = '', empty] = tag;
      if (close === '/') {
        if (open.pop() !== name) throw new Error(`</${name}> closes nothing at ${around(source, at)}`);
      } else {
        elements.push({ name, attributes: readAttributes(attributes) });
        if (empty !== '/' && !VOID.has(name)) open.push(name);
      }
      at += whole.length;
    } else if (piece !== null) {
      text += piece[0];
      at += piece[0].length;
    } else throw new Error(`neither text nor an element: ${around(source, at)}`);
  }
  if (open.length > 0) throw new Error(`not closed: ${open.join(' ')}`);
  return { elements, text };
}

function readAttributes(text: string): Map<string, string> {
  const attributes = new Map<string, string>();
  for (const [, name = '', value = ''] of text.matchAll(ATTRIBUTE)) {
    if (attributes.has(name)) throw new Error(`twice ${name}`);
    attributes.set(name, value);
  }
  return attributes;
}

function around(source: string, at: number): string {
  return JSON.stringify(source.slice(Math.max(0, at - 40), at + 60));
}
