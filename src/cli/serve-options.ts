import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Argv } from 'yargs';
import { PratiqueError } from '../errors.ts';
import { quoted } from '../model/printable.ts';
import { parseReference, splitHost } from '../model/reference.ts';
import { parseDuration } from '../policy/duration.ts';
import type { TlsFiles } from '../serve/tls-files.ts';
import { one, secretFile } from './common-options.ts';
import type { Terminal } from './terminal.ts';

/** seconds; an API server waits no longer */
const MOST_SECONDS = 30;
/** seconds that an answer counts; a verdict can run out or be withdrawn meanwhile */
const KEEP = 600;
const MOST_KEEP = 3600;
/** seconds; Kubernetes kills what has not ended after 30 where nothing else is said */
const DRAIN = 25;
const MOST_DRAIN = 3600;

/** Options that only `serve` has. */
export function serveOptions(parser: Argv): Argv {
  return parser
    .option('listen', {
      type: 'string',
      requiresArg: true,
      describe: 'HOST:PORT; default 0.0.0.0:8443',
    })
    .option('tls-cert', {
      type: 'string',
      requiresArg: true,
      describe: 'PEM file of the certificate, with its chain',
    })
    .option('tls-key', { type: 'string', requiresArg: true, describe: 'PEM file of its private key' })
    .option('client-ca', {
      type: 'string',
      requiresArg: true,
      describe: 'PEM file of authorities: only who shows a certificate of theirs is answered',
    })
    .option('mode', {
      type: 'string',
      requiresArg: true,
      choices: ['admit', 'check'],
      describe: 'admit: on signed verdicts alone; check: judge each image in full; default admit',
    })
    .option('pin', {
      type: 'boolean',
      describe: 'Serve /mutate, too, which puts the judged digest behind each name',
    })
    .option('keep', {
      type: 'string',
      requiresArg: true,
      describe: 'How long what was decided about a digest counts, at most 1h; default 10m',
    })
    .option('timeout', {
      type: 'string',
      requiresArg: true,
      describe: 'How long an answer may take, 1s to 30s; default: as long as the API server says it waits',
    })
    .option('drain', {
      type: 'string',
      requiresArg: true,
      describe: 'How long the end may take for what was asked before; default 25s',
    })
    .option('events-registry', {
      type: 'string',
      requiresArg: true,
      describe: 'HOST[:PORT] whose push events are taken at /events: what was pushed is judged in full',
    })
    .option('signing-key', {
      type: 'string',
      requiresArg: true,
      describe: 'Private key (PEM file) that attests what was judged after a push',
    })
    .option('events-token', {
      type: 'string',
      requiresArg: true,
      describe: 'File with the token that the registry has to show',
    });
}

/** Where the certificate, its key and the authority of clients lie. @throws {PratiqueError} `USAGE` */
export function readFiles(options: Record<string, unknown>, { cwd }: Terminal): TlsFiles {
  const [certificate, key, authority] = ['tlsCert', 'tlsKey', 'clientCa'].map((name) => one(options, name));
  if (certificate === undefined || key === undefined)
    throw new PratiqueError('USAGE', {
      what: 'serve speaks TLS only, and needs a certificate',
      next: 'give --tls-cert FILE and --tls-key FILE',
    });
  return {
    certificate: resolve(cwd, certificate),
    key: resolve(cwd, secretFile('--tls-key', key)),
    ...(authority === undefined ? {} : { clientAuthority: resolve(cwd, authority) }),
  };
}

/** Which registry tells of pushes, and what it has to show; nothing where none does. @throws {PratiqueError} `USAGE` */
export async function readEvents(
  options: Record<string, unknown>,
  { cwd }: Terminal,
): Promise<{ registry: string; token: string } | undefined> {
  const [registry, file] = [one(options, 'eventsRegistry'), one(options, 'eventsToken')];
  if (registry === undefined && file === undefined) return undefined;
  if (registry === undefined || file === undefined)
    throw new PratiqueError('USAGE', {
      what: '--events-registry and --events-token go together',
      why: 'without a token anybody could have images judged',
      next: 'give both',
    });
  if (!isHost(registry))
    throw new PratiqueError('USAGE', {
      what: `--events-registry ${quoted(registry)} is no host of a registry`,
      next: 'write it as images are named, with a dot or a port: registry.acme.dev, registry:5000',
    });
  const path = resolve(cwd, secretFile('--events-token', file));
  const token = (await readFile(path, 'utf8').catch(() => '')).trim();
  if (token.length >= 16) return { registry, token };
  throw new PratiqueError('USAGE', {
    what: `the file ${quoted(file)} holds no token`,
    why: 'it cannot be read, or has fewer than 16 characters',
    next: 'write a long random value into it, and give the same to the registry',
  });
}

/** Whether images can be named at it: `acme` alone would be a user of Docker Hub, whose images nobody has told of. */
function isHost(text: string): boolean {
  try {
    return splitHost(`${text}/a/b`).host === text && parseReference(`${text}/a/b`).repository === 'a/b';
  } catch {
    return false;
  }
}

/** @throws {PratiqueError} `USAGE` */
export function readListen(options: Record<string, unknown>): { host: string; port: number } {
  const text = one(options, 'listen') ?? '0.0.0.0:8443';
  const [, host, port] = /^(\[[0-9a-fA-F:]+\]|[^:]*):([0-9]{1,5})$/.exec(text) ?? [];
  if (host === undefined || port === undefined || Number(port) > 65_535)
    throw new PratiqueError('USAGE', {
      what: `--listen ${quoted(text)} is no address`,
      next: 'write HOST:PORT, as 0.0.0.0:8443',
    });
  return { host: host.replace(/^\[|\]$/g, '') || '0.0.0.0', port: Number(port) };
}

/** In seconds: how long an answer may take, what was decided counts, and the end may take. @throws {PratiqueError} `USAGE` */
export function readTimes(options: Record<string, unknown>) {
  const seconds = readSeconds(options, 'timeout', MOST_SECONDS);
  return {
    ...(seconds !== undefined && { seconds }),
    keepSeconds: readSeconds(options, 'keep', MOST_KEEP) ?? KEEP,
    drainSeconds: readSeconds(options, 'drain', MOST_DRAIN) ?? DRAIN,
  };
}

function readSeconds(options: Record<string, unknown>, name: string, most: number): number | undefined {
  const text = one(options, name);
  if (text === undefined) return undefined;
  const seconds = parseDuration(text);
  if (seconds !== undefined && seconds <= most) return seconds;
  throw new PratiqueError('USAGE', {
    what: `--${name} ${quoted(text)} is no duration, or more than ${most} seconds`,
    next: `write it with its unit, as 10s or 10m; at most ${most}s`,
  });
}
