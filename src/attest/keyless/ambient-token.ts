import { PratiqueError } from '../../errors.ts';
import { readFields } from '../../io/json/json-fields.ts';
import { readJson } from '../../io/json/strict-json.ts';
import { bare, isLoopbackName } from '../../sources/registry/hosts.ts';
import { type IdentityToken, readIdentityToken, SIGSTORE_AUDIENCE } from './identity-token.ts';
import { askService, badAnswer, type Question, readingAnswer, type SigningWorld } from './service.ts';

type Env = SigningWorld['env'];

/** Where a token can come from: the CI system or cloud that the process runs in. */
interface Provider {
  readonly who: string;
  /** whether the environment says that it is there; nothing is ever tried out */
  isThere(env: Env): boolean;
  /** the token's text; for the audience alone */
  ask(world: SigningWorld, audience: string): Promise<string>;
}

const METADATA = '169.254.169.254';
const ACCOUNTS = '/computeMetadata/v1/instance/service-accounts/default';
const IAM_CREDENTIALS = 'https://iamcredentials.googleapis.com';
/** `gate@acme-prod.iam.gserviceaccount.com`; it becomes a part of a path */
const SERVICE_ACCOUNT = /^[a-z0-9-]{1,63}@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,8}$/;
const BUILDKITE = 'https://agent.buildkite.com/v3';

/**
 * The identity token of the place that the process runs in, asked for anew: `SIGSTORE_ID_TOKEN` (GitLab's `id_tokens`, and
 * whatever else can put one there), GitHub Actions, Buildkite, Google Cloud (also in the name of another service account,
 * `GOOGLE_SERVICE_ACCOUNT_NAME`); the first that the environment names.
 * @param audience whom it is to be for
 * @throws {PratiqueError} `SIGNING_FAILED` where there is none, where it is not given, or where it is of no use
 * @see cosign, pkg/providers; GitHub, "OpenID Connect reference"; Buildkite, agent API, `oidc/tokens`; Google, "metadata server" and
 *   IAM Service Account Credentials API, `generateIdToken`
 */
export async function ambientToken(
  world: SigningWorld,
  audience: string = SIGSTORE_AUDIENCE,
): Promise<IdentityToken> {
  const provider = PROVIDERS.find(({ isThere }) => isThere(world.env));
  if (provider === undefined) throw nowhere();
  return readIdentityToken(await provider.ask(world, audience), world.now(), audience);
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
    who: 'Google Cloud, in the name of another service account',
    isThere: (env) => isSet(env, 'GOOGLE_SERVICE_ACCOUNT_NAME'),
    ask: askGoogleForAnother,
  },
  {
    who: 'Google Cloud',
    isThere: (env) => ['GCE_METADATA_HOST', 'K_SERVICE', 'CLOUD_RUN_JOB'].some((name) => isSet(env, name)),
    ask: askGoogle,
  },
];

async function askGitHub(world: SigningWorld, audience: string): Promise<string> {
  const { env } = world;
  const url = readUrl(env['ACTIONS_ID_TOKEN_REQUEST_URL'] ?? '', 'ACTIONS_ID_TOKEN_REQUEST_URL');
  url.searchParams.set('audience', audience);
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

async function askBuildkite(world: SigningWorld, audience: string): Promise<string> {
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
    body: Buffer.from(JSON.stringify({ audience })),
    secrets: [secret],
  };
  return tokenIn(question, await askService(question, world), 'token');
}

async function askGoogle(world: SigningWorld, audience: string): Promise<string> {
  const url = metadataUrl(world.env, '/identity');
  url.searchParams.set('audience', audience);
  url.searchParams.set('format', 'full');
  const question: Question = {
    who: 'the metadata server of Google Cloud, asked for an identity token,',
    method: 'GET',
    url,
    headers: { 'metadata-flavor': 'Google' },
  };
  return Buffer.from(await askService(question, world)).toString('latin1');
}

/**
 * A token of the service account that `GOOGLE_SERVICE_ACCOUNT_NAME` names, where that of the machine may make tokens for it
 * (`roles/iam.serviceAccountOpenIdTokenCreator`). The access token of the machine goes to Google's own service and nowhere else.
 */
async function askGoogleForAnother(world: SigningWorld, audience: string): Promise<string> {
  const account = world.env['GOOGLE_SERVICE_ACCOUNT_NAME'] ?? '';
  if (!SERVICE_ACCOUNT.test(account))
    throw wrongVariable('GOOGLE_SERVICE_ACCOUNT_NAME', 'is not the mail address of a service account');
  const access: Question = {
    who: 'the metadata server of Google Cloud, asked for an access token,',
    method: 'GET',
    url: metadataUrl(world.env, '/token'),
    headers: { 'metadata-flavor': 'Google' },
  };
  const secret = tokenIn(access, await askService(access, world), 'access_token');
  if (!/^[\x21-\x7e]{1,8192}$/.test(secret)) throw badAnswer(access, 'gave one that cannot be used'); // it becomes a header
  const question: Question = {
    who: 'Google Cloud, asked for an identity token of another service account,',
    method: 'POST',
    url: new URL(
      `/v1/projects/-/serviceAccounts/${account}:generateIdToken`,
      world.iamCredentials ?? IAM_CREDENTIALS,
    ),
    headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
    body: Buffer.from(JSON.stringify({ audience, includeEmail: true })),
    secrets: [secret],
  };
  return tokenIn(question, await askService(question, world), 'token');
}

/** Asked at the fixed address of its link and nowhere else: what a name leads to, others can say. */
function metadataUrl(env: Env, path: string): URL {
  const named = env['GCE_METADATA_HOST'] || METADATA;
  const host = named === 'metadata.google.internal' ? METADATA : named;
  const url = URL.canParse(`http://${host}`) ? new URL(`http://${host}`) : undefined;
  if (url === undefined || (url.host !== METADATA && !isLoopbackName(bare(url.hostname))))
    throw wrongVariable('GCE_METADATA_HOST', `is not ${METADATA}`);
  url.pathname = `${ACCOUNTS}${path}`;
  return url;
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
