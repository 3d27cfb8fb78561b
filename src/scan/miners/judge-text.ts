import { JUDGEMENTS, type Judgement } from './judgements.ts';
import type { PathFacts } from './path-facts.ts';
import type { Weights } from './weights.ts';

/** Keys of a miner's configuration that weigh so much together are one, if there is a pool or a wallet. */
const CONFIG_WEIGHT = 4;
/** With so much weight they are one whatever the pool, if two of them only miners have. */
const WHOLE_CONFIG_WEIGHT = 8;
/** Languages of detection rules, each with the marks of which a rule has so many. */
const RULE_LANGUAGES = [
  ['yara', 3],
  ['falco', 2],
  ['sigma', 3],
  ['snort', 3],
  ['nuclei', 2],
  ['elastic', 2],
] as const;

/** What a text is, as far as that decides how it is judged. */
export interface TextFacts {
  /** begins with `#!`: it runs, whatever its words */
  readonly isScript: boolean;
  /** begins like an object of JSON: it is settings, and no rule and no manual */
  readonly isObject: boolean;
  /** begins with a comment, behind which settings may stand as well as rules */
  readonly isCommented: boolean;
}

/**
 * Judges a text: script, settings, manual or rule. What says what to do convicts; what only names things does not. A rule
 * or a manual that shows what to do is a mention, unless it pays somebody: then it is told as a suspect.
 */
export function judgeText(weights: Weights, path: PathFacts, text: TextFacts): Judgement | undefined {
  const runs = text.isScript || path.isStarted;
  if (isFetched(weights, path)) return JUDGEMENTS.persistence;
  if (runs && isInstaller(weights)) return JUDGEMENTS.installer;
  if (!isMinerText(weights, runs)) return looksFetched(weights, path) ? JUDGEMENTS.suspect : undefined;
  if (runs) return JUDGEMENTS.configuration;
  const isPaid = paysSomebody(weights);
  if (!text.isObject && path.isDocument) return isPaid ? JUDGEMENTS.suspect : JUDGEMENTS.mention;
  if (isRuleFile(weights) && !isObject(weights, text))
    return isPaid ? JUDGEMENTS.suspect : JUDGEMENTS.mention;
  return isSample(weights) ? JUDGEMENTS.sample : JUDGEMENTS.configuration;
}

/** Settings behind a comment are settings, though the comment have the words of a rule: their readers pass over it. */
function isObject(weights: Weights, text: TextFacts): boolean {
  return text.isObject || (text.isCommented && isConfiguration(weights));
}

/** A pool that is connected to: its scheme with a host, or its host with a port. */
function hasTarget(weights: Weights): boolean {
  return weights.acts('protocol') || weights.acts('pool') || weights.acts('command', 2);
}

function paysSomebody(weights: Weights): boolean {
  return weights.acts('wallet', 2);
}

/** A pool, and whom it mines for, or with what. */
function isMinerText(weights: Weights, runs: boolean): boolean {
  const isTold = weights.has('pool') || weights.has('protocol', 2);
  if (paysSomebody(weights)) return isTold || (hasTarget(weights) && hasDetail(weights));
  if (isConfiguration(weights)) return true;
  if (!isTold) return false;
  const isConnected = weights.acts('protocol') || weights.acts('pool');
  if (isConnected && (weights.acts('command') || weights.has('wallet'))) return true;
  if (weights.acts('command') && weights.has('command', 3)) return true;
  // A list may hold addresses, too; what runs connects to them.
  return runs && weights.acts('protocol') && (weights.has('pool') || weights.has('identity'));
}

/** The keys of a miner with a pool: those that only miners have, or any of them around an address. */
function isConfiguration(weights: Weights): boolean {
  if (!weights.acts('config', CONFIG_WEIGHT)) return false;
  if (weights.acts('protocol') || weights.acts('pool')) return true;
  if (weights.hasEach('config', 2) && (weights.has('pool') || weights.has('wallet'))) return true;
  const hasAddress = weights.count('config.url') > 0 && weights.count('config.pools') > 0;
  return hasAddress && weights.acts('config', WHOLE_CONFIG_WEIGHT) && weights.hasEach('config', 2, 2);
}

function hasDetail(weights: Weights): boolean {
  return weights.has('command', 2) || weights.has('algorithm') || weights.has('config', CONFIG_WEIGHT);
}

function isInstaller(weights: Weights): boolean {
  const kinds = ['kill-', 'fetch-', 'keep-'].filter((kind) => weights.count(`persistence.${kind}`) > 0);
  return kinds.length === 3;
}

/** The system runs what comes from a machine without a name. */
function isFetched(weights: Weights, path: PathFacts): boolean {
  return (
    path.isStarted &&
    weights.count('persistence.fetch-number-') > 0 &&
    weights.count('persistence.fetch-run-') > 0
  );
}

function looksFetched(weights: Weights, path: PathFacts): boolean {
  if (path.isStarted) return weights.count('persistence.fetch-run-') > 0;
  return weights.count('persistence.kill-') > 0 && weights.count('persistence.fetch-') > 0;
}

function isRuleFile(weights: Weights): boolean {
  return RULE_LANGUAGES.some(([language, least]) => weights.count(`rule-file.${language}.`) >= least);
}

/** Nobody has put in a wallet, and no other user either. */
function isSample(weights: Weights): boolean {
  return weights.has('sample') && weights.count('sample.other-user') === 0 && !paysSomebody(weights);
}
