import { formatImagePattern, type ImagePattern, parseImagePattern } from '../../model/image-pattern.ts';
import { quoted } from '../../model/printable.ts';
import { normalizeHost, splitHost } from '../../model/reference.ts';
import { coversPattern } from '../pattern-cover.ts';
import { type Imported, type ImportRemark, remarkOn, requireFew } from './imported.ts';
import { at, entriesOf, itemsOf, type Part, textOf } from './part.ts';

/**
 * Constraints of Gatekeeper. An entry of `K8sAllowedRepos` is a prefix of the text: `docker.io/acme` also admits
 * `docker.io/acme-evil/x`. Carried over is what it says part by part. An entry of `K8sAllowedReposv2` is the whole text, or a
 * prefix where it ends in `*`. Several constraints hold together: what each of them admits is admitted.
 * @see gatekeeper-library, src/general/allowedrepos/src.rego and src/general/allowedreposv2/src.rego
 */
export function importAllowedRepos(constraints: readonly Part[]): Imported {
  const remarks: ImportRemark[] = [];
  const sets = constraints.map((one) => patternsOf(one, remarks));
  requireFew(sets.flat().length, constraints[0]);
  let allow = sets[0] ?? [];
  for (const [index, set] of sets.slice(1).entries()) {
    const before = [...allow, ...set];
    allow = [...within(allow, set), ...within(set, allow)];
    const lost = before.filter((pattern) => !allow.some((kept) => coversPattern(kept, pattern)));
    const part = constraints[index + 1];
    if (part !== undefined && lost.length > 0)
      remarks.push(
        remarkOn(part, `constraints hold together, so less is allowed than by each of them: ${listOf(lost)}`),
      );
  }
  return { allow, deny: [], signers: new Map(), images: [], remarks };
}

/** What one of them allows and another does not. */
function listOf(patterns: readonly ImagePattern[]): string {
  const texts = [...new Set(patterns.map(formatImagePattern))];
  return `${texts
    .slice(0, 5)
    .map((text) => quoted(text))
    .join(', ')}${texts.length > 5 ? ` and ${texts.length - 5} more` : ''}`;
}

function within(inner: readonly ImagePattern[], outer: readonly ImagePattern[]): readonly ImagePattern[] {
  return inner.filter((pattern) => outer.some((wide) => coversPattern(wide, pattern)));
}

function patternsOf(constraint: Part, remarks: ImportRemark[]): readonly ImagePattern[] {
  const spec = at(constraint, 'spec');
  const parameters = at(spec, 'parameters');
  const isFirst = textOf(at(constraint, 'kind')) === 'K8sAllowedRepos';
  tellReach(spec, remarks);
  const [known, list] = isFirst
    ? ['repos', at(parameters, 'repos')]
    : ['allowedImages', at(parameters, 'allowedImages')];
  for (const [key, part] of entriesOf(parameters))
    if (key !== known)
      remarks.push(remarkOn(part, `there is no parameter ${quoted(key)} that is understood`));
  if (itemsOf(list).length === 0)
    remarks.push(remarkOn(constraint, `it has no ${known}, so nothing is allowed`));
  return itemsOf(list).flatMap((item) => {
    const text = textOf(item);
    if (text === undefined) {
      remarks.push(remarkOn(item, 'it is no text: nothing is carried over'));
      return [];
    }
    const { patterns, remark } = isFirst ? prefixOf(text) : starredOf(text);
    if (remark !== undefined) remarks.push(remarkOn(item, `${quoted(text)} ${remark}`));
    return patterns;
  });
}

const EVERYWHERE: ReadonlySet<string> = new Set(['kinds', 'source']);

