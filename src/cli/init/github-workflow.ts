import { NOBODY } from './copy-of-pratique.ts';

/** The steps are those of docs/workflows/gate.yml; a test holds the two together. */
const CHECKOUT = 'actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1';

/**
 * The workflow that judges every image that the repository's files name, on each pull request: there the policy of the base decides.
 * @param action a copy of pratique, as `OWNER/REPOSITORY@COMMIT`; absent: a placeholder, at which the job fails
 */
export function githubText(action = NOBODY): string {
  return `# Written by pratique init. docs/github-action.md of pratique says what else the action can do.
name: pratique
on:
  pull_request:
  push:
    branches: [main, master]
permissions:
  contents: read # to check out, and to read the policy of the base
jobs:
  gate:
    name: Judge the images that files name
    runs-on: ubuntu-24.04
    steps:
      - uses: ${CHECKOUT}
        with:
          persist-credentials: false # nothing here pushes
      - uses: ${action} # your copy of pratique, at the commit that you have read
        with:
          refs: true
`;
}
