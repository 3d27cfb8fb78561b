import { toPratiqueError } from '../errors.ts';
import type { BaseKnowledge } from '../model/base.ts';
import type { Image } from '../model/image.ts';
import type { ImageSource } from '../model/image-source.ts';
import type { Target } from '../model/target.ts';
import { createOpener } from '../opener.ts';
import type { Policy } from '../policy/policy.ts';
import { contentRulesNamed } from '../policy/rules-named.ts';
import type { CustomRules } from '../scan/custom/custom-rules.ts';
import { one, readPolicy, readReach, readTarget } from './common-options.ts';
import { type Terminal, warnTo } from './terminal.ts';

/** One image that a command reads without judging it. Nothing has been sent to anybody yet. */
export interface OpenedImage {
  readonly target: Target;
  readonly policy: Policy;
  /** empty: every platform that a node could choose */
  readonly platforms: readonly string[];
  readonly source: ImageSource;
  /** finds the base of an image among those that the policy approves */
  readonly findBase: (image: Image) => Promise<BaseKnowledge>;
  /** the policy's own rules for secrets, prepared */
  readonly custom?: CustomRules;
}

/**
 * Opens the image that the options name, lets `use` work with it, and closes it whatever happens.
 * @throws {PratiqueError} for options that mean nothing, and whatever `use` throws
 */
export async function withOpenedImage<T>(
  options: Record<string, unknown>,
  terminal: Terminal,
  use: (opened: OpenedImage) => Promise<T>,
): Promise<T> {
  const target = readTarget(String(options['image']), one(options, 'as'), terminal);
  const policy = await readPolicy(options, terminal);
  const { platforms, ...reach } = readReach(options, terminal);
  const custom = await readOwnRules(policy);
  const opener = createOpener({ ...reach, policy, now: terminal.now });
  const warn = warnTo(terminal);
  const source = opener.open(target, warn);
  const findBase = (image: Image) => opener.findBase(image, warn);
  try {
    return await use({ target, policy, platforms, source, findBase, ...(custom && { custom }) });
  } catch (thrown) {
    const { errorWithoutSecrets, makeWithoutSecrets } = await import('../checks/without-secrets.ts');
    throw errorWithoutSecrets(toPratiqueError(thrown), makeWithoutSecrets(custom));
  } finally {
    await source.close();
  }
}

/**
 * The policy's own rules. What is wrong with the rules that a policy names is told also where nothing is judged by them; where it names
 * none, nothing of rules is loaded: that takes several times as long as an admission.
 * @throws {PratiqueError} `POLICY_INVALID`
 */
export async function readOwnRules(policy: Policy): Promise<CustomRules | undefined> {
  if (contentRulesNamed(policy, policy.yara === undefined).length > 0) {
    const { requireKnownRules } = await import('../known-rules.ts');
    requireKnownRules(policy, undefined);
  }
  if (policy.rules.length === 0) return undefined;
  const { customRulesOf } = await import('../scan/custom/custom-rules.ts');
  return customRulesOf(policy.rules);
}
