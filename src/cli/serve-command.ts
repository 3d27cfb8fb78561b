import { toPratiqueError } from '../errors.ts';
import type { Gate, GateOptions } from '../gate.ts';
import { withinDeadline } from '../io/deadline.ts';
import { formatReference, type Reference } from '../model/reference.ts';
import type { Target } from '../model/target.ts';
import type { Verdict } from '../model/verdict.ts';
import { createOpener } from '../opener.ts';
import type { Policy } from '../policy/policy.ts';
import { renderProblem } from '../report/problem.ts';
import { signersInUse } from '../roots-in-use.ts';
import type { Judgement } from '../serve/judge.ts';
import { eventEntry, type GateServer, openGateServer } from '../serve/open-server.ts';
import { admitTermsOptions, readAdmitTerms } from './admit-terms.ts';
import { readAttesting } from './attesting.ts';
import { cacheOptions, readCache } from './cache-option.ts';
import type { Command } from './command-line.ts';
import { one, policyOption, reachOptions, readPolicy, readReach } from './common-options.ts';
import { ADMITTED } from './exit-code.ts';
import { rootKeeperOf } from './keyless-options.ts';
import { readOwnRules } from './opened-image.ts';
import { readEvents, readFiles, readListen, readTimes, serveOptions } from './serve-options.ts';
import type { Terminal } from './terminal.ts';

/** images judged through one gate: it keeps what it has scanned, and a server runs for months */
const IMAGES_OF_A_GATE = 200;
/** a certificate that is mounted from a secret is replaced in its place, weeks before it ends */
const RENEW_MS = 60_000;
/** seconds that pushing an attestation may take, after the image was judged */
const ATTESTING_SECONDS = 120;

/** `pratique serve`: the gate as a webhook, for a cluster and for registries. */
export const serveCommand: Command = {
  options: (parser) =>
    cacheOptions(serveOptions(admitTermsOptions(reachOptions(policyOption(parser)))), 'no').example(
      '$0 serve --tls-cert tls.crt --tls-key tls.key --key gate.pub',
      'in front of a cluster',
    ),
  async run(options, terminal) {
    const policy = await readPolicy(options, terminal);
    const { platforms, ...reach } = readReach(options, terminal);
    const over = new AbortController();
    const gateOptions: GateOptions = {
      ...reach,
      ...readCache(options, terminal, false),
      platforms,
      policy,
      now: terminal.now,
      signal: over.signal,
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
      return {
        judgement: judgementOf(verdict),
        ...(isAttested === undefined ? {} : { attested: isAttested }),
      };
    };
    const judgeEvent = async (reference: Reference): Promise<Judgement> => {
      const seconds = policy.limits.imageSeconds + ATTESTING_SECONDS;
      const told = await withinDeadline(() => judgePushed(gates(), reference), seconds).catch(
        (thrown): { judgement: Judgement; attested?: boolean } => ({
          judgement: { result: 'undecided', why: toPratiqueError(thrown).message },
        }),
      );
      const { judgement, ...more } = told;
      if (!over.signal.aborted) log({ ...eventEntry(reference, judgement), ...more }); // else it was told as dropped
      return judgement;
    };
    const log = (entry: object) =>
      terminal.out.write(`${JSON.stringify({ at: terminal.now().toISOString(), ...entry })}\n`);
    const server = await openGateServer({
      ...readListen(options),
      ...readTimes(options),
      files: readFiles(options, terminal),
      decide,
      goesOn: judging,
      pin: options['pin'] === true,
      needsDigest: (policy.sources?.requireDigest ?? 'never') !== 'never', // as pratique admit: this is where things are deployed
      ...(events && { events: { ...events, judge: judgeEvent } }),
      log,
      now: () => terminal.now().getTime(),
    });
    log({
      event: 'ready',
      port: server.port,
      mode: judging ? 'check' : 'admit',
      policy: policy.stamp.digest,
    });
    terminal.whenInterrupted(() => 'not everything was answered that was asked before');
    await serveUntilStopped(server, terminal);
    over.abort(); // what there was no time for must not keep the process
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
): Promise<(reference: Reference, unwanted: AbortSignal) => Promise<Judgement>> {
  await readOwnRules(policy); // what is wrong with them is told, though nothing is judged by them
  const opener = createOpener(gateOptions);
  const { signers, terms } = await readAdmitTerms(options, policy, terminal);
  const keeper = rootKeeperOf(options, policy, terminal);
  const { admitImage } = await import('../attest/admit.ts');
  const { judgeName, NAME_CHECKS } = await import('../judge-references.ts');
  return async (reference, unwanted) => {
    const named = judgeName(reference, NAME_CHECKS, policy, terminal.now());
    if (named.result !== 'admitted')
      return { result: named.result, why: whyNot(named) ?? 'its name is not allowed' };
    const inUse = await signersInUse(signers, keeper);
    const source = opener.open(targetOf(reference));
    // A registry that hangs must not hold the place of others once nobody waits for it.
    unwanted.addEventListener('abort', () => void source.close(), { once: true });
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
