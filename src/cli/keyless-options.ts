import { resolve } from 'node:path';
import type { Argv } from 'yargs';
import { type IdentityToken, readIdentityToken } from '../attest/keyless/identity-token.ts';
import type { SigningWorld } from '../attest/keyless/service.ts';
import { readServiceUrl } from '../attest/keyless/service.ts';
import type { KeylessSigning } from '../attest/keyless/sign-keyless.ts';
import {
  PUBLIC_SERVICES,
  readSigningConfig,
  requireEnough,
  type SigningServices,
} from '../attest/keyless/signing-services.ts';
import { PratiqueError, toPratiqueError } from '../errors.ts';
import { quoted } from '../model/printable.ts';
import { PUBLIC_GOOD, type TrustRoot } from '../model/trust-root.ts';
import { DISK_FILES } from '../policy/disk-files.ts';
import type { Policy } from '../policy/policy.ts';
import { readSmallFile } from '../policy/read-file.ts';
import { publicGood, readTrustRoot } from '../policy/signers/trust-root-file.ts';
import { type RootKeeper, rootKeeper } from '../roots-in-use.ts';
import { one, readReach } from './common-options.ts';
import type { Terminal } from './terminal.ts';

const ENV = /^env:\/\/([A-Za-z_][A-Za-z0-9_]*)$/;
/** bytes */
const TOKEN_LIMIT = 65_536;
/** What a CI system lets its jobs ask for tokens with. */
const SECRETS = ['ACTIONS_ID_TOKEN_REQUEST_TOKEN', 'BUILDKITE_AGENT_ACCESS_TOKEN', 'SIGSTORE_ID_TOKEN'];
/** Options that mean something only where nobody has a key. */
const NAMES = [
  'identityToken',
  'tokenAudience',
  'signingConfig',
  'fulcioUrl',
  'rekorUrl',
  'rekorVersion',
  'tsaUrl',
] as const;

/** The options of signing without a key. */
export function keylessOptions(parser: Argv): Argv {
  return trustedRootOption(parser)
    .option('keyless', {
      type: 'boolean',
      describe: 'Sign in the name of whoever the identity token of this CI job names, with no key',
    })
    .option('identity-token', {
      type: 'string',
      requiresArg: true,
      describe: 'Where the token is: a file, env://NAME, or - for standard input; default: ask the CI system',
    })
    .option('token-audience', {
      type: 'string',
      requiresArg: true,
      describe: 'Whom the token must be for; default: sigstore',
    })
    .option('signing-config', {
      type: 'string',
      requiresArg: true,
      describe: 'signing_config.json of a Sigstore instance; default: the public one',
    })
    .option('fulcio-url', {
      type: 'string',
      requiresArg: true,
      describe: 'The certificate authority of an instance of your own',
    })
    .option('rekor-url', { type: 'string', requiresArg: true, describe: 'Its transparency log' })
    .option('rekor-version', {
      type: 'string',
      requiresArg: true,
      choices: ['1', '2'],
      describe: 'Which Rekor the log is; default: 1',
    })
    .option('tsa-url', { type: 'string', requiresArg: true, describe: 'Its timestamp authority' });
}

/** The option that names an instance to verify with. */
export function trustedRootOption(parser: Argv): Argv {
  return parser.option('trusted-root', {
    type: 'string',
    requiresArg: true,
    describe: 'trusted_root.json of a Sigstore instance; default: the public one',
  });
}

/** Whether `--keyless` is given; a token that happens to be there is no wish to sign. */
export function isKeyless(options: Record<string, unknown>): boolean {
  return options['keyless'] === true;
}

/** @throws {PratiqueError} `USAGE` where an option of keyless signing is given, and nothing is signed that way */
export function requireNoKeylessOptions(options: Record<string, unknown>): void {
  const given = NAMES.find((name) => options[name] !== undefined);
  if (given === undefined && !isKeyless(options)) return;
  throw new PratiqueError('USAGE', {
    what: 'there is nothing to sign without a key',
    why: 'an option of keyless signing is given',
    next: 'add --keyless, and --attest to push the attestation or --attestation FILE to write it',
  });
}

/**
 * How to sign without a key, by the command line and the policy. Nothing is asked of anybody yet.
 * @throws {PratiqueError} `USAGE`, `POLICY_INVALID`, `POLICY_NOT_FOUND`
 */
export async function readKeyless(
  options: Record<string, unknown>,
  policy: Policy,
  terminal: Terminal,
): Promise<KeylessSigning> {
  const root = (await readTrustedRoot(options, terminal)) ?? policy.attest.root ?? publicGood();
  const services = await readServices(options, terminal);
  requireSameInstance(root, services);
  requireEnough(services, root);
  const { caFile, env, offline } = readReach(options, terminal);
  if (offline === true) throw needsNet();
  const world: SigningWorld = {
    env,
    limits: policy.limits,
    now: terminal.now,
    secrets: SECRETS.flatMap((name) => env[name] || []),
    ...(caFile === undefined ? {} : { caFile }),
  };
  return { services, root, world, token: tokenSource(options, terminal, world) };
}

function needsNet(): PratiqueError {
  return new PratiqueError('USAGE', {
    what: '--keyless and --offline contradict each other',
    why: 'who signs without a key asks Sigstore for a certificate',
    next: 'leave one of them out, or sign with --key',
  });
}

