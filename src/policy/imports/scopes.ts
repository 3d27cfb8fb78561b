import { formatImagePattern, type ImagePattern, parseImagePattern } from '../../model/image-pattern.ts';
import { quoted } from '../../model/printable.ts';
import { normalizeHost } from '../../model/reference.ts';
import { coversPattern, excludesPattern } from '../pattern-cover.ts';
import { type Imported, type ImportedSigner, type ImportRemark, remarkOn, requireFew } from './imported.ts';
import type { Part } from './part.ts';

/** A place of names that something is said about; of those that hold a name the narrowest counts. */
export interface Scope {
  /** `registry.example.com/acme`, `*.example.com`, or empty for all others */
  readonly text: string;
  readonly part: Part;
  readonly says: Says;
}

/** Names of signers, any one of which must have signed; or whether images of the scope are let in at all. */
export type Says = 'admit' | 'refuse' | readonly string[];

interface Placed extends Scope {
  readonly patterns: readonly ImagePattern[];
  /** whether the patterns fit all that the scope holds, and not only some of it */
  readonly isWhole: boolean;
}

const WILDCARD = /^\*\.[^/:@*]+$/;

/**
 * Patterns for scopes as the programs of containers/image have them. Where our patterns cannot say the same (deny always beats allow),
 * less is let in, and that is told.
 * @see containers-policy.json(5), "docker:"; containers-registries.conf(5), "prefix"
 */
export function importScopes(
  scopes: readonly Scope[],
  signers: ReadonlyMap<string, ImportedSigner>,
  told: readonly ImportRemark[],
): Imported {
  const remarks = [...told];
  requireFew(scopes.length, scopes[0]?.part);
  const places = [...scopes].sort(narrowestFirst).map((scope) => place(scope, remarks));
  const meeting = places.map((one) => places.map((other) => meets(one, other)));
  let placed: readonly Placed[] = places;
  const refuse = (one: Placed, why: string) => {
    remarks.push(remarkOn(one.part, `${nameOf(one)} is not carried over: ${why}`));
    placed = placed.map((other) => (other === one ? { ...one, says: 'refuse' } : other));
  };
  for (let fault = unsayable(placed, meeting); fault !== undefined; fault = unsayable(placed, meeting))
    refuse(...fault);
  const admitted = placed.filter(({ says }) => says !== 'refuse');
  const denied = placed.filter(
    ({ says }, index) => says === 'refuse' && wider(index, placed, meeting).length > 0,
  );
  const isSigned = admitted.some(({ says }) => says !== 'admit');
  return {
    allow: admitted.flatMap(({ patterns }) => patterns),
    deny: denied
      .flatMap(({ patterns }) => patterns)
      .filter(
        (one, index, all) =>
          !all.some(
            (wide, at) =>
              at !== index && coversPattern(wide, one) && (at < index || !coversPattern(one, wide)),
          ),
      ),
    signers: new Map(
      [...signers].filter(([name]) => admitted.some(({ says }) => says !== 'admit' && says.includes(name))),
    ),
    images: isSigned
      ? admitted.flatMap(({ patterns, says }) =>
          patterns.map((match) => ({ match, signedBy: says === 'admit' || says === 'refuse' ? [] : says })),
        )
      : [],
    remarks,
  };
}

/** The first scope that has to go, as our patterns would let in more than the original. */
function unsayable(placed: readonly Placed[], meeting: Meeting): [Placed, string] | undefined {
  for (const [index, one] of placed.entries()) {
    const [wide] = wider(index, placed, meeting);
    if (wide === undefined) continue;
    if (one.says === 'refuse' && !one.isWhole)
      return [wide, `inside it ${nameOf(one)} is refused, and no pattern stands for all of that`];
    if (typeof one.says !== 'string' && !one.isWhole && !isSame(one.says, wide.says))
      return [wide, `inside it ${nameOf(one)} demands something else, and no pattern stands for all of that`];
    // A tag beside a digest is a claim, and would choose what is demanded.
    if (one.says !== 'refuse' && isTagged(one) && wide.says !== 'admit' && !isSame(one.says, wide.says))
      return [
        one,
        `around it ${nameOf(wide)} demands a signature, and a tag can be claimed beside any digest`,
      ];
    const inner = placed
      .slice(0, index)
      .find((narrow, at) => narrow.says !== 'refuse' && meeting[at]?.[index]);
    if (one.says === 'refuse' && inner !== undefined)
      return [inner, `around it ${nameOf(one)} is denied, and deny always beats allow`];
  }
  return undefined;
}

