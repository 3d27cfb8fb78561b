import { toPratiqueError } from '../errors.ts';
import type { RootReport } from '../model/trust-report.ts';
import type { TrustRoot } from '../model/trust-root.ts';
import type { Policy } from '../policy/policy.ts';
import { publicGood } from '../policy/signers/trust-root-file.ts';
import { renderTrust } from '../report/trust.ts';
import { type RootKeeper, rootKeeper } from '../roots-in-use.ts';
import type { Command } from './command-line.ts';
import { one, policyOption, readPolicy, readReach } from './common-options.ts';
import { ADMITTED, UNDECIDED } from './exit-code.ts';
import type { Terminal } from './terminal.ts';

/** `pratique trust`: whose certificates and logs count, and how old that knowledge is; `pratique trust refresh` renews it. */
export const trustCommand: Command = {
  options: (parser) =>
    policyOption(parser)
      .positional('action', {
        type: 'string',
        choices: ['refresh'],
        describe: 'refresh asks the mirrors; without it nothing is sent',
      })
      .option('ca-file', {
        type: 'string',
        requiresArg: true,
        describe: 'PEM file of authorities to trust for TLS',
      })
      .option('output', {
        alias: 'o',
        type: 'string',
        requiresArg: true,
        choices: ['text', 'json'],
        describe: 'text or json',
      })
      .example('$0 trust', 'which roots the signers of the policy here are checked with')
      .example('$0 trust refresh', 'renew them, as for a machine that will have no network'),
  async run(options, terminal) {
    const policy = await readPolicy(options, terminal);
    const { env, caFile } = readReach(options, terminal);
    const keeper = rootKeeper({
      env,
      limits: policy.limits,
      now: terminal.now,
      ...(caFile !== undefined && { caFile }),
    });
    const isRefresh = one(options, 'action') === 'refresh';
    const reports = isRefresh
      ? await refreshAll(rootsToRefresh(policy), keeper, terminal)
      : await Promise.all(rootsToShow(policy).map((root) => show(root, keeper, terminal)));
    const format = one(options, 'output') === 'json' ? 'json' : 'text';
    terminal.out.write(renderTrust(reports, { format, width: terminal.out.columns }));
    const failed = reports.some(
      ({ refresh, inUse }) => refresh && (refresh.failed || inUse.from !== 'cache'),
    );
    return failed ? UNDECIDED : ADMITTED;
  },
};

/** A root of the policy, with those who are checked with it. */
interface Used {
  readonly root: TrustRoot;
  readonly signers: readonly string[];
}

function rootsOf({ signers }: Policy): readonly Used[] {
  const used = new Map<TrustRoot, string[]>();
  for (const [name, signer] of signers)
    if (signer.kind === 'keyless') used.set(signer.root, [...(used.get(signer.root) ?? []), name]);
  return [...used].map(([root, names]) => ({ root, signers: names }));
}

/** What is built in is shown also where nobody uses it: the next signer without a root would. */
function rootsToShow(policy: Policy): readonly Used[] {
  const used = rootsOf(policy);
  const builtIn = publicGood();
  return used.some(({ root }) => root.name === builtIn.name)
    ? used
    : [{ root: builtIn, signers: [] }, ...used];
}

/** Nobody's mirror is asked for a root that no signer uses; without keyless signers, the one that is built in. */
function rootsToRefresh(policy: Policy): readonly Used[] {
  const used = rootsOf(policy);
  if (used.length === 0) return [{ root: publicGood(), signers: [] }];
  return used;
}

async function show({ root, signers }: Used, keeper: RootKeeper, { now }: Terminal): Promise<RootReport> {
  const { describeRoot } = await import('../trust/roots/describe-root.ts');
  return describeRoot(await keeper.atHand(root), signers, now());
}

/** One after the other: two roots of one mirror share its cache. */
async function refreshAll(
  roots: readonly Used[],
  keeper: RootKeeper,
  { now }: Terminal,
): Promise<readonly RootReport[]> {
  const { describeRoot } = await import('../trust/roots/describe-root.ts');
  const reports: RootReport[] = [];
  for (const { root, signers } of roots) {
    const before = await keeper.atHand(root);
    if (root.repository === undefined) {
      reports.push(describeRoot(before, signers, now()));
      continue;
    }
    try {
      reports.push({ ...describeRoot(await keeper.refresh(root), signers, now()), refresh: { before } });
    } catch (thrown) {
      const failed = toPratiqueError(thrown).message;
      reports.push({ ...describeRoot(before, signers, now()), refresh: { before, failed } });
    }
  }
  return reports;
}
