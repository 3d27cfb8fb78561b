import { existsSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { PratiqueError } from '../errors.ts';
import { loadPolicy } from '../policy/load.ts';
import type { Policy } from '../policy/policy.ts';
import { type CommitFiles, commitFiles } from './commit/commit-files.ts';
import type { CommitTree } from './commit/commit-tree.ts';
import { openGithubTree } from './commit/github-tree.ts';
import { openLocalTree } from './commit/local-tree.ts';
import { isOfOthers, type PolicyPlace, policyPlace } from './event.ts';
import type { Inputs } from './inputs.ts';

/** The policy that decides, and what people should know of where it comes from. */
export interface DecidingPolicy {
  readonly policy: Policy;
  /** a sentence without a full stop */
  readonly said: string;
  /** it is not the one that somebody may think */
  readonly warns: boolean;
  /** the policy's file in the checkout, if it has one there */
  readonly file?: string;
  /** the commit that it is of; absent where it is of the checkout */
  readonly commit?: CommitFiles;
}

export interface PolicyWorld {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** the checkout, absolute */
  readonly workspace: string;
  readonly now: () => Date;
}

/**
 * Reads the policy that decides: of the checkout, or of a commit, and then all that it names from that commit as well.
 * @throws {PratiqueError} `USAGE`, `POLICY_INVALID`, `POLICY_NOT_FOUND`; what kept git or GitHub from giving it
 */
export async function readDecidingPolicy(inputs: Inputs, world: PolicyWorld): Promise<DecidingPolicy> {
  requireNoOtherPolicy(world.env);
  const place = await policyPlace(inputs.one('policy-ref'), world.env);
  const [file, allowLists] = [inputs.one('policy'), inputs.lines('allow-lists')];
  const rest = { env: world.env, now: world.now(), allowLists };
  if (place.kind === 'checkout') {
    const cwd = world.workspace;
    const policy = await loadPolicy({
      ...rest,
      cwd,
      ...(file === undefined ? {} : { file: resolve(cwd, file) }),
    });
    return { ...checkoutSays(policy, world.env), policy, ...fileOf(policy.stamp.origin, cwd) };
  }
  const commit = commitFiles(await openTree(place.commit, inputs, world));
  const { root, files } = commit;
  const options = { ...rest, cwd: root, files, ...(file === undefined ? {} : { file }) };
  const policy = await loadPolicy(options).catch((thrown: unknown) => {
    throw commit.fault() ?? thrown; // the policy is not wrong where a network failed in the middle of it
  });
  const { origin } = policy.stamp;
  const stamp = { ...policy.stamp, origin: origin === BUILT_IN ? origin : `${origin}@${place.commit}` };
  return {
    ...commitSays(origin, place),
    policy: { ...policy, stamp },
    commit,
    ...fileOf(origin, world.workspace),
  };
}

const BUILT_IN = 'built-in';

function checkoutSays({ stamp }: Policy, env: PolicyWorld['env']): Pick<DecidingPolicy, 'said' | 'warns'> {
  if (isOfOthers(env))
    return {
      said: 'the policy of the checkout decides, and whoever wrote what is checked out can edit it (policy-ref: head)',
      warns: true,
    };
  if (stamp.origin === BUILT_IN)
    return { said: 'there is no pratique.yaml in the checkout: the built-in policy decides', warns: true };
  return { said: 'the policy of the checkout decides', warns: false };
}

function commitSays(origin: string, { commit, whose }: Extract<PolicyPlace, { kind: 'commit' }>) {
  const at = `${whose} (commit ${commit.slice(0, 12)})`;
  if (origin === BUILT_IN)
    return { said: `there is no pratique.yaml at ${at}: the built-in policy decides`, warns: true };
  return { said: `the policy of ${at} decides, whatever the checkout says`, warns: false };
}

/** Of several allow-lists without a policy there is none. */
function fileOf(origin: string, workspace: string): Pick<DecidingPolicy, 'file'> {
  return !isAbsolute(origin) && existsSync(join(workspace, origin)) ? { file: origin } : {};
}

/** The clone of the workspace where it has the commit: that asks nobody. Else GitHub, with the token of the job. */
async function openTree(commit: string, inputs: Inputs, world: PolicyWorld): Promise<CommitTree> {
  const { env, workspace, now } = world;
  const token = inputs.one('github-token');
  const github = token === undefined ? undefined : () => openGithubTree(commit, { env, token, now });
  const local = await openLocalTree(workspace, commit, env, github);
  if (!('why' in local)) return local;
  if (github !== undefined) return github();
  throw new PratiqueError('POLICY_NOT_FOUND', {
    what: `the commit ${commit.slice(0, 12)}, whose policy decides, cannot be read`,
    why: `${local.why}, and there is no github-token to ask GitHub with`,
    next: 'check out with fetch-depth: 0, or leave github-token as it is and give the job "permissions: contents: read"',
  });
}

/** A step before this one can set it for all that follow (GITHUB_ENV), and it says nothing of a base. */
function requireNoOtherPolicy(env: PolicyWorld['env']): void {
  if (!env['PRATIQUE_POLICY']) return;
  throw new PratiqueError('USAGE', {
    what: 'PRATIQUE_POLICY is set, and the action takes its policy from its inputs alone',
    next: 'use the input policy, and take the variable out of the environment of the step',
  });
}
