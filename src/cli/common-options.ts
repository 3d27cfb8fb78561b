import { resolve } from 'node:path';
import type { Argv } from 'yargs';
import { PratiqueError } from '../errors.ts';
import { parseTarget, type Target } from '../model/target.ts';
import type { Reach } from '../opener.ts';
import { loadPolicy } from '../policy/load.ts';
import type { Policy } from '../policy/policy.ts';
import { parsePlatform } from '../sources/documents/platform.ts';
import type { Terminal } from './terminal.ts';

/** Options that every command which reaches for an image has. */
export function reachOptions(parser: Argv): Argv {
  return parser
    .option('platform', {
      type: 'string',
      array: true,
      requiresArg: true,
      describe: 'Only this platform, as os/arch[/variant]; default: every platform that a node could choose',
    })
    .option('as', {
      type: 'string',
      requiresArg: true,
      describe: 'The name that a folder or archive is judged by',
    })
    .option('insecure', {
      type: 'string',
      array: true,
      requiresArg: true,
      describe: 'A host[:port] that is spoken to over plain http',
    })
    .option('ca-file', {
      type: 'string',
      requiresArg: true,
      describe: 'PEM file of authorities to trust for TLS',
    })
    .option('allow-realm', {
      type: 'string',
      array: true,
      requiresArg: true,
      describe: 'A token server, host[:port], that may be given the credentials of the registry',
    })
    .option('offline', {
      type: 'boolean',
      describe:
        'Ask nobody but the registry of the image: no mirror of trust roots, no server of revocations',
    })
    .option('auth-file', {
      type: 'string',
      requiresArg: true,
      describe: 'Registry credentials (config.json, auth.json)',
    });
}

/** The option every command that judges has. */
export function policyOption(parser: Argv): Argv {
  return parser.option('policy', {
    type: 'string',
    requiresArg: true,
    describe: 'The policy file; default: pratique.yaml here or above, up to the git root',
  });
}

/** What the common options mean. A flag beats its environment variable. @throws {PratiqueError} `USAGE` */
export function readReach(
  options: Record<string, unknown>,
  terminal: Terminal,
): Reach & { platforms: string[] } {
  const { cwd, env } = terminal;
  const caFile = one(options, 'caFile') ?? env['PRATIQUE_CA_FILE'];
  const authFile = one(options, 'authFile') ?? env['PRATIQUE_AUTH_FILE'];
  const platforms = many(options, 'platform') ?? words(env['PRATIQUE_PLATFORM']);
  for (const platform of platforms) parsePlatform(platform); // a mistyped one is told before anything is sent
  return {
    env,
    platforms,
    insecure: many(options, 'insecure') ?? words(env['PRATIQUE_INSECURE']),
    allowRealms: many(options, 'allowRealm') ?? words(env['PRATIQUE_ALLOW_REALM']),
    ...(options['offline'] === true && { offline: true }),
    ...(caFile === undefined ? {} : { caFile: resolve(cwd, caFile) }),
    ...(authFile === undefined ? {} : { authFile: resolve(cwd, secretFile('--auth-file', authFile)) }),
  };
}

/**
 * What a word of the command line stands for; paths count from where the person is.
 * @param as the value of `--as`
 * @throws {PratiqueError} `REFERENCE_INVALID`, `USAGE`
 */
export function readTarget(text: string, as: string | undefined, { cwd }: Terminal): Target {
  const target = parseTarget(text, as);
  return 'path' in target ? { ...target, path: resolve(cwd, target.path) } : target;
}

/** The policy that applies, read from its file or the built-in one. */
export function readPolicy(options: Record<string, unknown>, terminal: Terminal): Promise<Policy> {
  const file = one(options, 'policy') ?? terminal.env['PRATIQUE_POLICY'];
  return loadPolicy({
    cwd: terminal.cwd,
    env: terminal.env,
    now: terminal.now(),
    ...(file === undefined ? {} : { file }),
  });
}

/** A text option that was given at most once, and not empty. @throws {PratiqueError} `USAGE` */
export function one(options: Record<string, unknown>, name: string): string | undefined {
  const value = options[name];
  if (Array.isArray(value)) {
    throw new PratiqueError('USAGE', {
      what: `--${kebab(name)} is given more than once`,
      next: 'give it once',
    });
  }
  if (value === undefined) return undefined;
  if (typeof value === 'string' && value !== '') return value;
  throw new PratiqueError('USAGE', {
    what: `--${kebab(name)} has no value`,
    next: 'give it one, or leave it out',
  });
}

/**
 * The name of a file with a key or with logins.
 * @throws {PratiqueError} `USAGE` for what is the content of one: a message about the file would tell it
 */
export function secretFile(option: string, text: string): string {
  if (!/-----BEGIN|[{}\n]/.test(text)) return text;
  throw new PratiqueError('USAGE', {
    what: `${option} takes the name of a file, not what is in it`,
    next: 'write it to a file that only you can read, and name that',
  });
}

/** A text option that may be given several times; absent where it never was. */
export function many(options: Record<string, unknown>, name: string): string[] | undefined {
  const value = options[name];
  if (value === undefined) return undefined;
  return (Array.isArray(value) ? value : [value]).map(String);
}

function words(text: string | undefined): string[] {
  return (text ?? '').split(/[\s,]+/).filter((word) => word !== '');
}

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
