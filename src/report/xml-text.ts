import { foreign } from './foreign.ts';

/** What XML 1.0 does not know even as a reference; `foreign` has shown all but the last two by their number already. */
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/gu;
const LONGEST = 2000; // characters of a line
const REFERENCES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

/**
 * Text for the content of an element of XML 1.0. Foreign text is escaped first; a line break of ours stays one.
 * @see XML 1.0, 2.2 "Characters"
 */
export function xmlText(text: string): string {
  return text
    .split('\n')
    .map((line) => escapeLine(line, LONGEST))
    .join('\n');
}

function escapeLine(line: string, limit: number): string {
  return foreign(line, limit)
    .replace(FORBIDDEN, '\ufffd')
    .replace(/[&<>"']/g, (c) => REFERENCES[c] ?? c);
}

/**
 * An element with its attributes, and what is in it: elements, or text that `xmlText` has made. Absent attributes are left out. A value
 * is one line: its reader may print it, and a line that foreign text starts could be a command of a CI runner.
 */
export function xmlElement(
  name: string,
  attributes: Readonly<Record<string, string | number | undefined>>,
  content: readonly string[] = [],
): string {
  const words = Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined ? [] : [` ${key}="${escapeLine(String(value), LONGEST)}"`],
  );
  const start = `<${name}${words.join('')}`;
  return content.length === 0 ? `${start}/>` : `${start}>${content.join('')}</${name}>`;
}
