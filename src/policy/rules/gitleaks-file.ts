import { parse, TomlError } from 'smol-toml';
import { z } from 'zod';

/** A place in a TOML file whose values say nothing of where they stand: a line, from 1. */
export interface TomlPlace {
  readonly line: number;
  readonly column: number;
}

const texts = z.array(z.string());

const allowlist = z.object({
  description: z.string().optional(),
  condition: z.enum(['OR', 'AND', 'or', 'and', '||', '&&']).optional(),
  commits: texts.optional(),
  paths: texts.optional(),
  regexes: texts.optional(),
  regextarget: z.enum(['', 'secret', 'match', 'line']).optional(),
  stopwords: texts.optional(),
  targetrules: texts.optional(),
});

const rule = z.object({
  id: z.string().min(1),
  description: z.string().optional(),
  regex: z.string().optional(),
  path: z.string().optional(),
  secretgroup: z.int().min(0).optional(),
  entropy: z.number().optional(),
  keywords: texts.optional(),
  tags: texts.optional(),
  allowlist: allowlist.optional(),
  allowlists: z.array(allowlist).optional(),
  required: z.array(z.unknown()).optional(),
  skipreport: z.boolean().optional(),
});

const gitleaksFile = z.object({
  title: z.string().optional(),
  description: z.string().optional(),
  minversion: z.string().optional(),
  extend: z
    .object({
      usedefault: z.boolean().optional(),
      path: z.string().optional(),
      url: z.string().optional(),
      disabledrules: texts.optional(),
    })
    .optional(),
  allowlist: allowlist.optional(),
  allowlists: z.array(allowlist).optional(),
  rules: z.array(rule).optional(),
});

export type GitleaksFile = z.infer<typeof gitleaksFile>;
export type GitleaksRule = z.infer<typeof rule>;
export type GitleaksAllowlist = z.infer<typeof allowlist>;

/** A file of gitleaks rules, read. */
export interface ReadGitleaks {
  readonly file: GitleaksFile;
  /** settings that nobody here knows: `rules.3.verify` */
  readonly unknown: readonly string[];
  /** where a rule begins, or one of its keys */
  placeOf(rule: number, key?: string): string;
}

/** What is wrong, and where: `line:column`. */
export interface GitleaksFault {
  readonly place: string;
  readonly path: readonly PropertyKey[];
  readonly why: string;
}

/** Reads a gitleaks configuration. Names of settings are taken in any case, as gitleaks does. */
export function readGitleaks(text: string): ReadGitleaks | readonly GitleaksFault[] {
  const lines = text.split('\n');
  const headers = lines.flatMap((line, index) => (/^\s*\[\[\s*rules\s*\]\]/i.test(line) ? [index] : []));
  const placeOf = (index: number, key = '') => placeIn(lines, headers, index, key);
  let value: unknown;
  try {
    value = inLowerCase(parse(text, { maxDepth: 20 }));
  } catch (thrown) {
    if (!(thrown instanceof TomlError)) throw thrown;
    const why = thrown.message.split('\n')[0]?.replace(/^Invalid TOML document: /, '') ?? 'it is no TOML';
    return [{ place: `${thrown.line}:${thrown.column}`, path: [], why }];
  }
  const read = gitleaksFile.safeParse(value);
  if (read.success) return { file: read.data, unknown: unknownIn(value, read.data, ''), placeOf };
  return read.error.issues.map(({ path, message }) => ({
    place:
      path[0] === 'rules' && typeof path[1] === 'number' ? placeOf(path[1], String(path[2] ?? '')) : '1:1',
    path,
    why: message,
  }));
}

/** The line of the rule of this number, or of one of its keys; a text that looks like a header can lead astray. */
function placeIn(lines: readonly string[], headers: readonly number[], index: number, key: string): string {
  const first = headers[index];
  if (first === undefined) return '1:1';
  const rest = lines.slice(first + 1, headers[index + 1] ?? lines.length);
  const at = rest.findIndex((line) => line.trimStart().toLowerCase().startsWith(key));
  return key !== '' && at >= 0 ? `${first + 2 + at}:1` : `${first + 1}:1`;
}

function inLowerCase(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inLowerCase);
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key.toLowerCase(), inLowerCase(one)]));
}

/** What the schema has left out. */
function unknownIn(value: unknown, read: unknown, path: string): readonly string[] {
  if (typeof value !== 'object' || value === null || typeof read !== 'object' || read === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const here = path === '' ? key : `${path}.${key}`;
    return Object.hasOwn(read, key) ? unknownIn(inner, (read as Record<string, unknown>)[key], here) : [here];
  });
}
