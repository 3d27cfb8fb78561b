import { foreign } from '../foreign.ts';

const BRAND = Symbol('html');

/** A piece of HTML that `html` has made: the only thing that is put into a page as it is. */
export interface Html {
  readonly [BRAND]: string;
}

/** What may stand in a template: text of any origin is escaped; absent things are nothing. */
export type Part = Html | readonly Html[] | string | number | false | undefined;

const REFERENCES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '\ufffe': '\ufffd',
  '\uffff': '\ufffd',
};

/**
 * HTML by a template: what is written in the source is taken as it is, whatever is put in is escaped, for content and for attributes
 * in quotes alike. There is no other way to make `Html`, and no way around.
 */
export function html(source: TemplateStringsArray, ...parts: readonly Part[]): Html {
  const text = source.map((piece, index) => `${piece}${textOf(parts[index])}`).join('');
  return { [BRAND]: text };
}

/** The text of a whole page. */
export function htmlText(piece: Html): string {
  return piece[BRAND];
}

function textOf(part: Part): string {
  if (part === undefined || part === false) return '';
  if (typeof part === 'string') return escapeText(part);
  if (typeof part === 'number') return String(part);
  return BRAND in part ? part[BRAND] : part.map(htmlText).join('');
}

function escapeText(text: string): string {
  return foreign(text, 4000).replace(/[&<>"'\ufffe\uffff]/g, (c) => REFERENCES[c] ?? c);
}
