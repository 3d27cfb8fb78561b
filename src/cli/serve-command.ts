import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { PratiqueError, toPratiqueError } from '../errors.ts';
import type { Gate, GateOptions } from '../gate.ts';
import { quoted } from '../model/printable.ts';
import { formatReference, parseReference, type Reference, splitHost } from '../model/reference.ts';
import type { Target } from '../model/target.ts';
import type { Verdict } from '../model/verdict.ts';
import { parseDuration } from '../policy/duration.ts';
import type { Policy } from '../policy/policy.ts';
import { renderProblem } from '../report/problem.ts';
import { signersInUse } from '../roots-in-use.ts';
import type { Judgement } from '../serve/judge.ts';
import { eventEntry, type GateServer, openGateServer } from '../serve/open-server.ts';
import type { TlsFiles } from '../serve/tls-files.ts';
import { admitTermsOptions, readAdmitTerms } from './admit-terms.ts';
import { readAttesting } from './attesting.ts';
import { cacheOptions, readCache } from './cache-option.ts';
import type { Command } from './command-line.ts';
import { one, policyOption, reachOptions, readPolicy, readReach, secretFile } from './common-options.ts';
import { ADMITTED } from './exit-code.ts';
import { rootKeeperOf } from './keyless-options.ts';
import type { Terminal } from './terminal.ts';

/** images judged through one gate: it keeps what it has scanned, and a server runs for months */
const IMAGES_OF_A_GATE = 200;
/** a certificate that is mounted from a secret is replaced in its place, weeks before it ends */
const RENEW_MS = 60_000;

/** `pratique serve`: the gate as a webhook, for a cluster and for registries. */
export const serveCommand: Command = {
  name: 'serve',
  about: 'Answer the admission reviews of a Kubernetes cluster, and the events of a registry',
  options: (parser) =>
    cacheOptions(admitTermsOptions(reachOptions(policyOption(parser))), 'no')
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
        describe: 'How long what was decided about a digest counts; default 10m',
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
      })
      .example('$0 serve --tls-cert tls.crt --tls-key tls.key --key gate.pub', 'in front of a cluster'),
  async run(options, terminal) {
    const policy = await readPolicy(options, terminal);
    const { platforms, ...reach } = readReach(options, terminal);
    const gateOptions: GateOptions = {
      ...reach,
      ...readCache(options, terminal, false),
      platforms,
      policy,
      now: terminal.now,
    };
    const judging = one(options, 'mode') === 'check';
    const { createGate } = await import('../gate.ts'); // it knows all rules, and few commands need them
    const gates = makeGates(() => createGate(gateOptions));
    const decide = judging
      ? (reference: Reference) => check(gates(), reference)
      : await admitting(options, policy, terminal, gateOptions);
    const events = await readEvents(options, terminal);
    const signingKey = one(options, 'signingKey');
    const attesting =
      signingKey && (await readAttesting({ key: signingKey, attest: true }, policy, terminal));
    const judgePushed = async (gate: Gate, reference: Reference) => {
      const verdict = await gate.check(targetOf(reference));
      const isAttested = await (attesting || undefined)?.attest(gate, [targetOf(reference)], [verdict]);
      log({
        ...eventEntry(reference, judgementOf(verdict)),
        ...(isAttested === undefined ? {} : { attested: isAttested }),
      });
    };
    const log = (entry: object) =>
      terminal.out.write(`${JSON.stringify({ at: terminal.now().toISOString(), ...entry })}\n`);
    const server = await openGateServer({
      ...readListen(one(options, 'listen') ?? '0.0.0.0:8443'),
      files: readFiles(options, terminal),
      decide,
      keepSeconds: readKeep(options),
      pin: options['pin'] === true,
      needsDigest: (policy.sources?.requireDigest ?? 'never') !== 'never', // as pratique admit: this is where things are deployed
      ...(events && {
        events: {
          ...events,
          judge: (reference: Reference) => judgePushed(gates(), reference),
        },
      }),
      log,
      now: () => terminal.now().getTime(),
    });
    log({
      event: 'ready',
      port: server.port,
      mode: judging ? 'check' : 'admit',
      policy: policy.stamp.digest,
    });
    await serveUntilStopped(server, terminal);
    log({ event: 'ended' });
    return ADMITTED;
  },
};

