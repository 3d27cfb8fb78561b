import { resolve } from 'node:path';
import { parseImagePattern } from '../model/image-pattern.ts';
import { parsePackagePattern } from '../model/package-pattern.ts';
import type { YaraSource } from '../model/yara-setting.ts';
import { admitRulesOf } from './admit/admit-rule.ts';
import { readAllowLists } from './allow-list.ts';
import { understandBase } from './base-names.ts';
import { checksOf } from './checks-file.ts';
import type { Draft, DraftSources, Protected } from './draft.ts';
import { parseDuration } from './duration.ts';
import { attempt } from './faults.ts';
import { ruleOf } from './images/image-rule.ts';
import { knownImages } from './known-images.ts';
import type { AllowEntry, AttestSetting, CheckSetting, Exception } from './policy.ts';
import { namesOf } from './protected-names.ts';
import type { Carried } from './rules/gitleaks-rules.ts';
import { limitsOf, type PolicyFile } from './schema.ts';
import { rootNamed, signersOf, trustRootsOf } from './signers/read-signers.ts';
import type { Surroundings } from './surroundings.ts';
import type { Path } from './yaml-places.ts';
import type { YaraDraft } from './yara/yara-draft.ts';

const BUILT_IN = 'builtin:popular-500';

/** Turns the texts of a file into patterns, keys, seconds and lists. Reads the files it names; faults are added. */
export async function understand(written: PolicyFile, around: Surroundings): Promise<Draft> {
  const trustRoots = await trustRootsOf(written, around);
  const signers = await signersOf(written, trustRoots, around);
  const sources = await sourcesOf(written.sources, around);
  const protect = await protectedBy(written.lookalikes?.protect, around);
  const custom = await customRules(written.rules ?? [], around);
  const yara = await yaraRules(written.yara, around);
  const known = await knownFindings(written.baseline, around);
  const { name, lookalikes, verdict, 'base-findings': baseFindings } = written;
  return {
    ...(name === undefined ? {} : { name }),
    open: written.open ?? [],
    ...(sources === undefined ? {} : { sources }),
    ...(protect === undefined ? {} : { protect }),
    ...(lookalikes?.['max-distance'] === undefined ? {} : { maxDistance: lookalikes['max-distance'] }),
    trustRoots,
    signers,
    admit: admitRulesOf(written, signers, around),
    images: (written.images ?? []).map((rule, index) =>
      ruleOf(rule, ['images', index], signers, around, written),
    ),
    checks: withAction(checksOf(written.checks), lookalikes?.action, around),
    exceptions: [...(written.exceptions ?? []).map(exceptionOf), ...known],
    ...custom,
    ...(yara && { yara }),
    ownPackages: (written['own-packages'] ?? []).map(parsePackagePattern),
    bases: (written.bases ?? []).map(understandBase),
    ...(baseFindings === undefined ? {} : { baseFindings }),
    limits: limitsOf(written.limits ?? {}),
    attest: { ...attestOf(verdict?.attest), ...attestRoot(verdict?.attest, trustRoots, around) },
  };
}

async function sourcesOf(
  written: PolicyFile['sources'],
  around: Surroundings,
): Promise<DraftSources | undefined> {
  if (written === undefined) return undefined;
  const { file } = around;
  const listed = await allowListsOf(written['allow-lists'] ?? [], around);
  const allow = (written.allow ?? []).map((text, index) => ({
    pattern: parseImagePattern(text),
    origin: `${file.shown}:${file.placeOf(['sources', 'allow', index]).split(':')[0]}`,
  }));
  const requireDigest = written['require-digest'];
  return {
    allow: [...allow, ...listed],
    deny: (written.deny ?? []).map(parseImagePattern),
    ...(requireDigest === undefined ? {} : { requireDigest }),
  };
}

async function allowListsOf(paths: readonly string[], around: Surroundings): Promise<readonly AllowEntry[]> {
  const lists: AllowEntry[] = [];
  for (const path of paths) {
    const shown = shownBeside(around, path);
    lists.push(...(await readAllowLists(resolve(around.folder, path), shown, around)));
  }
  return lists;
}

async function customRules(
  paths: readonly string[],
  around: Surroundings,
): Promise<Pick<Draft, 'rules' | 'remarks'>> {
  const read: Carried[] = [];
  for (const path of paths) {
    const { readRules } = await import('./rules/read-rules.ts'); // few policies have rules of their own
    read.push(await readRules(resolve(around.folder, path), shownBeside(around, path), around));
  }
  const rules = read.flatMap((one) => one.rules);
  const ids = rules.map(({ id }) => id);
  for (const [index, { id, shown, places }] of rules.entries())
    if (ids.indexOf(id) < index)
      around.faults.addAt(shown, places.get('') ?? '1:1', [], `another rule is ${id}, too`);
  return { rules, remarks: read.flatMap(({ remarks }) => remarks) };
}

