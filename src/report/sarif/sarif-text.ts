import { foreign } from '../foreign.ts';

/** A place in the repository: a path relative to its root, and a line from 1. */
export interface Anchor {
  readonly uri: string;
  readonly line: number;
  /** from 1, in UTF-16 units */
  readonly column?: number;
  /** other places that name the same image */
  readonly others?: readonly Anchor[];
}

/**
 * Text for a SARIF message. Foreign text must not become a link or a placeholder there.
 * @see SARIF 2.1.0, 3.11.5 "Messages with placeholders", 3.11.6 "Messages with embedded links"
 */
export function sarifText(text: string): string {
  return foreign(text, 2000)
    .replaceAll('](', ']\\(')
    .replace(/\{(?=\d+\})/g, '{ ');
}

/** Where every result stands. */
export function physicalLocation({ uri, line, column }: Anchor) {
  return {
    physicalLocation: {
      artifactLocation: { uri: relativeUri(uri), uriBaseId: '%SRCROOT%' },
      region: {
        startLine: Number.isSafeInteger(line) && line >= 1 ? line : 1,
        ...(column !== undefined && { startColumn: column }),
      },
    },
  };
}

/**
 * A path as a relative URI that stays inside the repository: `\` is `/`, each part percent-encoded (a colon in
 * the first part would make it a scheme), `.` and `..` left out. `pratique.yaml` where nothing is left.
 * @see RFC 3986, section 4.2
 */
export function relativeUri(path: string): string {
  const parts = path
    .toWellFormed()
    .split(/[\\/]+/)
    .filter((part) => part !== '' && part !== '.' && part !== '..');
  return parts.map(encodePart).join('/') || 'pratique.yaml';
}

function encodePart(part: string): string {
  return encodeURIComponent(part).replace(
    /[!'()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
