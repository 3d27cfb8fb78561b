import { PratiqueError } from '../../errors.ts';
import { readFields } from '../../io/json/json-fields.ts';
import { readJson } from '../../io/json/strict-json.ts';
import { bare, isLoopbackName } from '../../sources/registry/hosts.ts';
import { type IdentityToken, readIdentityToken } from './identity-token.ts';
import { askService, badAnswer, type Question, readingAnswer, type SigningWorld } from './service.ts';

type Env = SigningWorld['env'];

/** Where a token can come from: the CI system or cloud that the process runs in. */
interface Provider {
  readonly who: string;
  /** whether the environment says that it is there; nothing is ever tried out */
  isThere(env: Env): boolean;
  /** the token's text */
  ask(world: SigningWorld): Promise<string>;
}

/** Whom a token is for: what Sigstore's authority, and every private one that nobody changed, wants to read in it. */
const AUDIENCE = 'sigstore';
const METADATA = '169.254.169.254';
const BUILDKITE = 'https://agent.buildkite.com/v3';

/**
 * The identity token of the place that the process runs in, asked for anew: `SIGSTORE_ID_TOKEN` (GitLab's `id_tokens`, and
 * whatever else can put one there), GitHub Actions, Buildkite, Google Cloud; the first that the environment names.
 * @throws {PratiqueError} `SIGNING_FAILED` where there is none, where it is not given, or where it is of no use
 * @see cosign, pkg/providers; GitHub, "OpenID Connect reference"; Buildkite, agent API, `oidc/tokens`; Google, "metadata server"
 */
export async function ambientToken(world: SigningWorld): Promise<IdentityToken> {
  const provider = PROVIDERS.find(({ isThere }) => isThere(world.env));
  if (provider === undefined) throw nowhere();
  return readIdentityToken(await provider.ask(world), world.now());
}

const PROVIDERS: readonly Provider[] = [
  {
    who: 'the environment',
    isThere: (env) => isSet(env, 'SIGSTORE_ID_TOKEN'),
    ask: async ({ env }) => env['SIGSTORE_ID_TOKEN'] ?? '',
  },
  {
    who: 'GitHub Actions',
    isThere: (env) =>
      isSet(env, 'ACTIONS_ID_TOKEN_REQUEST_URL') && isSet(env, 'ACTIONS_ID_TOKEN_REQUEST_TOKEN'),
    ask: askGitHub,
  },
  { who: 'Buildkite', isThere: (env) => isSet(env, 'BUILDKITE_AGENT_ACCESS_TOKEN'), ask: askBuildkite },
  {
    who: 'Google Cloud',
    isThere: (env) => ['GCE_METADATA_HOST', 'K_SERVICE', 'CLOUD_RUN_JOB'].some((name) => isSet(env, name)),
    ask: askGoogle,
  },
];

async function askGitHub(world: SigningWorld): Promise<string> {
  const { env } = world;
  const url = readUrl(env['ACTIONS_ID_TOKEN_REQUEST_URL'] ?? '', 'ACTIONS_ID_TOKEN_REQUEST_URL');
  url.searchParams.set('audience', AUDIENCE);
  const secret = env['ACTIONS_ID_TOKEN_REQUEST_TOKEN'] ?? '';
  const question: Question = {
    who: 'GitHub Actions, asked for an identity token,',
    method: 'GET',
    url,
    headers: { authorization: `Bearer ${secret}` },
    secrets: [secret],
  };
  return tokenIn(question, await askService(question, world), 'value');
}

async function askBuildkite(world: SigningWorld): Promise<string> {
  const { env } = world;
  const secret = env['BUILDKITE_AGENT_ACCESS_TOKEN'] ?? '';
  const job = env['BUILDKITE_JOB_ID'] ?? '';
  if (!/^[A-Za-z0-9-]{1,64}$/.test(job)) throw wrongVariable('BUILDKITE_JOB_ID', 'is not the id of a job');
  const base = readUrl(env['BUILDKITE_AGENT_ENDPOINT'] || BUILDKITE, 'BUILDKITE_AGENT_ENDPOINT');
  const url = new URL(`${base.href.replace(/\/+$/, '')}/jobs/${job}/oidc/tokens`);
  const question: Question = {
    who: 'Buildkite, asked for an identity token,',
    method: 'POST',
    url,
    headers: { authorization: `Token ${secret}`, 'content-type': 'application/json' },
    body: Buffer.from(JSON.stringify({ audience: AUDIENCE })),
    secrets: [secret],
  };
  return tokenIn(question, await askService(question, world), 'token');
}

/** Asked at the fixed address of its link and nowhere else: what a name leads to, others can say. */
async function askGoogle(world: SigningWorld): Promise<string> {
  const named = world.env['GCE_METADATA_HOST'] ?? METADATA;
  const host = named === 'metadata.google.internal' ? METADATA : named;
  const url = URL.canParse(`http://${host}`) ? new URL(`http://${host}`) : undefined;
  if (url === undefined || (url.host !== METADATA && !isLoopbackName(bare(url.hostname))))
    throw wrongVariable('GCE_METADATA_HOST', `is not ${METADATA}`);
  url.pathname = '/computeMetadata/v1/instance/service-accounts/default/identity';
  url.search = `?audience=${AUDIENCE}&format=full`;
  const question: Question = {
    who: 'the metadata server of Google Cloud, asked for an identity token,',
    method: 'GET',
    url,
    headers: { 'metadata-flavor': 'Google' },
  };
  return Buffer.from(await askService(question, world)).toString('latin1');
}

function tokenIn(question: Question, answer: Uint8Array, name: string): string {
  const where = 'answer';
  const text = readingAnswer(question, () =>
    readFields(readJson(answer, { where }), { where }).optionalString(name),
  );
  if (text === undefined || text === '') throw badAnswer(question, 'gave none');
  return text;
}

function isSet(env: Env, name: string): boolean {
  return (env[name] ?? '') !== '';
}

function readUrl(text: string, name: string): URL {
  if (URL.canParse(text)) return new URL(text);
  throw wrongVariable(name, 'is no URL');
}

function wrongVariable(name: string, why: string): PratiqueError {
  return new PratiqueError('SIGNING_FAILED', {
    what: 'no identity token was asked for',
    why: `${name} ${why}`,
  });
}

function nowhere(): PratiqueError {
  return new PratiqueError('SIGNING_FAILED', {
    what: 'there is no identity token to sign with',
    why: 'the environment names none of SIGSTORE_ID_TOKEN, GitHub Actions, Buildkite and Google Cloud',
    next: 'in GitHub Actions give the job "permissions: id-token: write"; in GitLab set SIGSTORE_ID_TOKEN under id_tokens; elsewhere give --identity-token FILE',
  });
}