/** A policy speaks of images, wherever they run. */
function tellReach(spec: Part | undefined, remarks: ImportRemark[]): void {
  for (const [key, part] of entriesOf(at(spec, 'match')))
    if (!EVERYWHERE.has(key))
      remarks.push(
        remarkOn(part, `match.${quoted(key)} is not carried over: the policy holds for every image`),
      );
  const action = at(spec, 'enforcementAction');
  if (action !== undefined && textOf(action) !== 'deny')
    remarks.push(remarkOn(action, `${quoted(String(action.value))} is not carried over: the policy refuses`));
}

/** What an entry comes to, and in what that is not the original; the remark goes on behind the entry. */
interface Carried {
  readonly patterns: readonly ImagePattern[];
  readonly remark?: string;
}

const NONE = 'is not carried over: ';
const STAR = `${NONE}a star inside it stands for itself, and no image has one in its name`;

function starredOf(text: string): Carried {
  if (text === '*') return parsed(['**']);
  if (text.endsWith('*')) return prefixOf(text.slice(0, -1), true);
  if (text.includes('*')) return { patterns: [], remark: STAR };
  const tail = text.slice(text.lastIndexOf('/') + 1);
  return parsed([/[:@]/.test(tail) ? withoutClaim(text) : `${text}:latest`]);
}

/** @param isMeant its author wrote a star behind it, and means what goes on inside the last part, too */
function prefixOf(text: string, isMeant = false): Carried {
  if (text.trim() === '') return { patterns: [], remark: `${NONE}every text begins so` };
  if (text.includes('*')) return { patterns: [], remark: STAR };
  if (text.endsWith('/')) return parsed([`${text}**`]);
  const tail = text.slice(text.lastIndexOf('/') + 1);
  const isAlone = tail === text;
  if (tail.includes('@')) return digestPrefix(text, isMeant);
  if (isAlone && (text.includes('.') || /^localhost(?::|$)/.test(text)))
    return parsed([`${text}/**`], goesOn(text, `${text}.evil.example/x`));
  if (tail.includes(':')) return tagPrefix(text, isMeant);
  if (isMeant && !isAlone) return parsed([`${text}*`, `${text}*/**`]);
  const example = isAlone ? `${text}.evil.example/x` : `${text}-evil/x`;
  if (isMeant) return parsed([`docker.io/library/${text}*`, `docker.io/${text}*/**`], goesOn(text, example));
  return parsed([...(isHubNamespace(text) ? [] : [text]), `${text}/**`], goesOn(text, example));
}

/** `docker.io/acme`: on Docker Hub an image has no such name, and as a short one for `library/acme` it is not meant. */
function isHubNamespace(text: string): boolean {
  const { host, rest } = splitHost(text);
  return host !== undefined && normalizeHost(host) === 'docker.io' && !rest.includes('/');
}

/** Says what the original also admits. */
function goesOn(text: string, example: string): string {
  return `is carried over by whole parts: as a prefix it also admits ${quoted(example)} and whatever else begins with ${quoted(text)}`;
}

function tagPrefix(text: string, isMeant: boolean): Carried {
  if (text.endsWith(':') || isMeant) return parsed([`${text}*`]);
  return parsed([text], `is carried over as this very tag: as a prefix it also admits ${quoted(`${text}0`)}`);
}

function digestPrefix(text: string, isMeant: boolean): Carried {
  const isWhole = /@sha(?:256:[0-9a-f]{64}|512:[0-9a-f]{128})$/.test(text);
  if (isWhole && !isMeant) return parsed([withoutClaim(text)]);
  return { patterns: [], remark: `${NONE}no pattern stands for the beginning of a digest` };
}

/** A name by its digest alone: a tag beside it says nothing. */
function withoutClaim(text: string): string {
  return text.replace(/:[^/:@]*@/, '@');
}

/** Patterns from their texts; none of them where one is no pattern: it names what no image can be called. */
function parsed(texts: readonly string[], remark?: string): Carried {
  try {
    return { patterns: texts.map(parseImagePattern), ...(remark === undefined ? {} : { remark }) };
  } catch {
    return { patterns: [], remark: `${NONE}no image can have such a name` };
  }
}
