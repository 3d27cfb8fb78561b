import type { Collector } from '../sighting.ts';
import { type Substituted, substitute, type Variables } from '../substitute.ts';
import { childOf, childrenOf, entriesOf, itemsOf, startOf, textOf } from '../yaml/find-in.ts';
import type { Tree, TreeMap } from '../yaml/yaml-tree.ts';
import { isSurelyImage } from './image-fields.ts';

/** Keys of the top level that are no job. */
const NO_JOB: ReadonlySet<string> = new Set(['variables', 'include', 'stages', 'workflow', 'spec', 'cache']);
const DEPTH = 10; // variables that are made of variables

/**
 * Whether a document is a GitLab pipeline by what it holds: a job with a script, beside stages or an image; or nothing but what the
 * jobs of others extend and fall back on, as an `include` may take it from a file of any name.
 */
export function isGitlabCi(tree: Tree): boolean {
  if (entriesOf(tree).some(({ key, value }) => isTemplateOfJobs(key, value))) return true;
  const jobs = entriesOf(tree).filter(({ value }) => childOf(value, 'script') !== undefined);
  return jobs.some(
    ({ value }) =>
      childOf(tree, 'stages') !== undefined ||
      ['stage', 'image', 'services', 'rules', 'extends'].some((key) => childOf(value, key) !== undefined),
  );
}

function isTemplateOfJobs(key: string, value: Tree): boolean {
  const [image, services] = [childOf(value, 'image'), childOf(value, 'services')];
  const name = image?.kind === 'map' ? textOf(image, 'name') : textOf(value, 'image');
  if (key.startsWith('.')) return name !== undefined || services?.kind === 'list';
  return key === 'default' && name !== undefined && isSurelyImage(name.spot.text);
}

/**
 * Images of a GitLab pipeline: `image` and `services` of every job, its own or those of what it extends, of `default` or of the
 * top level. Variables stand for what the file gives them, those of the job first.
 * @see GitLab, "CI/CD YAML syntax": image, services, variables, extends, include; "YAML optimization": !reference
 */
export function readGitlabCi(tree: Tree, out: Collector): void {
  const jobs = new Map(
    entriesOf(tree).flatMap(({ key, value }) =>
      value.kind === 'map' && !NO_JOB.has(key) ? [[key, value] as const] : [],
    ),
  );
  const defaults = jobs.get('default');
  const pipeline: Pipeline = {
    tree,
    jobs,
    variables: variablesIn(childOf(tree, 'variables')),
    known: new Map(),
    seen: new Set(),
  };
  for (const name of jobs.keys()) {
    if (name.startsWith('.') || name === 'default') continue;
    const { values, image, services, parallel } = jobOf(name, pipeline, 0);
    const one = image ?? childOf(defaults, 'image') ?? childOf(tree, 'image');
    const all = services ?? childOf(defaults, 'services') ?? childOf(tree, 'services');
    for (const axes of combinationsOf(childOf(parallel, 'matrix'))) {
      const own = new Map([...values, ...axes]);
      see(`${name}.image`, one, own, pipeline, out);
      for (const service of servicesOf(all, pipeline)) see(`${name}.services`, service, own, pipeline, out);
    }
  }
  for (const [name, job] of [['', tree] as const, ...jobs]) readUnused(name, job, pipeline, out);
  for (const include of childrenOf(tree, 'include')) tellInclude(include, out);
}

type Values = ReadonlyMap<string, string>;

const NONE: Values = new Map();

interface Pipeline {
  readonly tree: Tree;
  readonly jobs: ReadonlyMap<string, TreeMap>;
  readonly variables: Values;
  readonly known: Map<string, Job>;
  /** images that a job has been seen with */
  readonly seen: Set<Tree>;
}

/** A job with what it takes from those that it extends. */
interface Job {
  /** of the job alone, without those of the pipeline */
  readonly values: Values;
  readonly image?: Tree;
  readonly services?: Tree;
  readonly parallel?: Tree;
}

function jobOf(name: string, pipeline: Pipeline, depth: number): Job {
  const { jobs, known } = pipeline;
  const found = known.get(name);
  if (found !== undefined) return found;
  const job = jobs.get(name);
  if (job === undefined || depth > DEPTH) return { values: NONE };
  known.set(name, { values: NONE }); // a job that extends itself ends here
  const extended = childOf(job, 'extends');
  const bases = (extended?.kind === 'text' ? [extended] : itemsOf(extended)).flatMap((base) =>
    base.kind === 'text' ? [jobOf(base.spot.text, pipeline, depth + 1)] : [],
  );
  const image = childOf(job, 'image') ?? bases.findLast((base) => base.image !== undefined)?.image;
  const services =
    childOf(job, 'services') ?? bases.findLast((base) => base.services !== undefined)?.services;
  const parallel =
    childOf(job, 'parallel') ?? bases.findLast((base) => base.parallel !== undefined)?.parallel;
  const made: Job = {
    values: new Map([
      ...bases.flatMap(({ values }) => [...values]),
      ...variablesIn(childOf(job, 'variables')),
    ]),
    ...(image && { image }),
    ...(services && { services }),
    ...(parallel && { parallel }),
  };
  known.set(name, made);
  return made;
}

