/**
 * JSON with comments as text that a YAML reader takes: comments and tabs become blanks, so that every other character
 * stays where it was.
 * @see JSONC specification; containers.dev, "devcontainer.json"
 */
export function blankComments(text: string): string {
  // A string (also one that does not end, or each quote in it would be tried anew), a comment to the end of the line, a comment in between (also one that never ends), a tab.
  return text.replace(/"(?:[^"\\\n]|\\.)*"?|\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|\t/g, (found) =>
    found.startsWith('"') ? found : found.replace(/[^\n]/g, ' '),
  );
}
