import type { Argv } from 'yargs';
import type { Terms } from '../attest/terms.ts';
import { ADMITTED_LEVEL, DEFAULT_VERIFIER } from '../attest/vsa.ts';
import { PratiqueError } from '../errors.ts';
import type { Reuse } from '../gate.ts';
import type { Signer } from '../model/trusted.ts';
import type { AdmitRule, Policy } from '../policy/policy.ts';
import { loadPublicKey } from '../trust/key.ts';
import type { Attesting } from './attesting.ts';
import { one } from './common-options.ts';
import { readKeyFile } from './key-file.ts';
import type { Terminal } from './terminal.ts';

/** of the time of a verdict, where this one is to be attached: after it `--attest` would renew it, and that takes a scan */
const SHARE_BEFORE_RENEWAL = 0.5;

/** The option of resting on earlier verdicts; `readReuse` reads it. */
export function reuseOption(parser: Argv): Argv {
  return parser.option('reuse', {
    type: 'boolean',
    describe:
      'Read no file where a signed verdict of the same image, policy and rules still counts; see admit of the policy',
  });
}

/**
 * Whose verdicts one may rest on: those that the policy believes under `admit` when they judge as this program, by this very policy; and
 * the key of the command line. Where the verdict is to be attached, only those of whoever signs it: another's would leave
 * nothing attached that this one's readers believe.
 * @throws {PratiqueError} `USAGE` where nobody is left; `KEY_INVALID`
 */
export async function readReuse(
  options: Record<string, unknown>,
  policy: Policy,
  attesting: Attesting | undefined,
  terminal: Terminal,
): Promise<{ readonly reuse?: Reuse }> {
  if (options['reuse'] !== true) return {};
  if (one(options, 'attestation') !== undefined) throw notBoth();
  const all = [...termsOfPolicy(policy), ...(await termsOfKey(options, policy, attesting, terminal))];
  const own = attesting === undefined ? all : all.filter(({ signer }) => isOwn(signer, attesting));
  if (own.length === 0) throw nobody(attesting !== undefined);
  return {
    reuse: {
      signers: new Map(own.map(({ signer }) => [signer.name, signer])),
      terms: new Map(own.map(({ signer, terms }) => [signer.name, terms])),
      share: attesting === undefined ? 1 : SHARE_BEFORE_RENEWAL,
    },
  };
}

interface Believed {
  readonly signer: Signer;
  readonly terms: Terms;
}

/** A signer with several rules is believed for as long as the most generous of them says. */
function termsOfPolicy(policy: Policy): readonly Believed[] {
  const fitting = policy.admit.filter((rule) => isOurs(rule, policy));
  return [...Map.groupBy(fitting, ({ signer }) => signer.name).values()].flatMap((rules) => {
    const [first] = rules;
    if (first === undefined) return [];
    const ages = rules.map(({ maxAgeSeconds }) => maxAgeSeconds ?? policy.attest.validForSeconds);
    return [{ signer: first.signer, terms: termsFor(policy, Math.max(...ages)) }];
  });
}

/** Whether a rule believes verdicts of this program by this policy, and asks for no more than they say. */
function isOurs({ verifier, policyDigests, levels = [] }: AdmitRule, { stamp }: Policy): boolean {
  const isPolicy =
    policyDigests === undefined || policyDigests === 'any' || policyDigests.includes(stamp.digest);
  const isAdmission = levels.every((level) => level === ADMITTED_LEVEL);
  return (verifier ?? DEFAULT_VERIFIER) === DEFAULT_VERIFIER && isPolicy && isAdmission;
}

async function termsOfKey(
  options: Record<string, unknown>,
  policy: Policy,
  attesting: Attesting | undefined,
  { cwd }: Terminal,
): Promise<readonly Believed[]> {
  const terms = termsFor(policy, policy.attest.validForSeconds);
  if (attesting !== undefined) return attesting.signer ? [{ signer: attesting.signer, terms }] : [];
  const file = one(options, 'key');
  if (file === undefined) return [];
  const publicKey = await readKeyFile(file, cwd);
  loadPublicKey(publicKey, file); // a key that cannot be used is told before any image is read
  return [{ signer: { name: file, kind: 'key', publicKey }, terms }];
}

function termsFor({ stamp }: Policy, maxAgeSeconds: number): Terms {
  return { policyDigests: [stamp.digest], maxAgeSeconds };
}

/** Of a signature without a key nobody knows before it is made whose it will be: the policy says who may be meant. */
function isOwn(signer: Signer, { signer: own }: Attesting): boolean {
  if (own === undefined) return signer.kind === 'keyless';
  return signer.kind === 'key' && own.kind === 'key' && signer.publicKey.trim() === own.publicKey.trim();
}

function notBoth(): PratiqueError {
  return new PratiqueError('USAGE', {
    what: '--reuse and --attestation do not go together',
    why: 'a verdict that rests on an earlier one is not signed anew, and the file would not be written',
    next: 'leave out one of them',
  });
}

function nobody(isAttesting: boolean): PratiqueError {
  return new PratiqueError('USAGE', {
    what: '--reuse needs to know whose verdicts count',
    ...(isAttesting ? { why: 'with --attest only those of whoever signs this one do' } : {}),
    next: 'name the gate under admit: in the policy, or give --key',
  });
}