/** Has the trust roots of keyless signers and of keyless signing, as the policy wants them refreshed. */
export function rootKeeperOf(
  options: Record<string, unknown>,
  { limits }: Policy,
  terminal: Terminal,
): RootKeeper {
  const { env, caFile, offline = false } = readReach(options, terminal);
  return rootKeeper({ env, limits, offline, now: terminal.now, ...(caFile === undefined ? {} : { caFile }) });
}

/** The instance that `--trusted-root` names. @throws {PratiqueError} `POLICY_INVALID`, `POLICY_NOT_FOUND` */
export async function readTrustedRoot(
  options: Record<string, unknown>,
  { cwd }: Terminal,
): Promise<TrustRoot | undefined> {
  const file = one(options, 'trustedRoot');
  return file === undefined
    ? undefined
    : readTrustRoot(`file ${file}`, { file }, { folder: cwd, files: DISK_FILES });
}

async function readServices(options: Record<string, unknown>, terminal: Terminal): Promise<SigningServices> {
  const file = one(options, 'signingConfig');
  const [authority, log, timestamps] = [
    one(options, 'fulcioUrl'),
    one(options, 'rekorUrl'),
    one(options, 'tsaUrl'),
  ];
  const version = one(options, 'rekorVersion');
  const isNamed = authority !== undefined || log !== undefined || timestamps !== undefined;
  if (file !== undefined && !isNamed && version === undefined) {
    return readSigningConfig(Buffer.from(await readConfigFile(file, terminal)), terminal.now());
  }
  if (!isNamed && version === undefined) return PUBLIC_SERVICES;
  if (file !== undefined) throw mixed('--signing-config names the services already');
  if (authority === undefined) throw mixed('--fulcio-url is needed beside the others');
  if (version !== undefined && log === undefined) throw mixed('--rekor-version goes with --rekor-url');
  return {
    authority: readServiceUrl(authority, '--fulcio-url'),
    ...(log && {
      log: { url: readServiceUrl(log, '--rekor-url'), version: version === '2' ? 2 : 1 } as const,
    }),
    ...(timestamps && { timestamps: readServiceUrl(timestamps, '--tsa-url') }),
  };
}

async function readConfigFile(file: string, { cwd }: Terminal): Promise<string> {
  try {
    return await readSmallFile(resolve(cwd, file), file);
  } catch (thrown) {
    const { why = 'it cannot be read' } = toPratiqueError(thrown).problem;
    throw new PratiqueError('USAGE', { what: `--signing-config ${quoted(file)} cannot be used`, why });
  }
}

/** What gives a token when one is needed: it counts for minutes, and images take longer. */
function tokenSource(
  options: Record<string, unknown>,
  terminal: Terminal,
  world: SigningWorld,
): () => Promise<IdentityToken> {
  const place = one(options, 'identityToken');
  const audience = one(options, 'tokenAudience');
  if (place === undefined)
    return async () => (await import('../attest/keyless/ambient-token.ts')).ambientToken(world, audience);
  // A message about a file of that name would tell it.
  if (/^[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\./.test(place))
    throw new PratiqueError('USAGE', {
      what: '--identity-token takes the place of a token, not the token',
      next: 'put it into a file or a variable, and name that: --identity-token env://NAME',
    });
  const typed = once(() => terminal.in.read(TOKEN_LIMIT));
  return async () =>
    readIdentityToken(
      place === '-' ? await typed() : await textAt(place, terminal),
      terminal.now(),
      audience,
    );
}

/** Standard input can be read once; a file may hold a newer token the next time. */
function once<T>(work: () => Promise<T>): () => Promise<T> {
  let known: Promise<T> | undefined;
  return () => {
    known = known ?? work();
    return known;
  };
}

async function textAt(place: string, { cwd, env }: Terminal): Promise<string> {
  const name = ENV.exec(place)?.[1];
  if (name !== undefined) {
    const text = env[name];
    if (text) return text;
    throw noToken(`the environment has no ${name}`);
  }
  try {
    return await readSmallFile(resolve(cwd, place), place, TOKEN_LIMIT);
  } catch (thrown) {
    throw noToken(toPratiqueError(thrown).problem.why ?? 'its file cannot be read');
  }
}

function noToken(why: string): PratiqueError {
  return new PratiqueError('SIGNING_FAILED', { what: 'there is no identity token to sign with', why });
}

function mixed(why: string): PratiqueError {
  return new PratiqueError('USAGE', { what: 'the signing services are not named clearly', why });
}

/** A root of one's own beside services that nobody named would write an inner identity into the public log. */
function requireSameInstance({ name }: TrustRoot, services: SigningServices): void {
  const isPublic = services.authority.host === PUBLIC_SERVICES.authority.host;
  if (name === PUBLIC_GOOD ? isPublic : services !== PUBLIC_SERVICES) return;
  throw new PratiqueError('USAGE', {
    what: 'the signing services and the trust root are of two instances',
    why:
      name === PUBLIC_GOOD
        ? 'what an instance of your own signs does not hold under the public trust root'
        : 'the trust root is your own, and no services are named',
    next: 'give --signing-config and --trusted-root (or verdict.attest.root in the policy) of the same instance',
  });
}
