import { defaultPolicy } from '../../policy/default-policy.ts';
import type { Terminal } from '../terminal.ts';
import { type AllowedNames, allowedNames } from './allowed-names.ts';
import { githubText } from './github-workflow.ts';
import type { Surroundings } from './look-around.ts';
import { gitlabText, LIST, listText, ownRepositories, policyText } from './texts.ts';

/** A file that `init` would write; `path` from the root of the repository. */
export interface PlannedFile {
  readonly path: string;
  readonly text: string;
}

/** What `init` would write, and what it has to say. */
export interface InitPlan {
  readonly files: readonly PlannedFile[];
  readonly names: AllowedNames;
}

/** What the command line says. */
export interface InitWish {
  /** who answers for the list */
  readonly owner: string;
  /** the copy of pratique that the pipeline runs, as `OWNER/REPOSITORY@COMMIT` */
  readonly action?: string;
}

/** Plans the policy, its list, and the pipeline. Pure but for the day that the lists of known names are judged on. */
export function planInit(around: Surroundings, { owner, action }: InitWish, now: Terminal['now']): InitPlan {
  const found = allowedNames(around, defaultPolicy(), now());
  const own = ownRepositories(around);
  const ofPipeline =
    around.forge === 'gitlab' ? [{ image: NODE, reason: 'runs pratique in .gitlab/pratique.yml' }] : [];
  const known = new Set(found.entries.map(({ image }) => image));
  const entries = [
    ...found.entries.filter(({ image }) => !isOwn(image, own)),
    ...ofPipeline.filter(({ image }) => !known.has(image)),
  ];
  const strange = [...around.registries.keys()].filter(
    (host) =>
      !own.some((pattern) => pattern.startsWith(`${host}/`)) &&
      !entries.some(({ image }) => image.startsWith(`${host}/`)),
  );
  return {
    names: found,
    files: [
      { path: 'pratique.yaml', text: policyText(around.name, own, strange, entries.length > 0) },
      ...(entries.length === 0 ? [] : [{ path: LIST, text: listText(owner, entries) }]),
      ...(around.forge === 'github'
        ? [{ path: '.github/workflows/pratique.yml', text: githubText(action) }]
        : []),
      ...(around.forge === 'gitlab'
        ? [{ path: '.gitlab/pratique.yml', text: gitlabText(action, around.host) }]
        : []),
    ],
  };
}

const NODE = 'docker.io/library/node';

/** Whether one of the repositories that are built here is this one, or holds it. */
function isOwn(image: string, own: readonly string[]): boolean {
  return own.some(
    (pattern) => image === pattern || (pattern.endsWith('/**') && image.startsWith(pattern.slice(0, -2))),
  );
}
