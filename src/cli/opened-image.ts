import { errorWithoutSecrets, makeWithoutSecrets } from '../checks/without-secrets.ts';
import { toPratiqueError } from '../errors.ts';
import type { BaseKnowledge } from '../model/base.ts';
import type { Image } from '../model/image.ts';
import type { ImageSource } from '../model/image-source.ts';
import type { Target } from '../model/target.ts';
import type { Policy } from '../policy/policy.ts';
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
  const { createGate } = await import('../gate.ts'); // as in check
  const { customRulesOf } = await import('../scan/custom/custom-rules.ts');
  const gate = createGate({ ...reach, policy, now: terminal.now, opensOnly: true });
  const custom = customRulesOf(policy.rules);
  const warn = warnTo(terminal);
  const source = gate.open(target, warn);
  const findBase = (image: Image) => gate.findBase(image, warn);
  try {
    return await use({ target, policy, platforms, source, findBase, ...(custom && { custom }) });
  } catch (thrown) {
    throw errorWithoutSecrets(toPratiqueError(thrown), makeWithoutSecrets(custom));
  } finally {
    await source.close();
  }
}