/** A gate for the next image; a new one now and then. */
function makeGates(make: () => Gate): () => Gate {
  let gate = make();
  let used = 0;
  return () => {
    used += 1;
    if (used % IMAGES_OF_A_GATE === 0) gate = make();
    return gate;
  };
}

function targetOf(reference: Reference): Target {
  return { kind: 'registry', text: formatReference(reference), reference };
}

async function check(gate: Gate, reference: Reference): Promise<Judgement> {
  return judgementOf(await gate.check(targetOf(reference)));
}

function judgementOf(verdict: Verdict): Judgement {
  const why = whyNot(verdict);
  return {
    result: verdict.result,
    ...(verdict.subject && { digest: verdict.subject.digest }),
    ...(why !== undefined && { why }),
  };
}

/** The first thing that kept an image out. */
function whyNot({ result, images, faults }: Verdict): string | undefined {
  if (result === 'admitted') return undefined;
  if (result === 'undecided') return faults[0]?.message ?? 'it could not be judged';
  const failed = images.flatMap(({ ruled }) => ruled).flatMap(({ findings }) => findings);
  return failed.find(({ level, excepted }) => level === 'fail' && excepted === undefined)?.finding.message;
}

/** On a signed verdict alone. The name is judged first: whoever may make a pod must not have us ask any server there is. */
async function admitting(
  options: Record<string, unknown>,
  policy: Policy,
  terminal: Terminal,
  gateOptions: GateOptions,
): Promise<(reference: Reference) => Promise<Judgement>> {
  const { createGate } = await import('../gate.ts');
  const gate = createGate({ ...gateOptions, opensOnly: true });
  const { signers, terms } = await readAdmitTerms(options, policy, terminal);
  const keeper = rootKeeperOf(options, policy, terminal);
  const { admitImage } = await import('../attest/admit.ts');
  const { judgeName, NAME_CHECKS } = await import('../judge-references.ts');
  return async (reference) => {
    const named = judgeName(reference, NAME_CHECKS, policy, terminal.now());
    if (named.result !== 'admitted')
      return { result: named.result, why: whyNot(named) ?? 'its name is not allowed' };
    const inUse = await signersInUse(signers, keeper);
    const source = gate.open(targetOf(reference));
    try {
      const { result, subject, refusals, error } = await admitImage(source, {
        terms,
        signers: inUse.signers,
        reference,
        maxAgeSeconds: policy.attest.validForSeconds,
        now: terminal.now(),
        limits: policy.limits,
      });
      const why = error?.message ?? refusals[0]?.detail;
      return {
        result,
        ...(subject && { digest: subject.digest }),
        ...(result === 'admitted' || why === undefined ? {} : { why }),
      };
    } finally {
      await source.close();
    }
  };
}

async function serveUntilStopped(server: GateServer, terminal: Terminal): Promise<void> {
  const renew = async () => {
    try {
      await server.renew();
    } catch (thrown) {
      // The certificate that is shown stays: half of a pair may be there before the other.
      terminal.err.write(renderProblem(toPratiqueError(thrown), { colour: false }));
    }
  };
  const timer = setInterval(() => void renew(), RENEW_MS);
  try {
    await terminal.untilStopped();
  } finally {
    clearInterval(timer);
    await server.close();
  }
}

function readFiles(options: Record<string, unknown>, { cwd }: Terminal): TlsFiles {
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

async function readEvents(
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

function readListen(text: string): { host: string; port: number } {
  const [, host, port] = /^(\[[0-9a-fA-F:]+\]|[^:]*):([0-9]{1,5})$/.exec(text) ?? [];
  if (host === undefined || port === undefined || Number(port) > 65_535)
    throw new PratiqueError('USAGE', {
      what: `--listen ${quoted(text)} is no address`,
      next: 'write HOST:PORT, as 0.0.0.0:8443',
    });
  return { host: host.replace(/^\[|\]$/g, '') || '0.0.0.0', port: Number(port) };
}

function readKeep(options: Record<string, unknown>): number {
  const text = one(options, 'keep') ?? '10m';
  const seconds = parseDuration(text);
  if (seconds !== undefined) return seconds;
  throw new PratiqueError('USAGE', {
    what: `--keep ${quoted(text)} is not a duration`,
    next: 'write 10m or 1h',
  });
}
