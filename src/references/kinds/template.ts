import type { Passage } from '../passage.ts';
import type { Collector } from '../sighting.ts';

const FIELD = /^([ \t]*(?:-[ \t]+)?["']?(image|bundle)["']?[ \t]*:[ \t]*)(\S.*?)[ \t]*(?:[ \t]#.*)?$/;

/** The same inside of braces: `{name: x, image: y}`. */
const INSIDE = /[{,][ \t]*["']?(image|bundle)["']?[ \t]*:[ \t]*("[^"]*"|'[^']*'|[^\s,{}]+)/g;

/** Whether a text is a template that makes YAML: braces of Go, Jinja or the like. */
export function isTemplate(text: string): boolean {
  return /(?<!\$)\{\{|\{%|<%/.test(text);
}

/**
 * Images in a template of YAML, which no YAML reader takes: each `image:` in a line. A name that stands there whole is known, all
 * else only when it is rendered.
 */
export function readTemplate(passage: Passage, out: Collector): void {
  let at = 0;
  for (const line of passage.text.split('\n')) {
    const shown = line.slice(0, 4096).replace(/\r$/, '');
    const [, before = '', role = '', value] = FIELD.exec(shown) ?? [];
    if (value !== undefined) seeField(role, value, at + before.length, passage, out);
    else if (!/^[ \t]*(?:-[ \t]+)*#/.test(shown))
      for (const { index, 0: whole, 1: key = '', 2: inner = '' } of shown.matchAll(INSIDE))
        seeField(key, inner, at + index + whole.length - inner.length, passage, out);
    at += line.length + 1;
  }
}

function seeField(role: string, value: string, start: number, passage: Passage, out: Collector): void {
  const [, quote = '', plain] = /^(["']?)([^"'{}<>|\s%]+)\1$/.exec(value) ?? [];
  if (plain === undefined) {
    const spot = passage.spotOf(start, start + value.length);
    const why = 'it is a template: render it and give it to pratique refs -';
    out.see({ role, spot, why });
    return;
  }
  if (plain === 'null' || plain === '~') return;
  const from = start + quote.length;
  out.see({ role, spot: passage.spotOf(from, from + plain.length), name: plain });
}
