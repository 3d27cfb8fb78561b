import type { ElfFacts } from '../../io/elf/elf.ts';
import type { MinerFamily } from '../rule.ts';
import { JUDGEMENTS, type Judgement } from './judgements.ts';
import type { PathFacts } from './path-facts.ts';
import type { Weights } from './weights.ts';

/** Families of evidence in a program, its identity among them. */
const PROGRAM_FAMILIES = 3;
const SUSPECT_FAMILIES = 2;
const SUSPECT_WEIGHT = 4;
/** What a miner needs to do its work; lists of pools and names have none of these but schemes. */
const WORKING: readonly MinerFamily[] = ['protocol', 'rpc', 'algorithm', 'config', 'command'];
/** Signs of a worm that names its functions, of which any program may have one. */
const KINSING_SIGNS = 3;
/** A library that hides processes has all of these, and a program that lists them only some. */
const HIDER_SIGNS = 4;

/**
 * Judges a program by its words, where it lies and how it is made. That it also holds the words of detection rules
 * changes nothing: whoever plants a miner can add these.
 */
export function judgeProgram(
  weights: Weights,
  path: PathFacts,
  elf: ElfFacts | undefined,
): Judgement | undefined {
  if (isMiner(weights)) return JUDGEMENTS.program;
  if (weights.count('persistence.hider-') >= HIDER_SIGNS) return JUDGEMENTS.hider;
  const isPacked = elf?.isPacked === true;
  if (isPacked && path.isHidden) return JUDGEMENTS.hiddenPacked;
  if (isSuspect(weights) || (path.isMinerName && weights.has('protocol', 2))) return JUDGEMENTS.suspect;
  if (isPacked) return JUDGEMENTS.packed;
  if (path.isOverlooked) return JUDGEMENTS.hidden;
  return path.isMinerName ? JUDGEMENTS.named : undefined;
}

function isMiner(weights: Weights): boolean {
  const working = WORKING.filter((family) => weights.has(family)).length;
  if (weights.hasEach('identity', 3) && weights.families.size >= PROGRAM_FAMILIES) return true;
  if (weights.has('identity', 2) && working >= 2 && weights.families.size >= PROGRAM_FAMILIES) return true;
  if (weights.count('identity.kinsing.') >= KINSING_SIGNS) return true;
  return weights.has('protocol', 2) && (weights.has('rpc', 2) || weights.has('algorithm', 2));
}

function isSuspect(weights: Weights): boolean {
  if (weights.families.size < SUSPECT_FAMILIES || weights.total < SUSPECT_WEIGHT) return false;
  return weights.has('protocol', 2) || weights.has('identity', 2) || weights.pools >= 2;
}