async function yaraRules(written: PolicyFile['yara'], around: Surroundings): Promise<YaraDraft | undefined> {
  if (written === undefined) return undefined;
  const { readYaraSources } = await import('./yara/read-yara.ts'); // few policies have rules of their own
  const sources = new Map<string, YaraSource>(); // a file that is named twice would tell everything twice
  for (const path of written.rules) {
    const shown = shownBeside(around, path);
    for (const source of await readYaraSources(resolve(around.folder, path), shown, around))
      sources.set(resolve(source.shown), source);
  }
  const { severity, files, 'larger-files': largerFiles } = written;
  return {
    sources: [...sources.values()],
    ...(severity && { severity }),
    ...(files && { files }),
    ...(largerFiles && { largerFiles }),
  };
}

async function knownFindings(path: string | undefined, around: Surroundings): Promise<readonly Exception[]> {
  if (path === undefined) return [];
  const { readBaseline } = await import('./baseline.ts');
  return readBaseline(resolve(around.folder, path), shownBeside(around, path), around);
}

/** A path of the file, as it is shown in messages. */
function shownBeside({ shownFolder }: Surroundings, path: string): string {
  return path.startsWith('/') ? path : shownFolder + path.replace(/^\.\//, '');
}

async function protectedBy(
  items: readonly string[] | undefined,
  around: Surroundings,
): Promise<Protected | undefined> {
  if (items === undefined) return undefined;
  const all: Protected[] = [];
  for (const [index, item] of items.entries()) {
    if (item === BUILT_IN) all.push({ references: knownImages(), namespaces: [] });
    else if (/\/$|\.(?:yaml|txt)$/.test(item)) all.push(namesOf(await allowListsOf([item], around)));
    else all.push(protectedName(item, ['lookalikes', 'protect', index], around));
  }
  return {
    references: all.flatMap(({ references }) => references),
    namespaces: all.flatMap(({ namespaces }) => namespaces),
  };
}

function protectedName(item: string, path: Path, { file, faults }: Surroundings): Protected {
  if (item.startsWith('builtin:')) faults.add(file, path, `there is no such list; there is ${BUILT_IN}`);
  else {
    const pattern = attempt(faults, file, path, () => parseImagePattern(item));
    if (pattern !== undefined) return namesOf([{ pattern, origin: file.shown }]);
  }
  return { references: [], namespaces: [] };
}

/** `lookalikes.action` is another way to write the level of the check. */
function withAction(
  checks: ReadonlyMap<string, CheckSetting>,
  action: CheckSetting['level'] | undefined,
  { file, faults }: Surroundings,
): ReadonlyMap<string, CheckSetting> {
  if (action === undefined) return checks;
  if (checks.has('name.lookalike'))
    faults.add(file, ['lookalikes', 'action'], 'checks has a level for name.lookalike too: say it once');
  return new Map([...checks, ['name.lookalike', { level: action, options: {} }]]);
}

function exceptionOf(written: NonNullable<PolicyFile['exceptions']>[number]): Exception {
  const { rule, image, path, fingerprint, reason, owner, until } = written;
  return {
    rule,
    ...(image === undefined ? {} : { image: parseImagePattern(image) }),
    ...(path === undefined ? {} : { path }),
    ...(fingerprint === undefined ? {} : { fingerprint }),
    reason,
    owner,
    until,
  };
}

function attestOf(written: NonNullable<PolicyFile['verdict']>['attest']): Partial<AttestSetting> {
  const { sign, push, 'valid-for': validFor } = written ?? {};
  const seconds = validFor === undefined ? undefined : parseDuration(validFor);
  return {
    ...(sign === undefined ? {} : { sign }),
    ...(push === undefined ? {} : { push }),
    ...(seconds === undefined ? {} : { validForSeconds: seconds }),
  };
}

/** The trust root that `verdict.attest` names. */
function attestRoot(
  written: NonNullable<PolicyFile['verdict']>['attest'],
  trustRoots: Draft['trustRoots'],
  around: Surroundings,
): Pick<AttestSetting, 'root'> {
  const { root: name } = written ?? {};
  if (name === undefined) return {};
  const path: Path = ['verdict', 'attest', 'root'];
  const root = attempt(around.faults, around.file, path, () => rootNamed(name, trustRoots, around));
  return root === undefined ? {} : { root };
}