/** Which scopes, in their order, can hold the same name. */
type Meeting = readonly (readonly boolean[])[];

/** The wider scopes that let in names which this one may hold, too; the narrowest first. */
function wider(index: number, placed: readonly Placed[], meeting: Meeting): readonly Placed[] {
  return placed.filter((wide, at) => at > index && wide.says !== 'refuse' && meeting[index]?.[at]);
}

function isTagged({ patterns }: Placed): boolean {
  return patterns.some(({ tag, digest }) => tag !== undefined && digest === undefined);
}

function meets(one: Placed, other: Placed): boolean {
  // A wildcard holds deeper names than its patterns fit.
  if (!one.isWhole || !other.isWhole) return hostsMeet(one.text, other.text);
  return one.patterns.some((a) => other.patterns.some((b) => !excludesPattern(a, b)));
}

function hostsMeet(one: string, other: string): boolean {
  const [a, b] = [hostOf(one), hostOf(other)];
  if (a === '' || b === '') return true;
  const isBelow = (host: string, wild: string) => wild.startsWith('*.') && host.endsWith(wild.slice(1));
  return a === b || isBelow(a, b) || isBelow(b, a);
}

function hostOf(text: string): string {
  return (text.split('/')[0] ?? '').replace(/:[0-9]+$/, '');
}

function isSame(one: Says, other: Says): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** Of two scopes that hold one name the longer is the narrower; those with a star come after all others. */
function narrowestFirst(one: Scope, other: Scope): number {
  const rank = ({ text }: Scope) => (text === '' ? 2 : text.startsWith('*.') ? 1 : 0);
  return rank(one) - rank(other) || other.text.length - one.text.length;
}

function place(scope: Scope, remarks: ImportRemark[]): Placed {
  const { text, part, says } = scope;
  if (text === '') return { ...scope, patterns: [parseImagePattern('**')], isWhole: true };
  if (WILDCARD.test(text)) {
    if (says !== 'refuse')
      remarks.push(
        remarkOn(
          part,
          `${quoted(text)} is carried over for one label and no port: it also stands for deeper names`,
        ),
      );
    return { ...scope, patterns: patternsOf(`${text}/**`), isWhole: false };
  }
  const patterns = placesOf(text);
  if (patterns.length === 0)
    remarks.push(
      remarkOn(part, `${quoted(text)} is not carried over: no image is called so, written in full`),
    );
  return { ...scope, patterns, isWhole: true, ...(patterns.length === 0 && { says: 'refuse' as const }) };
}

/** A host is all below it; a path the repository of that name and all below it; with a tag or digest one image. */
function placesOf(text: string): readonly ImagePattern[] {
  const [host = '', ...path] = text.split('/');
  // Names are compared as they are written in full: `index.docker.io/acme` is none of them.
  if (normalizeHost(host) !== host || text.includes('*')) return [];
  if (!/[.:]/.test(host) && host !== 'localhost') return [];
  if (path.length === 0) return patternsOf(`${text}/**`);
  const isImage = /[:@]/.test(path.at(-1) ?? '');
  const isHubNamespace = host === 'docker.io' && path.length === 1;
  if (isImage) return isHubNamespace ? [] : patternsOf(text);
  return patternsOf(...(isHubNamespace ? [] : [text]), `${text}/**`);
}

function patternsOf(...texts: readonly string[]): readonly ImagePattern[] {
  try {
    return texts.map(parseImagePattern);
  } catch {
    return [];
  }
}

function nameOf({ text, patterns }: Placed): string {
  const [first] = patterns;
  return quoted(text === '' ? 'the default' : first === undefined ? text : formatImagePattern(first));
}
