import type { Allowance, CustomRule } from '../../model/custom-rule.ts';
import { printable, quoted } from '../../model/printable.ts';
import type { GitleaksAllowlist, GitleaksFile, GitleaksRule, ReadGitleaks } from './gitleaks-file.ts';
import { REMEDY } from './rule-file.ts';

/** One file of gitleaks rules as rules of ours, and what of it could not be carried over. */
export interface Carried {
  readonly rules: readonly CustomRule[];
  /** printable clauses, without the file */
  readonly remarks: readonly string[];
}

/**
 * Carries gitleaks rules over. Nothing is dropped in silence, and where something has no counterpart, the rule finds
 * more, not less: a requirement of other matches beside it is left out, an allow-list of commits spares nothing.
 * @param extended rules of the file that this one extends, as gitleaks wrote them
 */
export function carryOver(read: ReadGitleaks, shown: string, extended: Carried): Carried {
  const { file } = read;
  const remarks: string[] = [
    ...extended.remarks,
    ...read.unknown.map((path) => `${path} is not known and says nothing`),
  ];
  const disabled = new Set((file.extend?.disabledrules ?? []).map(idOf));
  const rules = new Map(extended.rules.filter(({ id }) => !disabled.has(id)).map((rule) => [rule.id, rule]));
  for (const [index, written] of (file.rules ?? []).entries()) {
    const id = idOf(written.id);
    const below = rules.get(id);
    if (written.skipreport === true)
      remarks.push(`${written.id} is not carried over: it reports nothing by itself`);
    else if (written.regex === undefined && written.path === undefined) {
      if (below === undefined)
        remarks.push(
          `${written.id} is not carried over: it has no regex and no path, and changes a rule that is not here`,
        );
      else rules.set(id, changed(below, written));
    } else {
      const places = new Map([
        ['', read.placeOf(index)],
        ['pattern', read.placeOf(index, 'regex')],
        ['path', read.placeOf(index, 'path')],
        ['secret', read.placeOf(index, 'secretgroup')],
      ]);
      rules.set(id, ruleOf(written, below, places, shown));
    }
    if (written.skipreport !== true) remarks.push(...remarksOn(written));
  }
  const spared = globalsOf(file);
  return {
    rules: [...rules.values()].map((rule) => ({
      ...rule,
      allow: [
        ...rule.allow,
        ...spared
          .filter(({ rules: only }) => only.length === 0 || only.includes(rule.id))
          .map(({ allow }) => allow),
      ],
    })),
    remarks: [
      ...remarks,
      ...remarksOnFile(file, extended, disabled),
      ...(rules.size === 0 ? ['there is no rule in it'] : []),
    ],
  };
}

/** `AWS_Access.Token` → `secrets.custom-aws-access-token`. */
export function idOf(id: string): CustomRule['id'] {
  const slug = id
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
  return `secrets.custom-${slug}`;
}

function ruleOf(
  written: GitleaksRule,
  below: CustomRule | undefined,
  places: CustomRule['places'],
  shown: string,
): CustomRule {
  const { regex, path, secretgroup = 0, entropy = 0, tags = [] } = written;
  return {
    id: idOf(written.id),
    what: whatOf(written),
    keywords: keywordsOf(written),
    ...(regex === undefined ? {} : { pattern: regex }),
    ...(secretgroup === 0 ? {} : { secret: secretgroup }),
    entropy,
    paths: [],
    exceptPaths: [],
    ...(path === undefined ? {} : { pathPattern: path }),
    allow: [...(below?.allow ?? []), ...allowancesOf(written)],
    severity: 'high',
    confidence: 'high',
    remedy: REMEDY,
    tags: tags.map((tag) => printable(tag, 50)),
    examples: [],
    counterExamples: [],
    places,
    shown,
  };
}

