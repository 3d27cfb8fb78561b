import { resolve } from 'node:path';
import { PratiqueError } from '../errors.ts';
import { readAllowLists } from './allow-list.ts';
import { type Draft, EMPTY_DRAFT } from './draft.ts';
import { extend } from './extend.ts';
import { collectFaults } from './faults.ts';
import type { PolicyFiles } from './policy-files.ts';

/**
 * A policy with allow-lists that whoever calls adds, as a file that extends it would: where it does not say
 * `open: [sources.allow]`, it takes none. Without a policy the lists alone say which names may enter.
 * @param paths files, or folders that end in a slash, from `cwd`
 * @throws {PratiqueError} `POLICY_INVALID`
 */
export async function withAllowLists(
  base: Draft | undefined,
  paths: readonly string[],
  { cwd, files }: { readonly cwd: string; readonly files: PolicyFiles },
): Promise<Draft> {
  const faults = collectFaults();
  const lists = [];
  for (const path of paths)
    lists.push(...(await readAllowLists(resolve(cwd, path), path, { files, faults })));
  faults.throwIfAny();
  const own: Draft = { ...EMPTY_DRAFT, sources: { allow: lists, deny: [] } };
  return base === undefined ? { ...own, name: 'allow-lists' } : extend(base, own, refuse);
}

function refuse(): never {
  throw new PratiqueError('POLICY_INVALID', {
    what: 'the policy takes no allow-lists from outside of it',
    why: 'a list allows names beyond those of the policy',
    next: 'name the lists in the policy, or write open: [sources.allow] there',
  });
}
