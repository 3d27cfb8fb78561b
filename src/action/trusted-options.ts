import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { secretFile } from '../cli/common-options.ts';
import { exitCodeOf, PratiqueError, toPratiqueError } from '../errors.ts';
import type { CommitFiles } from './commit/commit-files.ts';
import { wayInto } from './in-workspace.ts';

/** What names a file that says whom to trust, or whom to tell a token or a password: an option, as people know it, and a variable for it. */
const TRUSTED = [
  { option: 'signingConfig', input: 'signing-config' },
  { option: 'trustedRoot', input: 'trusted-root' },
  { option: 'authFile', input: 'registry-config', variable: 'PRATIQUE_AUTH_FILE' },
  { option: 'caFile', input: 'PRATIQUE_CA_FILE', variable: 'PRATIQUE_CA_FILE' },
] as const;

export interface TrustedPlaces {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** the checkout, absolute */
  readonly workspace: string;
  /** of the step, for what is taken from the commit */
  readonly folder: string;
}

/**
 * Where a commit decides, the files of the workspace that say whom to trust are that commit's as well: a pull request that edits
 * `signing-config` would be handed the identity token of the workflow. Files elsewhere (RUNNER_TEMP) are no part of the checkout.
 * @param commit absent where the checkout decides
 * @throws {PratiqueError} `USAGE`, `POLICY_NOT_FOUND`, `POLICY_INVALID`
 */
export async function trustedOptions(
  options: Record<string, unknown>,
  commit: CommitFiles | undefined,
  { env, workspace, folder }: TrustedPlaces,
): Promise<Record<string, unknown>> {
  if (commit === undefined) return options;
  const taken: Record<string, string> = {};
  for (const { option, input, ...by } of TRUSTED) {
    const file = options[option] ?? ('variable' in by ? env[by.variable] : undefined);
    if (typeof file !== 'string' || file === '') continue;
    const inside = wayInto(workspace, secretFile(input, file));
    if (inside === undefined) continue;
    const path = join(folder, `${option}.json`);
    await writeFile(path, await textOf(commit, inside, file), { mode: 0o600 });
    taken[option] = path;
  }
  return { ...options, ...taken };
}

async function textOf({ files, root }: CommitFiles, inside: string, file: string): Promise<string> {
  try {
    return await files.read(join(root, inside), file);
  } catch (thrown) {
    if (exitCodeOf(thrown) === 3) throw thrown;
    const { code, problem } = toPratiqueError(thrown);
    throw new PratiqueError(code, {
      ...problem,
      next: 'it says whom to trust, so that it counts as it is in the commit; one that is made in the run belongs outside of the workspace (RUNNER_TEMP)',
    });
  }
}
