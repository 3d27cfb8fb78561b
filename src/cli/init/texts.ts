import type { AllowedName } from './allowed-names.ts';
import { NOBODY } from './copy-of-pratique.ts';
import type { Surroundings } from './look-around.ts';

/** What runs the job for GitLab. */
export const INCLUDE = 'include: [{ local: .gitlab/pratique.yml }]';

/** Where the list lies that the policy names. */
export const LIST = 'allowlists/images.yaml';

/**
 * A policy whose list of names is the one beside it.
 * @param own repositories that this one builds, as far as its pipelines show them
 * @param strange registries that are logged in to, of which no repository is known
 */
export function policyText(
  name: string,
  own: readonly string[],
  strange: readonly string[],
  hasList: boolean,
): string {
  const allow = own.length === 0 ? [] : ['  allow: # what this repository builds', ...own.map(item)];
  const more = strange.map(
    (host) => `  # ${host} is logged in to: allow its repositories one by one, as ${host}/TEAM/**`,
  );
  const sources = [...(hasList ? ['  allow-lists: [allowlists/]'] : []), ...allow];
  return lines(
    '# yaml-language-server: $schema=./node_modules/pratique/schema/policy-v1.json',
    '# Written by pratique init. docs/policy.md of pratique has every key; pratique explain IMAGE shows which line decides.',
    'version: 1',
    `name: ${JSON.stringify(name)}`,
    '',
    ...(sources.length === 0
      ? [
          '# sources: with them, an image that no line admits is refused; no file here names an image yet',
          ...more,
        ]
      : ['sources: # an image that no line admits is refused', ...sources, ...more]),
    '',
    'checks: # off, warn or fail, by check or by rule; what is not named here has its default level',
    '  hygiene.root-user: warn',
    '  hygiene.pinned-reference: warn # pratique refs --fix pins names that were checked',
  );
}

/** The list, one entry for each repository. */
export function listText(owner: string, entries: readonly AllowedName[]): string {
  return lines(
    '# Written by pratique init from the names in the files of this repository. Look at each line: from now on it is somebody’s word.',
    `owner: ${JSON.stringify(owner)}`,
    'entries:',
    ...entries.flatMap(({ image, reason }) => [
      `  - image: ${JSON.stringify(image)}`,
      `    reason: ${JSON.stringify(reason)}`,
    ]),
  );
}

/**
 * A job that judges the names of a merge request's files, and what stands behind them. It takes pratique from a copy at a commit, with
 * what its lock file says: what a registry of packages has by that name may be anybody's.
 * @param action as `githubText` takes it, there with any depth of groups
 * @param host where that copy lies
 */
export function gitlabText(action = NOBODY, host = 'gitlab.com'): string {
  const [copy = '', commit = ''] = action.split('@');
  return lines(
    `# Written by pratique init. It runs once .gitlab-ci.yml says: ${INCLUDE}`,
    'pratique:',
    '  image: docker.io/library/node:24',
    '  script:',
    `    - git clone --quiet https://${host}/${copy}.git /opt/pratique # your copy of pratique`,
    `    - git -C /opt/pratique checkout --quiet ${commit} # at the commit that you have read`,
    '    - npm ci --prefix /opt/pratique',
    '    - node /opt/pratique/bin/pratique.js refs',
    '    - node /opt/pratique/bin/pratique.js check --refs -o text -o gitlab=gl-container-scanning-report.json',
    '  artifacts:',
    '    when: always',
    '    reports:',
    '      container_scanning: gl-container-scanning-report.json',
  );
}

/** Repositories that are built here: of the registries that the pipelines log in to, those whose names follow from the project. */
export function ownRepositories({ project, registries, forge }: Surroundings): readonly string[] {
  const path = project?.toLowerCase();
  if (path === undefined) return [];
  const hosts = [...registries.keys()].filter((host) => host === 'ghcr.io' || host === 'registry.gitlab.com');
  const fitting = hosts.filter((host) => (host === 'ghcr.io') === (forge === 'github'));
  return fitting.flatMap((host) => [`${host}/${path}`, `${host}/${path}/**`]);
}

function item(pattern: string): string {
  return `    - ${JSON.stringify(pattern)}`;
}

function lines(...all: readonly string[]): string {
  return `${all.join('\n')}\n`;
}
