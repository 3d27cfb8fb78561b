/** One way to authenticate that a server offers. */
export interface Challenge {
  /** lower case: `basic`, `bearer`, `negotiate` */
  readonly scheme: string;
  /** names in lower case, values as written */
  readonly parameters: ReadonlyMap<string, string>;
}

const SCHEME = /([!#$%&'*+.^_`|~0-9A-Za-z-]+)(?:[ \t]+|(?=,|$))/y;
const PARAMETER = /([!#$%&'*+.^_`|~0-9A-Za-z-]+)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*))/y;
const TOKEN68 = /[A-Za-z0-9._~+/-]+=*(?=[ \t]*(?:,|$))/y;
const SEPARATORS = /[ \t,]*/y;
const HEADER_LIMIT = 16_384; // characters; a longer header is cut, which can only lose challenges

/**
 * Reads `WWW-Authenticate`. Several challenges may share one header, and quoted values may hold commas.
 * Never throws: what cannot be read offers nothing.
 * @see RFC 9110, section 11.6.1
 */
export function parseChallenges(header: string): readonly Challenge[] {
  const text = header.slice(0, HEADER_LIMIT);
  const challenges: Challenge[] = [];
  let at = skip(text, 0);
  while (at < text.length) {
    const scheme = match(SCHEME, text, at);
    if (scheme === null) break;
    const parameters = new Map<string, string>();
    challenges.push({ scheme: (scheme[1] ?? '').toLowerCase(), parameters });
    at = readParameters(text, scheme.index + scheme[0].length, parameters);
  }
  return challenges;
}

// A parameter is a name with an equals sign; a name without one begins the next challenge.
function readParameters(text: string, start: number, parameters: Map<string, string>): number {
  let at = skip(text, start);
  for (;;) {
    const found = match(PARAMETER, text, at);
    const token = found === null || found[0].endsWith('=') ? match(TOKEN68, text, at) : null;
    if (token !== null && parameters.size === 0 && token[0].includes('='))
      return skip(text, at + token[0].length);
    if (found === null) return at;
    const name = (found[1] ?? '').toLowerCase();
    // The first value counts: a second could only be there to mislead another reader.
    if (!parameters.has(name)) parameters.set(name, found[2]?.replaceAll(/\\(.)/g, '$1') ?? found[3] ?? '');
    at = skip(text, at + found[0].length);
  }
}

function skip(text: string, at: number): number {
  return at + (match(SEPARATORS, text, at)?.[0].length ?? 0);
}

function match(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}
