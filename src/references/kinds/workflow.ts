import { printable } from '../../model/printable.ts';
import { type Collector, LONGEST_NAME } from '../sighting.ts';
import type { Substituted } from '../substitute.ts';
import { childOf, childrenOf, entriesOf, itemsOf, startOf, textOf } from '../yaml/find-in.ts';
import type { Tree, TreeText } from '../yaml/yaml-tree.ts';

const DOCKER = /^docker:\/\//i;
const EXPRESSION = /\$\{\{\s*(.*?)\s*\}\}/g;
const MATRIX = /^matrix\.([\w-]+)$/;
const COMBINATIONS = 256; // GitHub runs at most so many jobs of one matrix

/**
 * Images of a GitHub workflow: `container`, `services`, steps that use `docker://…`. An expression is known where it is a value
 * of the job's own matrix.
 * @see GitHub Actions, "Workflow syntax": jobs.<id>.container, .services, .steps[*].uses, .strategy.matrix
 */
export function readWorkflow(tree: Tree, out: Collector): void {
  for (const { key: job, value } of entriesOf(childOf(tree, 'jobs'))) {
    const matrix = matrixOf(childOf(childOf(value, 'strategy'), 'matrix'));
    const role = `jobs.${job}`;
    for (const container of childrenOf(value, 'container'))
      seeContainer(`${role}.container`, container, matrix, out);
    const services = childOf(value, 'services');
    if (services?.kind === 'text')
      out.unread(services.spot.start, 'services that are made by an expression are not read');
    for (const { key, value: service } of entriesOf(services))
      seeContainer(`${role}.services.${key}`, service, matrix, out);
    readSteps(role, value, matrix, out);
  }
}

/**
 * Images of an action: `runs.image` with `docker://`, and the steps of a composite one.
 * @see GitHub Actions, "Metadata syntax": runs.image
 */
export function readAction(tree: Tree, out: Collector): void {
  const runs = childOf(tree, 'runs');
  for (const image of childrenOf(runs, 'image'))
    if (image.kind === 'text') {
      if (DOCKER.test(image.spot.text)) seeUse('runs.image', image, new Map(), out);
      else out.builds(image.spot.start, image.spot.text);
    }
  readSteps('runs', runs, new Map(), out);
}

/** The values of each axis, in lists and in `include`; absent where an expression makes them. */
type Matrix = ReadonlyMap<string, readonly string[]>;

function readSteps(role: string, job: Tree | undefined, matrix: Matrix, out: Collector): void {
  for (const step of itemsOf(childOf(job, 'steps')))
    for (const uses of childrenOf(step, 'uses'))
      if (uses.kind === 'text' && DOCKER.test(uses.spot.text))
        seeUse(`${role}.steps.uses`, uses, matrix, out);
}

function seeContainer(role: string, container: Tree, matrix: Matrix, out: Collector): void {
  if (container.kind === 'text') see(role, container, matrix, out);
  else
    for (const image of childrenOf(container, 'image')) {
      if (image.kind === 'text') see(`${role}.image`, image, matrix, out);
      else if (image.kind !== 'nothing') out.unread(startOf(image), 'the image of a container is no text');
    }
}

function seeUse(role: string, { spot, ...rest }: TreeText, matrix: Matrix, out: Collector): void {
  const { length } = DOCKER.exec(spot.text)?.[0] ?? '';
  const text = spot.text.slice(length);
  const inner =
    spot.end === undefined
      ? { text, start: spot.start }
      : { text, start: spot.start + length, end: spot.end };
  see(role, { ...rest, spot: inner }, matrix, out);
}

function see(role: string, { spot }: TreeText, matrix: Matrix, out: Collector): void {
  if (spot.text === '') return;
  if (spot.text.length > LONGEST_NAME) {
    out.unread(spot.start, `${printable(role)} is longer than a name can be`);
    return;
  }
  // GitHub takes `docker://` before the image of a container, too.
  for (const value of expand(spot.text.replace(DOCKER, ''), matrix)) {
    if ('why' in value) out.see({ role, spot, why: value.why });
    else if (value.text !== '') out.see({ role, spot, name: value.text });
  }
}

/** Every text that the expressions can make of one. */
function expand(text: string, matrix: Matrix): readonly Substituted[] {
  let made: readonly string[] = [text];
  for (const [expression, inner = ''] of text.matchAll(EXPRESSION)) {
    const values = matrix.get(MATRIX.exec(inner)?.[1] ?? '');
    if (values === undefined) return [{ why: 'an expression is known only when the workflow runs' }];
    if (made.length * values.length > COMBINATIONS)
      return [{ why: `it has more than ${COMBINATIONS} values` }];
    made = [...new Set(made.flatMap((one) => values.map((value) => one.replace(expression, () => value))))];
  }
  if (/\$\{\{/.test(made[0] ?? '')) return [{ why: 'an expression is not understood' }];
  return made.map((one) => ({ text: one }));
}

function matrixOf(tree: Tree | undefined): Matrix {
  const axes = new Map<string, string[]>();
  const unknown = new Set<string>();
  const add = (key: string, value: Tree) => {
    if (value.kind === 'text' && !value.spot.text.includes('${{'))
      axes.set(key, withText(axes.get(key) ?? [], value.spot.text));
    else unknown.add(key);
  };
  for (const { key, value } of entriesOf(tree)) {
    if (key !== 'include') {
      if (value.kind === 'list') for (const item of value.items) add(key, item);
      else unknown.add(key);
    } else if (value.kind === 'list')
      for (const item of value.items) for (const extra of entriesOf(item)) add(extra.key, extra.value);
    else return new Map(); // made by an expression: it can add values to every axis
  }
  for (const key of unknown) axes.delete(key);
  return axes;
}

function withText(texts: string[], text: string): string[] {
  texts.push(text);
  return texts;
}

/** Whether a document is a workflow by what it holds. */
export function isWorkflow(tree: Tree): boolean {
  return (
    childOf(tree, 'on') !== undefined &&
    entriesOf(childOf(tree, 'jobs')).some(
      ({ value }) => textOf(value, 'runs-on') !== undefined || childOf(value, 'steps') !== undefined,
    )
  );
}
