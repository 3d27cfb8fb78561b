import { resolve } from 'node:path';
import { PratiqueError } from '../errors.ts';
import { parseImagePattern } from '../model/image-pattern.ts';
import { parsePackagePattern } from '../model/package-pattern.ts';
import { quoted } from '../model/printable.ts';
import { PUBLIC_GOOD, type TrustRoot } from '../model/trust-root.ts';
import type { Signer } from '../model/trusted.ts';
import type { YaraSource } from '../model/yara-setting.ts';
import { readAllowLists } from './allow-list.ts';
import { understandBase } from './base-names.ts';
import type { Draft, DraftSources, Protected } from './draft.ts';
import { parseDuration } from './duration.ts';
import { attempt, type Faults } from './faults.ts';
import { knownImages } from './known-images.ts';
import type { AllowEntry, AttestSetting, CheckSetting, Exception, ImageRule } from './policy.ts';
import { namesOf } from './protected-names.ts';
import type { Carried } from './rules/gitleaks-rules.ts';
import { type ChecksFile, type ImageRuleFile, limitsOf, type PolicyFile } from './schema.ts';
import { readSigner } from './signer-file.ts';
import { publicGood, readTrustRoot } from './trust-root-file.ts';
import type { Path, YamlFile } from './yaml-places.ts';
import type { YaraDraft } from './yara/yara-draft.ts';

/** What is needed beside a policy file to understand it. */
export interface Surroundings {
  readonly file: YamlFile;
  /** the folder that the file's paths start from */
  readonly folder: string;
  /** the same as it stands in messages: empty, or ending in a slash */
  readonly shownFolder: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** trust roots of the file that this one extends */
  readonly trustRoots: ReadonlyMap<string, TrustRoot>;
  /** signers of the file that this one extends */
  readonly signers: ReadonlyMap<string, Signer>;
  readonly faults: Faults;
}

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
    attest: attestOf(verdict?.attest),
  };
}

async function trustRootsOf(
  written: PolicyFile,
  { file, faults, folder, trustRoots }: Surroundings,
): Promise<ReadonlyMap<string, TrustRoot>> {
  const own = new Map<string, TrustRoot>();
  for (const [name, root] of Object.entries(written['trust-roots'] ?? {})) {
    const path: Path = ['trust-roots', name];
    if (name === PUBLIC_GOOD) faults.add(file, path, 'this is the name of the instance that is built in');
    else if (trustRoots.has(name))
      faults.add(file, path, 'the file that this one extends has a trust root of that name');
    const value = attempt(faults, file, [...path, 'file'], await settled(readTrustRoot(name, root, folder)));
    if (value !== undefined) own.set(name, value);
  }
  return own;
}

/** What was read, or the fault that reading ended in, to be thrown where faults are collected. */
async function settled<T>(reading: Promise<T>): Promise<() => T> {
  return reading.then(
    (value) => () => value,
    (thrown: unknown) => () => {
      throw thrown;
    },
  );
}

async function signersOf(
  written: PolicyFile,
  trustRoots: ReadonlyMap<string, TrustRoot>,
  { file, faults, folder, env, signers, trustRoots: before }: Surroundings,
): Promise<ReadonlyMap<string, Signer>> {
  const known = new Map<string, Signer>();
  const rootNamed = (name = PUBLIC_GOOD) => {
    const root = trustRoots.get(name) ?? before.get(name);
    if (root !== undefined) return root;
    if (name === PUBLIC_GOOD) return publicGood();
    throw new PratiqueError('POLICY_INVALID', { what: `no trust root has the name ${quoted(name)}` });
  };
  for (const [name, signer] of Object.entries(written.signers ?? {})) {
    const path: Path = 'key' in signer ? ['signers', name, 'key'] : ['signers', name];
    const root = 'root' in signer ? signer.root : undefined;
    if (root !== undefined && Object.hasOwn(written['trust-roots'] ?? {}, root) && !trustRoots.has(root))
      continue; // its root's fault is told
    if (signers.has(name)) faults.add(file, path, 'the file that this one extends has a signer of that name');
    const read = await settled(readSigner(name, signer, rootNamed, { folder, env }));
    const value = attempt(faults, file, path, read);
    if (value === undefined) continue;
    const twin = [...known.values()].find((one) => isSameKey(one, value));
    // Which of the two signed could not be told, and a demand for the other would never be met.
    if (twin !== undefined) faults.add(file, path, `it is the same key as that of ${quoted(twin.name)}`);
    known.set(name, value);
  }
  return known;
}

function isSameKey(one: Signer, other: Signer): boolean {
  return one.kind === 'key' && other.kind === 'key' && one.publicKey === other.publicKey;
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
    lists.push(...(await readAllowLists(resolve(around.folder, path), shown, around.faults)));
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
    read.push(await readRules(resolve(around.folder, path), shownBeside(around, path), around.faults));
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
    for (const source of await readYaraSources(resolve(around.folder, path), shown, around.faults))
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
  return readBaseline(resolve(around.folder, path), shownBeside(around, path), around.faults);
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

function ruleOf(
  rule: ImageRuleFile,
  path: Path,
  own: ReadonlyMap<string, Signer>,
  { file, faults, signers }: Surroundings,
  { signers: written = {} }: PolicyFile,
): ImageRule {
  const signedBy = (rule['signed-by'] ?? []).flatMap((name, index) => {
    const signer = own.get(name) ?? signers.get(name);
    if (signer === undefined && !Object.hasOwn(written, name))
      faults.add(file, [...path, 'signed-by', index], `no signer has this name: ${name}`);
    return signer === undefined ? [] : [signer];
  });
  const seconds = parseDuration(rule['max-age'] ?? '');
  const baseSeconds = parseDuration(rule['base-max-age'] ?? '');
  return {
    match: parseImagePattern(rule.match),
    signedBy,
    ...(seconds === undefined ? {} : { maxAgeSeconds: seconds }),
    ...(baseSeconds === undefined ? {} : { baseMaxAgeSeconds: baseSeconds }),
    unsupported: rule.provenance === undefined ? [] : ['provenance'],
    checks: checksOf(rule.checks),
  };
}

function checksOf(written: ChecksFile | undefined): ReadonlyMap<string, CheckSetting> {
  const settings = new Map<string, CheckSetting>();
  for (const [id, setting] of Object.entries(written ?? {})) {
    if (setting === undefined) continue;
    if (typeof setting === 'string') {
      settings.set(id, { level: setting, options: {} });
      continue;
    }
    const { level, 'fail-from': failFrom, ...options } = setting;
    settings.set(id, { level, ...(failFrom === undefined ? {} : { failFrom }), options });
  }
  return settings;
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
