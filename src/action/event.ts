import { PratiqueError, toPratiqueError } from '../errors.ts';
import { quoted } from '../model/printable.ts';
import { readSmallFile } from '../policy/read-file.ts';

/** Where the policy stands that decides. */
export type PolicyPlace =
  | { readonly kind: 'checkout' }
  /** `whose`: as in "the policy of the base of this pull request" */
  | { readonly kind: 'commit'; readonly commit: string; readonly whose: string };

type Env = Readonly<Record<string, string | undefined>>;

const COMMIT = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;
const EVENT_LIMIT = 32 * 1024 * 1024; // bytes; GitHub's payloads have at most 25 MB
/**
 * Events that run with the workflow of the default branch, for what others wrote or asked for: what is checked out may be a pull request's,
 * as where a comment asks for its tests (`/ok-to-test`, by way of `repository_dispatch`).
 */
const FOR_OTHERS: readonly string[] = [
  'workflow_run',
  'issue_comment',
  'issues',
  'discussion',
  'discussion_comment',
  'repository_dispatch',
  'check_run',
  'check_suite',
  'status',
];

/**
 * Which policy decides. On a pull request that of its base: whoever wrote it can edit policy and allow-lists in the checkout.
 * `workflow_run`, comments and their like are set off by others, too; there it is that of the default branch.
 * @param ref the input `policy-ref`: `base`, `head`, or a whole commit id
 * @throws {PratiqueError} `USAGE` where the input says none of these, or the event has no base
 * @see GitHub, "Events that trigger workflows"; "Security hardening", pull_request_target
 */
export async function policyPlace(ref: string | undefined, env: Env): Promise<PolicyPlace> {
  if (ref === 'head') return { kind: 'checkout' };
  if (ref !== undefined && COMMIT.test(ref))
    return { kind: 'commit', commit: ref, whose: 'the commit that policy-ref names' };
  if (ref !== undefined && ref !== 'base') throw unknownRef(ref);
  const name = env['GITHUB_EVENT_NAME'] ?? '';
  if (FOR_OTHERS.includes(name)) return ofDefaultBranch(name, env);
  if (ref === undefined && !name.startsWith('pull_request') && name !== 'merge_group')
    return { kind: 'checkout' };
  const event = await readEvent(env);
  const base =
    name === 'merge_group' ? at(event, 'merge_group', 'base_sha') : at(event, 'pull_request', 'base', 'sha');
  if (typeof base !== 'string' || !COMMIT.test(base)) throw noBase(name);
  const whose = name === 'merge_group' ? 'the base of this merge group' : 'the base of this pull request';
  return { kind: 'commit', commit: base, whose };
}

/** Whether the event may have been set off by somebody who wrote what is checked out, and may not write here. */
export function isOfOthers(env: Env): boolean {
  const name = env['GITHUB_EVENT_NAME'] ?? '';
  return name.startsWith('pull_request') || FOR_OTHERS.includes(name);
}

function ofDefaultBranch(name: string, env: Env): PolicyPlace {
  const commit = env['GITHUB_SHA'] ?? '';
  if (!COMMIT.test(commit)) throw noBase(name);
  return { kind: 'commit', commit, whose: 'the default branch' };
}

async function readEvent(env: Env): Promise<unknown> {
  const path = env['GITHUB_EVENT_PATH'];
  if (path === undefined || path === '') throw unreadable('GITHUB_EVENT_PATH is not set');
  try {
    return JSON.parse(await readSmallFile(path, path, EVENT_LIMIT));
  } catch (thrown) {
    const { why, what } = toPratiqueError(thrown).problem;
    throw unreadable(why ?? what);
  }
}

/** A field of the event's JSON, by the names that lead to it. */
function at(value: unknown, ...names: readonly string[]): unknown {
  return names.reduce<unknown>(
    (inner, name) =>
      typeof inner === 'object' && inner !== null && Object.hasOwn(inner, name)
        ? (inner as Readonly<Record<string, unknown>>)[name]
        : undefined,
    value,
  );
}

function unknownRef(ref: string): PratiqueError {
  return new PratiqueError('USAGE', {
    what: `policy-ref ${quoted(ref)} says nothing that can be looked up`,
    why: 'a branch or tag can be moved by whoever may write to it',
    next: 'write base, head, or the whole id of a commit (40 hexadecimal digits)',
  });
}

function noBase(name: string): PratiqueError {
  return new PratiqueError('USAGE', {
    what: `the event ${quoted(name)} has no base whose policy could decide`,
    next: 'write policy-ref: head for the policy of the checkout, or the whole id of a commit',
  });
}

function unreadable(why: string): PratiqueError {
  return new PratiqueError('USAGE', {
    what: 'the event of this run cannot be read, so that it is not known which commit the policy counts from',
    why,
    next: 'write policy-ref: with the whole id of a commit',
  });
}
