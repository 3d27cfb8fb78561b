import type { ImagePattern } from '../../model/image-pattern.ts';
import { quoted } from '../../model/printable.ts';
import { normalizeHost, splitHost } from '../../model/reference.ts';
import { coversPattern, excludesPattern } from '../pattern-cover.ts';
import { type AuthorityDemand, demandOf, type Importing } from './authorities.ts';
import { patternsOfGlob } from './image-globs.ts';
import {
  type Imported,
  type ImportedRule,
  type ImportedSigner,
  type ImportRemark,
  remarkOn,
  requireFew,
} from './imported.ts';
import { at, entriesOf, itemsOf, type Part, textOf } from './part.ts';

/** A glob of one policy, and what that demands of the images it fits. */
interface Place {
  readonly glob: Part;
  readonly patterns: readonly ImagePattern[];
  /** whether the patterns fit all that the glob does */
  readonly isWhole: boolean;
  readonly owner: Part;
  readonly demand: AuthorityDemand;
}

/**
 * Policies of the sigstore policy-controller. An image that no glob fits is refused there, too, unless the cluster says otherwise.
 * Where globs of two policies meet, both must be fulfilled, which cannot be demanded here: the narrower one is denied.
 * @see policy-controller, pkg/apis/glob/glob.go and docs/api-types/index-v1beta1.md
 */
export function importClusterImagePolicies(documents: readonly Part[]): Imported {
  const remarks: ImportRemark[] = [];
  const signers = new Map<string, ImportedSigner>();
  const places = documents.flatMap((document) => placesOf(document, signers, remarks));
  requireFew(places.length, documents[0]);
  const denied = new Set(places.filter(({ demand }) => demand === 'refuse'));
  for (const [index, one] of places.entries())
    for (const other of places.slice(index + 1)) {
      const isBoth = one.owner !== other.owner && !isSame(one.demand, other.demand) && meet(one, other);
      if (isMetByOther(one, other) || isMetByOther(other, one)) continue;
      for (const place of isBoth ? toDeny(one, other) : []) {
        if (denied.has(place)) continue;
        denied.add(place);
        const why = `${namesOf(place === one ? other : one)} of another policy meets it, and both at once cannot be demanded`;
        remarks.push(remarkOn(place.glob, `${namesOf(place)} is denied: ${why}`));
      }
    }
  const admitted = places.filter((place) => !denied.has(place));
  const allow = admitted.flatMap(({ patterns }) => patterns);
  // A policy that lets in without a signature leaves what another one demands as it is, which therefore stands first.
  const demanding = [...admitted].sort((a, b) => Number(a.demand === 'admit') - Number(b.demand === 'admit'));
  const images = demanding.flatMap(({ patterns, demand }) => patterns.map((match) => ruleOf(match, demand)));
  const used = new Set(images.flatMap(({ signedBy, attested }) => [...signedBy, ...(attested?.by ?? [])]));
  return {
    allow,
    deny: [...denied]
      .flatMap(({ patterns }) => patterns)
      .filter((pattern) => allow.some((wide) => !excludesPattern(pattern, wide))),
    signers: new Map([...signers].filter(([name]) => used.has(name))),
    images: used.size > 0 ? images : [],
    remarks,
  };
}

/** Of two that meet, the one whose denial covers all that both fit. */
function toDeny(one: Place, other: Place): readonly Place[] {
  if (!one.isWhole || !other.isWhole)
    return [one, other].filter((_, index) => ![one, other][1 - index]?.isWhole);
  const isInside = one.patterns.every((pattern) =>
    other.patterns.some((wide) => coversPattern(wide, pattern)),
  );
  return [isInside ? one : other];
}

/** Whether a policy demands nothing beside what the other does. */
function isMetByOther({ demand }: Place, other: Place): boolean {
  return demand === 'admit' && other.isWhole && other.demand !== 'refuse';
}

function meet(one: Place, other: Place): boolean {
  if (one.isWhole && other.isWhole)
    return one.patterns.some((a) => other.patterns.some((b) => !excludesPattern(a, b)));
  // Of a glob that is not carried over whole no more than a plain host says where it does not reach.
  const [a, b] = [hostOf(one), hostOf(other)];
  return a === undefined || b === undefined || a === b;
}

/** The host that a glob names without stars. */
function hostOf({ glob }: Place): string | undefined {
  const { host } = splitHost(textOf(glob) ?? '');
  return host === undefined || host.includes('*') ? undefined : normalizeHost(host);
}

function isSame(one: AuthorityDemand, other: AuthorityDemand): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function ruleOf(match: ImagePattern, demand: AuthorityDemand): ImportedRule {
  if (typeof demand === 'string') return { match, signedBy: [] };
  return 'signedBy' in demand ? { match, ...demand } : { match, signedBy: [], ...demand };
}

function namesOf({ glob }: Place): string {
  return quoted(textOf(glob) ?? '');
}

function placesOf(
  document: Part,
  signers: Map<string, ImportedSigner>,
  remarks: ImportRemark[],
): readonly Place[] {
  const spec = at(document, 'spec');
  const demand = policyDemand(spec, { signers, remarks });
  for (const key of ['match', 'mode']) {
    const part = at(spec, key);
    if (part !== undefined && part.value !== 'enforce')
      remarks.push(
        remarkOn(part, `${key} is not carried over: the policy holds for every image, and refuses`),
      );
  }
  return itemsOf(at(spec, 'images')).flatMap((item) => {
    const glob = at(item, 'glob');
    const text = textOf(glob);
    if (glob === undefined || text === undefined) {
      remarks.push(remarkOn(item, 'it has no glob: nothing is carried over'));
      return [];
    }
    const { patterns, remark } = patternsOfGlob(text);
    if (remark !== undefined) remarks.push(remarkOn(glob, `${quoted(text)} ${remark}`));
    return [{ glob, patterns, isWhole: remark === undefined, owner: document, demand }];
  });
}

const SPEC: ReadonlySet<string> = new Set(['images', 'authorities', 'match', 'mode']);

function policyDemand(spec: Part | undefined, importing: Importing): AuthorityDemand {
  const strange = entriesOf(spec).find(([key]) => !SPEC.has(key));
  if (strange !== undefined) {
    importing.remarks.push(
      remarkOn(
        strange[1],
        `nothing is let in here: ${quoted(strange[0])} of a policy cannot be carried over`,
      ),
    );
    return 'refuse';
  }
  const authorities = at(spec, 'authorities');
  const demand = demandOf(authorities, importing);
  const isStatic = itemsOf(authorities).every((one) => at(one, 'static') !== undefined);
  if (demand === 'refuse' && authorities !== undefined && !isStatic)
    importing.remarks.push(
      remarkOn(authorities, 'nothing is let in here: no authority could be carried over'),
    );
  return demand;
}
