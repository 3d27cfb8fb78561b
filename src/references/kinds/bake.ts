import { passageAt, wholeText } from '../passage.ts';
import type { Collector, Spot } from '../sighting.ts';
import { type Substituted, substitute, type Variables } from '../substitute.ts';
import { childOf, childrenOf, entriesOf, textOf } from '../yaml/find-in.ts';
import type { Tree } from '../yaml/yaml-tree.ts';
import { seeContext, seeDockerfile } from './docker-image-context.ts';
import { readDockerfile } from './dockerfile.ts';
import { type HclToken, readHcl } from './hcl.ts';

/**
 * Images of a bake file in JSON: contexts with `docker-image://`, and `dockerfile-inline`.
 * @see Docker, "Bake file reference": target.contexts, target.dockerfile-inline, variable
 */
export function readBakeJson(tree: Tree, out: Collector): void {
  const defaults = entriesOf(childOf(tree, 'variable')).flatMap(({ key, value }) => {
    const text = textOf(value, 'default')?.spot.text;
    return text === undefined ? [] : [[key, text] as const];
  });
  const variables = variablesOf(new Map(defaults));
  for (const { key, value } of entriesOf(childOf(tree, 'target'))) {
    const role = `target.${key}.contexts`;
    for (const context of entriesOf(childOf(value, 'contexts')))
      seeContext(role, context.value, variables, out);
    for (const file of childrenOf(value, 'dockerfile')) seeDockerfile(file, variables, out);
    for (const inline of childrenOf(value, 'dockerfile-inline'))
      if (inline.kind === 'text') readDockerfile(inline.passage(), out);
  }
}

/** The same in HCL. Read are texts with variables in them; a context that is made in another way is told as unread. */
export function readBakeHcl(text: string, out: Collector): void {
  const tokens = readHcl(text);
  if (tokens === undefined) {
    out.unread(0, 'it is no HCL: a text in it does not end');
    return;
  }
  const variables = variablesOf(defaultsIn(tokens));
  for (let at = 0; at < tokens.length; at += 1) {
    const key = tokens[at];
    if (key?.kind !== 'word' && key?.kind !== 'text') continue;
    if (!isMark(tokens[at + 1], '=') && !isMark(tokens[at + 1], ':')) continue;
    if (key.text === 'contexts') readContexts(tokens, at + 2, variables, text, out);
    const value = tokens[at + 2];
    if (key.text === 'dockerfile' && value?.kind === 'text')
      seeDockerfile(textAt(value, text), variables, out);
    if (key.text === 'dockerfile-inline') readInline(tokens[at + 2], text, out);
  }
}

function isMark(token: HclToken | undefined, text: string): boolean {
  return token?.kind === 'mark' && token.text === text;
}

/** `contexts = { base = "docker-image://alpine:3" }` */
function readContexts(
  tokens: readonly HclToken[],
  from: number,
  variables: Variables,
  file: string,
  out: Collector,
): void {
  const [open] = tokens.slice(from, from + 1);
  if (!isMark(open, '{')) {
    out.unread(open?.start ?? 0, 'contexts that are made by an expression are not read');
    return;
  }
  for (let at = from + 1; at < tokens.length && !isMark(tokens[at], '}'); ) {
    if (isMark(tokens[at], ',')) {
      at += 1;
      continue;
    }
    const [key, equals, value, next] = tokens.slice(at, at + 4);
    const isPlain = (isMark(equals, '=') || isMark(equals, ':')) && value?.kind === 'text';
    const ends = next?.kind === 'word' || next?.kind === 'text' || isMark(next, ',') || isMark(next, '}');
    if (key?.kind === 'mark' || !isPlain || !ends) {
      out.unread(key?.start ?? 0, 'a context that is made by an expression is not read');
      return;
    }
    seeContext('contexts', textAt(value, file), variables, out);
    at += 3;
  }
}

function readInline(token: HclToken | undefined, file: string, out: Collector): void {
  if (token?.kind !== 'text' || /[$%]\{/.test(token.text.replaceAll(/[$%]{2}\{/g, ''))) {
    out.unread(token?.start ?? 0, 'a Dockerfile that is made by an expression is not read');
    return;
  }
  const { text, start } = token;
  if (token.isHeredoc === true) {
    const whole = wholeText(file);
    readDockerfile({ text, spotOf: (from, to) => whole.spotOf(start + from, start + to) }, out);
  } else readDockerfile(passageAt(text.replaceAll('\\n', '\n').replaceAll('\\"', '"'), start), out);
}

function textAt({ text, start }: HclToken, file: string): Tree {
  const spot: Spot = { text, start, ...(file.startsWith(text, start) && { end: start + text.length }) };
  return { kind: 'text', spot, passage: () => passageAt(text, start) };
}

/** `variable "TAG" { default = "1.2" }` */
function defaultsIn(tokens: readonly HclToken[]): ReadonlyMap<string, string> {
  const defaults = new Map<string, string>();
  for (const [at, token] of tokens.entries()) {
    const [name, open, ...body] = tokens.slice(at + 1, at + 12);
    if (token.text !== 'variable' || name === undefined || !isMark(open, '{')) continue;
    const end = body.findIndex((one) => isMark(one, '}'));
    const key = body.findIndex((one, index) => one.text === 'default' && isMark(body[index + 1], '='));
    const value = body[key + 2];
    if (key >= 0 && (end < 0 || key < end) && value?.kind === 'text') defaults.set(name.text, value.text);
  }
  return defaults;
}

/** In HCL a variable is `${NAME}`; a dollar without a brace is a plain one. */
function variablesOf(defaults: ReadonlyMap<string, string>): Variables {
  const resolve = (text: string, depth: number): Substituted =>
    depth > 10
      ? { why: 'its variables are made of each other' }
      : substitute(text, {
          lookUp(name) {
            const value = defaults.get(name);
            return value === undefined ? undefined : resolve(value, depth + 1);
          },
        });
  return { lookUp: (name) => (defaults.has(name) ? resolve(defaults.get(name) ?? '', 1) : undefined) };
}
