import { join } from 'node:path';
import type { NamedReference } from '../model/named-reference.ts';
import type { Reference } from '../model/reference.ts';
import type { Target } from '../model/target.ts';
import { readText } from '../references/files/read-text.ts';
import { findReferences } from '../references/find-references.ts';
import type { Anchor } from '../report/sarif/sarif-text.ts';

type Env = Readonly<Record<string, string | undefined>>;

export interface AnchorOptions {
  readonly env: Env;
  /** the checkout, absolute */
  readonly workspace: string;
  /** the policy's file in it */
  readonly policyFile?: string;
}

/**
 * The line of the checkout that names an image: of a Dockerfile, a compose file, a workflow. Else the line that names it with another tag,
 * else the policy, else the workflow that runs. An image has no line of its own, and code scanning wants one.
 * @returns an anchor for each target, in their order
 */
export async function anchorsOf(
  targets: readonly Target[],
  { env, workspace, policyFile }: AnchorOptions,
): Promise<readonly Anchor[]> {
  const workflow = workflowFile(env);
  const fallback: Anchor = { uri: policyFile ?? workflow ?? 'pratique.yaml', line: 1 };
  const named = await namesIn(workspace, env);
  const inWorkflow = workflow === undefined ? () => undefined : finderIn(workspace, workflow);
  return targets.map(
    ({ reference }) => (reference && (lineOf(reference, named) ?? inWorkflow(reference))) ?? fallback,
  );
}

/** Where nothing can be found, alerts stand at the policy: no verdict hangs on it. */
async function namesIn(workspace: string, env: Env): Promise<readonly NamedReference[]> {
  try {
    return (await findReferences([], { cwd: workspace, env })).references;
  } catch {
    return [];
  }
}

function lineOf(wanted: Reference, named: readonly NamedReference[]): Anchor | undefined {
  const same = named.filter((one) => isSame(one.reference ?? one.known, wanted));
  const whole = same.find(
    ({ reference }) => reference?.tag === wanted.tag && reference?.digest === wanted.digest,
  );
  const found = whole ?? same[0];
  return found && { uri: found.file, line: found.line };
}

function isSame(one: Reference | undefined, { registry, repository }: Reference): boolean {
  return one?.registry === registry && one.repository === repository;
}

/** `acme/shop/.github/workflows/gate.yml@refs/heads/main` */
function workflowFile(env: Env): string | undefined {
  return /^[^/]+\/[^/]+\/(\.github\/workflows\/[^/@]+)@/.exec(env['GITHUB_WORKFLOW_REF'] ?? '')?.[1];
}

/** Finds an image in the text of the workflow that runs: what steps are given is nothing that `refs` reads. */
function finderIn(workspace: string, file: string): (reference: Reference) => Anchor | undefined {
  const read = readText(join(workspace, file));
  const lines = read !== undefined && 'text' in read ? read.text.split(/\r?\n/) : [];
  return ({ registry, repository }) => {
    const name = `${registry}/${repository}`;
    const line = lines.findIndex((text) => namesWhole(text, name));
    return line < 0 ? undefined : { uri: file, line: line + 1 };
  };
}

/** `ghcr.io/acme/shop` stands in `ghcr.io/acme/shop:1`, and not in `ghcr.io/acme/shop-admin`. */
function namesWhole(text: string, name: string): boolean {
  for (let at = text.indexOf(name); at >= 0; at = text.indexOf(name, at + 1)) {
    const [before, after] = [text[at - 1] ?? ' ', text[at + name.length] ?? ' '];
    if (!/[\w./-]/.test(before) && !/[\w./-]/.test(after)) return true;
  }
  return false;
}
