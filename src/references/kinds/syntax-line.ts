const DIRECTIVE = /^[ \t]*#[ \t]*([a-zA-Z][a-zA-Z0-9]*)[ \t]*=[ \t]*(.+?)[ \t]*$/;
const SLASHED = /^[ \t]*\/\/[ \t]*([a-zA-Z][a-zA-Z0-9]*)[ \t]*=[ \t]*(.+?)[ \t]*$/;
/** BuildKit takes a file of JSON with this key, too. */
const JSON_HEADER = /^(\ufeff?\s*\{[\s\S]*?"syntax"\s*:\s*")([^"\s]+)/;
const LINES = 20; // directives are few; nothing after the first other line counts

/**
 * The image that a Dockerfile is built with: `# syntax=docker/dockerfile:1`, also written `//syntax=`, after a `#!` line or
 * a byte order mark. It runs with the rights of the build.
 * @returns offsets of the name in the text
 * @see BuildKit, frontend/dockerfile/parser/directives.go, `DetectSyntax`
 */
export function findSyntaxLine(text: string): { name: string; start: number; end: number } | undefined {
  const json = JSON_HEADER.exec(text.slice(0, 4096));
  if (json !== null) {
    const [whole, before = '', name = ''] = json;
    return { name, start: before.length, end: whole.length };
  }
  for (const pattern of [DIRECTIVE, SLASHED]) {
    let at = text.startsWith('\ufeff') ? 1 : 0;
    for (let count = 0; count < LINES && at < text.length; count += 1) {
      const newline = text.indexOf('\n', at);
      const end = newline < 0 ? text.length : newline;
      const line = text.slice(at, Math.min(end, at + 1024)).replace(/\r$/, '');
      const [whole, key = '', name = ''] = pattern.exec(line) ?? [];
      if (whole === undefined && !(count === 0 && line.startsWith('#!'))) break;
      const start = at + line.trimEnd().length - name.length;
      // What follows a blank are arguments for the frontend.
      const [image = ''] = name.split(/\s/, 1);
      if (key.toLowerCase() === 'syntax') return { name: image, start, end: start + image.length };
      at = end + 1;
    }
  }
  return undefined;
}