/** A rule of the extended file with what this one says of it. */
function changed(below: CustomRule, written: GitleaksRule): CustomRule {
  const { description, entropy, secretgroup, tags = [] } = written;
  return {
    ...below,
    ...(description === undefined ? {} : { what: whatOf(written) }),
    ...(entropy === undefined || entropy === 0 ? {} : { entropy }),
    ...(secretgroup === undefined || secretgroup === 0 ? {} : { secret: secretgroup }),
    keywords: below.keywords.length === 0 ? [] : [...below.keywords, ...keywordsOf(written)],
    tags: [...below.tags, ...tags.map((tag) => printable(tag, 50))],
    allow: [...below.allow, ...allowancesOf(written)],
  };
}

function whatOf({ id, description }: GitleaksRule): string {
  const [sentence = ''] = (description ?? '').trim().split(/\.?(?:\n|$)/, 1);
  return printable(sentence === '' ? `what the rule ${id} describes` : sentence, 200);
}

function keywordsOf({ keywords = [] }: GitleaksRule): readonly string[] {
  return keywords.filter((keyword) => keyword !== '').map((keyword) => keyword.toLowerCase());
}

function allowancesOf({ allowlist, allowlists = [] }: GitleaksRule): readonly Allowance[] {
  return [...(allowlist === undefined ? [] : [allowlist]), ...allowlists].flatMap(allowanceOf);
}

/** An allow-list that also demands a commit can spare nothing here: an image has none. */
function allowanceOf(list: GitleaksAllowlist): readonly Allowance[] {
  const { condition = 'OR', commits = [], regextarget, regexes = [], stopwords = [], paths = [] } = list;
  const all = /^(?:and|&&)$/i.test(condition);
  if (all && commits.length > 0) return [];
  const target = regextarget === undefined || regextarget === '' ? 'secret' : regextarget;
  return [{ all, target, patterns: regexes, words: stopwords.map((word) => word.toLowerCase()), paths }];
}

function globalsOf({ allowlist, allowlists = [] }: GitleaksFile) {
  const lists = [...(allowlist === undefined ? [] : [allowlist]), ...allowlists];
  return lists.flatMap((list) =>
    allowanceOf(list).map((allow) => ({ allow, rules: (list.targetrules ?? []).map(idOf) })),
  );
}

function remarksOn(written: GitleaksRule): readonly string[] {
  const { id, required = [], allowlist, allowlists = [], regex, keywords = [] } = written;
  const lists = [...(allowlist === undefined ? [] : [allowlist]), ...allowlists];
  return [
    ...(required.length > 0 ? [`${id} is taken without its required: it finds more than in gitleaks`] : []),
    ...(hasCommits(lists) ? [`commits in an allow-list of ${id} spare nothing: an image has none`] : []),
    ...(regex !== undefined && keywords.length === 0
      ? [`${id} has no keywords and runs over every byte: it is slow`]
      : []),
  ];
}

function remarksOnFile(
  { extend, allowlist, allowlists = [] }: GitleaksFile,
  extended: Carried,
  disabled: ReadonlySet<string>,
): readonly string[] {
  const lists = [...(allowlist === undefined ? [] : [allowlist]), ...allowlists];
  const known = new Set<string>(extended.rules.map(({ id }) => id));
  const strange = [...disabled]
    .filter((id) => !known.has(id))
    .map((id) => quoted(id.slice('secrets.custom-'.length)));
  return [
    ...(extend?.usedefault === true
      ? ['useDefault: the rules of gitleaks are not here; the built-in ones apply instead']
      : []),
    ...(extend?.url === undefined ? [] : ['extend.url is not followed: nothing is fetched']),
    ...(strange.length > 0
      ? [
          `disabledRules names rules that are not here (${strange.join(', ')}); turn built-in ones off under checks`,
        ]
      : []),
    ...(hasCommits(lists) ? ['commits in a global allow-list spare nothing: an image has none'] : []),
    ...(lists.length > 0
      ? ['its global allow-lists spare values of its own rules only, not of the built-in ones']
      : []),
  ];
}

function hasCommits(lists: readonly GitleaksAllowlist[]): boolean {
  return lists.some(({ commits = [] }) => commits.length > 0);
}
