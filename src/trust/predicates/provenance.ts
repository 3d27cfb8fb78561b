import { type JsonFields, readFields } from '../../io/json/json-fields.ts';
import { isJsonObject, type JsonValue } from '../../io/json/strict-json.ts';
import { quoted } from '../../model/printable.ts';
import { PREDICATE, type Statement } from '../../model/statement.ts';
import { predicateFields } from './predicate-fields.ts';

/** What a provenance says of the build: text of whoever signed it. Absent where it does not say. */
export interface Provenance {
  readonly builderId: string;
  readonly buildType: string;
  /** every place in which it names what was built; they may contradict one another */
  readonly sources: readonly SourceClaim[];
  /** where the build ran, as far as it says */
  readonly runner?: 'hosted' | 'self-hosted';
}

/** One place that names the source. */
export interface SourceClaim {
  /** URI without `git+`, `.git` and the ref */
  readonly repository?: string;
  /** `refs/heads/main` */
  readonly ref?: string;
  /** commit, hex */
  readonly digest?: string;
}

const WHERE = 'provenance';
const COMMIT = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;
/** Builders of GitHub's own that name no workflow. */
const GITHUB_RUNNERS: ReadonlyMap<string, Provenance['runner']> = new Map([
  ['https://github.com/actions/runner/github-hosted', 'hosted'],
  ['https://github.com/actions/runner/self-hosted', 'self-hosted'],
  ['https://github.com/Attestations/GitHubHostedActions@v1', 'hosted'],
]);

/** Whether a builder is GitHub's runner as such, and no workflow. */
export function isGitHubRunner(builderId: string): boolean {
  return GITHUB_RUNNERS.has(builderId);
}

/** Whether a statement is a provenance of a form that `readProvenance` reads. */
export function isProvenance({ predicateType }: Statement): boolean {
  return predicateType === PREDICATE.provenanceV02 || predicateType === PREDICATE.provenanceV1;
}

/**
 * Reads a SLSA provenance, v0.2 or v1: strict in what is used, and no other field is looked at.
 * @throws {PratiqueError} `JSON_INVALID`
 * @see https://slsa.dev/spec/v0.2/provenance, https://slsa.dev/spec/v1.2/build-provenance
 */
export function readProvenance(statement: Statement): Provenance {
  const predicate = predicateFields(statement, WHERE);
  return statement.predicateType === PREDICATE.provenanceV02 ? readV02(predicate) : readV1(predicate);
}

function readV02(predicate: JsonFields): Provenance {
  const builderId = predicate.object('builder').string('id');
  const config = predicate.optionalObject('invocation')?.optionalObject('configSource');
  const uri = config?.optionalString('uri');
  const source = uri === undefined ? undefined : { ...parseSource(uri), ...commitOf(config) };
  return withRunner(builderId, {
    buildType: predicate.string('buildType'),
    sources: source === undefined ? [] : [source],
  });
}

function readV1(predicate: JsonFields): Provenance {
  const definition = predicate.object('buildDefinition');
  const builderId = predicate.object('runDetails').object('builder').string('id');
  const parameters = definition.optionalObject('externalParameters');
  const sources = [...fromWorkflow(parameters), ...fromSource(parameters)];
  const repositories = new Set(sources.map(({ repository }) => repository));
  // Of the dependencies only those that are the source itself: a commit of something else is none of it.
  const resolved = definition
    .objects('resolvedDependencies')
    .flatMap((one) => resolvedSource(one))
    .filter(({ repository }) => repositories.has(repository));
  const environment = githubFields(definition)?.optionalString('runner_environment');
  return withRunner(
    builderId,
    { buildType: definition.string('buildType'), sources: [...sources, ...resolved] },
    environment,
  );
}

/** GitHub's own build types, and those that follow them. */
function fromWorkflow(parameters: JsonFields | undefined): readonly SourceClaim[] {
  const workflow = objectIn(parameters, 'workflow');
  const repository = workflow?.optionalString('repository');
  if (workflow === undefined || repository === undefined) return [];
  const ref = workflow.optionalString('ref');
  return [{ ...parseSource(repository), ...(ref === undefined ? {} : { ref }) }];
}

/** The build types of slsa-github-generator, and BuildKit's. */
function fromSource(parameters: JsonFields | undefined): readonly SourceClaim[] {
  return ['source', 'configSource'].flatMap((name) => {
    const source = objectIn(parameters, name);
    const uri = source?.optionalString('uri');
    return uri === undefined ? [] : [{ ...parseSource(uri), ...commitOf(source) }];
  });
}

function resolvedSource(dependency: JsonFields): readonly SourceClaim[] {
  const uri = dependency.optionalString('uri');
  return uri === undefined ? [] : [{ ...parseSource(uri), ...commitOf(dependency) }];
}

function githubFields(definition: JsonFields): JsonFields | undefined {
  return objectIn(definition.optionalObject('internalParameters'), 'github');
}

/** A parameter of the build type's own choosing: what is no object there is none of ours. */
function objectIn(fields: JsonFields | undefined, name: string): JsonFields | undefined {
  const value: JsonValue | undefined = fields?.get(name);
  return isJsonObject(value)
    ? readFields(value, { where: WHERE, path: `${fields?.path}.${name}` })
    : undefined;
}

/** The commit among the digests of a source. */
function commitOf(fields: JsonFields | undefined): { digest?: string } {
  const digests = fields?.stringMap('digest');
  const [digest, other] = [digests?.get('gitCommit'), digests?.get('sha1')];
  if (digest !== undefined && other !== undefined && digest !== other)
    throw fields?.error('digest', `it names the commits ${quoted(digest)} and ${quoted(other)}`);
  const commit = digest ?? other;
  return commit === undefined ? {} : { digest: commit };
}

/**
 * The parts of a source's URI: `git+https://github.com/acme/app@refs/heads/main`, or with `#` as BuildKit writes it, where a commit
 * may stand for the ref, and a folder after a colon. What follows and is neither says nothing that can be compared.
 */
function parseSource(uri: string): SourceClaim {
  const text = uri.replace(/^git\+/, '');
  const cut = cutOf(text);
  const repository = (cut < 0 ? text : text.slice(0, cut)).replace(/\.git$/, '');
  const [rest = ''] = cut < 0 ? [] : text.slice(cut + 1).split(':');
  if (COMMIT.test(rest)) return { repository, digest: rest };
  return { repository, ...(rest.startsWith('refs/') ? { ref: rest } : {}) };
}

/** Where the repository ends. An `@` before anything but a ref or a commit belongs to it, and makes it another. */
function cutOf(text: string): number {
  const hash = text.indexOf('#');
  if (hash >= 0) return hash;
  const ref = text.indexOf('@refs/');
  const last = text.lastIndexOf('@');
  return ref < 0 && COMMIT.test(text.slice(last + 1)) ? last : ref;
}

function withRunner(
  builderId: string,
  rest: Pick<Provenance, 'buildType' | 'sources'>,
  environment?: string,
): Provenance {
  const said = new Map<string | undefined, Provenance['runner']>([
    ['github-hosted', 'hosted'],
    ['self-hosted', 'self-hosted'],
  ]).get(environment);
  const runner = GITHUB_RUNNERS.get(builderId) ?? said;
  return { builderId, ...rest, ...(runner === undefined ? {} : { runner }) };
}