const COMBINATIONS = 200; // GitLab runs at most so many jobs of one matrix

/** The variables of each job that a matrix makes; one without any where there is no matrix. */
function combinationsOf(matrix: Tree | undefined): readonly Values[] {
  const all = itemsOf(matrix).flatMap((axes) => {
    let made: readonly Values[] = [NONE];
    for (const { key, value } of entriesOf(axes)) {
      const texts = (value.kind === 'list' ? value.items : [value]).flatMap((item) =>
        item.kind === 'text' ? [item.spot.text] : [],
      );
      if (made.length * texts.length > COMBINATIONS) return [];
      made = made.flatMap((values) => texts.map((text) => new Map([...values, [key, text]])));
    }
    return made;
  });
  return all.length > 0 && all.length <= COMBINATIONS ? all : [NONE];
}

/** What no job of this file uses may be used by one of another: it is seen with the variables that stand beside it. */
function readUnused(name: string, job: Tree, pipeline: Pipeline, out: Collector): void {
  const role = name === '' ? '' : `${name}.`;
  const { values } = name === '' ? { values: NONE } : jobOf(name, pipeline, 0);
  const images = childrenOf(job, 'image').map((image) => ['image', image] as const);
  const services = childrenOf(job, 'services').flatMap((list) =>
    list.kind === 'list' && list.tag === undefined
      ? list.items.map((item) => ['services', item] as const)
      : [],
  );
  for (const [what, image] of [...images, ...services])
    if (!pipeline.seen.has(image)) see(`${role}${what}`, image, values, pipeline, out);
}

/** What `!reference [.base, image]` stands for; itself where that is not in this file. */
function deref(tree: Tree | undefined, pipeline: Pipeline, depth = 0): Tree | undefined {
  if (tree?.kind !== 'list' || tree.tag !== '!reference') return tree;
  let at: Tree | undefined = pipeline.tree;
  for (const item of tree.items) at = item.kind === 'text' ? childOf(at, item.spot.text) : undefined;
  return at === undefined || depth > DEPTH ? tree : deref(at, pipeline, depth + 1);
}

/** Each service; a `!reference` that leads nowhere in this file is told as one. */
function servicesOf(tree: Tree | undefined, pipeline: Pipeline): readonly Tree[] {
  const list = deref(tree, pipeline);
  return list?.kind === 'list' && list.tag !== undefined ? [list] : itemsOf(list);
}

function see(
  role: string,
  written: Tree | undefined,
  values: Values,
  pipeline: Pipeline,
  out: Collector,
): void {
  if (written === undefined) return;
  const image = deref(written, pipeline);
  pipeline.seen.add(written);
  if (image !== undefined) pipeline.seen.add(image);
  if (image?.kind === 'list') {
    if (image.tag === '!reference')
      out.elsewhere(startOf(image), 'a !reference to another file is not followed');
    else out.unread(startOf(image), 'an image is written as a list, which is not understood');
    return;
  }
  const name = image?.kind === 'map' ? childOf(image, 'name') : image;
  if (name?.kind !== 'text' || name.spot.text === '') return;
  const resolved = resolve(name.spot.text, new Map([...pipeline.variables, ...values]), 0);
  out.see({ role, spot: name.spot, ...('text' in resolved ? { name: resolved.text } : resolved) });
}

function resolve(text: string, values: Values, depth: number): Substituted {
  if (text.includes('$[[')) return { why: 'an input is known only where the file is included' };
  if (depth > DEPTH) return { why: 'its variables are made of each other' };
  const variables: Variables = {
    plain: '$',
    lookUp(name) {
      const value = values.get(name);
      return value === undefined ? undefined : resolve(value, values, depth + 1);
    },
  };
  return substitute(text, variables);
}

function variablesIn(tree: Tree | undefined): Values {
  return new Map(
    entriesOf(tree).flatMap(({ key, value }) => {
      const text = value.kind === 'text' ? value : textOf(value, 'value');
      return text === undefined ? [] : [[key, text.spot.text] as const];
    }),
  );
}

/** A file of the same repository is read where it stands. */
function tellInclude(include: Tree, out: Collector): void {
  const items = include.kind === 'list' ? itemsOf(include) : [include];
  for (const item of items) {
    const isLocal =
      item.kind === 'text'
        ? !/^https?:\/\//i.test(item.spot.text)
        : entriesOf(item).some(({ key }) => key === 'local');
    if (!isLocal && item.kind !== 'nothing')
      out.elsewhere(startOf(item), 'an include from elsewhere is not read');
  }
}
