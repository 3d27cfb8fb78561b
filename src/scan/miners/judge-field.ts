import { JUDGEMENTS, type Judgement } from './judgements.ts';
import type { Weights } from './weights.ts';

/** Fields that say what runs, or what has run. All others describe. */
const RUNS = /^(?:config\.(?:Entrypoint|Cmd|Healthcheck|OnBuild|Env)|history\[\d+\]$)/;
const STARTS = /^config\.(?:Entrypoint|Cmd)/;

/** Judges a field of an image's configuration: nothing else says so surely what will run. */
export function judgeField(weights: Weights, field: string): Judgement | undefined {
  const isStarted = isMinerCommand(weights);
  if (!RUNS.test(field)) return isStarted ? JUDGEMENTS.mention : undefined;
  if (isStarted) return JUDGEMENTS.command;
  if (isInstaller(weights) || weights.hasEach('identity', 3)) return JUDGEMENTS.suspect;
  return STARTS.test(field) && weights.has('identity', 2) ? JUDGEMENTS.named : undefined;
}

function isMinerCommand(weights: Weights): boolean {
  if (weights.acts('protocol')) return true;
  if (weights.has('command', 3)) return weights.hasEach('command', 3) || isTold(weights);
  if (weights.acts('wallet', 2) && isTold(weights)) return true;
  if (weights.has('protocol', 2)) return weights.families.size > 1;
  return weights.has('pool') && (weights.has('command') || hasName(weights));
}

function isTold(weights: Weights): boolean {
  return weights.has('pool') || weights.has('protocol', 2) || weights.acts('command', 2);
}

function hasName(weights: Weights): boolean {
  return weights.has('wallet') || weights.has('identity') || weights.has('algorithm');
}

function isInstaller(weights: Weights): boolean {
  return weights.count('persistence.kill-') > 0 && weights.count('persistence.fetch-') > 0;
}
