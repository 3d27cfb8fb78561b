/** What a file is by its name; of YAML and JSON the contents tell more. */
export type PathKind = 'dockerfile' | 'maybe-dockerfile' | 'bake-hcl' | 'yaml' | 'json';

/** What the name of a YAML or JSON file says that it is for. */
export type NamedFor =
  | 'compose'
  | 'github-workflow'
  | 'github-action'
  | 'gitlab-ci'
  | 'helm-values'
  | 'devcontainer'
  | 'bake'
  | 'pipeline';

/** `Dockerfile`, `Dockerfile.dev`, `Containerfile-arm`; `Dockerfile.py` may be a program. */
const DOCKERFILE = /^(?:docker|container)file(?:[._-].*)?$/is; // a line break, too, is a character of a name
const DOCKERFILE_ENDING = /\.(?:docker|container)file$/i;
const PROGRAM = /\.(?:[cm]?[jt]sx?|go|py|rb|rs|java|kt|cs|php|lua|sh|txt|toml)$/i;
const OTHER = /\.(?:dockerignore|md|markdown|rst|adoc|html?|css|vim|json|ya?ml|lock|sum|snap|png|svg)$/i;
const BAKE_HCL = /^(?:(?:docker-)?bake(?:\.[\w.-]+)?|[\w.-]+[.-]bake)\.hcl$/i;

/** Files of JSON that name no images and lie everywhere. */
const NO_IMAGES = /^(?:package(?:-lock)?|composer|(?:ts|js)config(?:\.[\w.-]+)?)\.json$/i;

/** What a file is by its name; `undefined` for one that names no images. @param path with slashes */
export function kindOfPath(path: string): PathKind | undefined {
  const name = nameOf(path);
  if (DOCKERFILE_ENDING.test(name)) return 'dockerfile';
  if (DOCKERFILE.test(name) && !OTHER.test(name))
    return PROGRAM.test(name) ? 'maybe-dockerfile' : 'dockerfile';
  if (BAKE_HCL.test(name)) return 'bake-hcl';
  if (/\.ya?ml$/i.test(name) || /^kustomization$/i.test(name)) return 'yaml';
  return /\.json$/i.test(name) && !NO_IMAGES.test(name) ? 'json' : undefined;
}

const NAMED: readonly (readonly [NamedFor, RegExp])[] = [
  ['github-workflow', /(?:^|\/)\.(?:github|gitea|forgejo)\/workflows\/[^/]+\.ya?ml$/i],
  ['github-action', /(?:^|\/)action\.ya?ml$/i],
  [
    'gitlab-ci',
    /(?:^|\/)(?:[^/]*\.)?gitlab-ci(?:[._-][^/]*)?\.ya?ml$|(?:^|\/)\.gitlab\/(?:[^/]+\/)*[^/]+\.ya?ml$/i,
  ],
  [
    'compose',
    /(?:^|\/)(?:docker-|podman-)?compose(?:[._-][^/]*)?\.(?:ya?ml|json)$|[^/]\.(?:docker-)?compose\.ya?ml$/i,
  ],
  ['helm-values', /(?:^|\/)(?:[^/]+[._-])?values(?:[._-][^/]*)?\.ya?ml$/i],
  ['devcontainer', /(?:^|\/)\.?devcontainer\.json$/i],
  [
    'pipeline',
    /(?:^|\/)(?:\.circleci\/[^/]+|\.?azure-pipelines?(?:[._-][^/]*)?|\.drone|\.woodpecker(?:\/(?:[^/]+\/)*[^/]+)?|bitbucket-pipelines|cloudbuild(?:[._-][^/]*)?|\.buildkite\/(?:[^/]+\/)*[^/]+)\.ya?ml$/i,
  ],
  ['bake', /(?:^|\/)(?:(?:docker-)?bake(?:\.[\w.-]+)?|[\w.-]+[.-]bake)\.json$/i],
];

/** What the name of a YAML or JSON file says that it is for. */
export function namedFor(path: string): NamedFor | undefined {
  return NAMED.find(([, pattern]) => pattern.test(path))?.[0];
}

const HEAD = 64 * 1024; // characters in which an instruction must begin

/** Whether the first instruction of a text is one that a Dockerfile begins with. */
export function beginsAsDockerfile(text: string): boolean {
  const lines = text.slice(0, HEAD).split('\n');
  const first = lines.map((line) => line.trim()).find((line) => line !== '' && !line.startsWith('#'));
  return first !== undefined && /^(?:FROM|ARG)\s+\S/i.test(first);
}

/** Whether a file that was named itself is a Dockerfile by what it holds. */
export function isAskedDockerfile(text: string): boolean {
  return /^[ \t]*FROM[ \t]+(?!.*:[ \t])\S/im.test(text);
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
