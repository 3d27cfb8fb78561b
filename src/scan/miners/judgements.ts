import type { Confidence, Severity } from '../../model/finding.ts';

/** What the signs of one file or field come to. */
export interface Judgement {
  readonly rule: `miners.${string}`;
  readonly severity: Severity;
  readonly confidence: Exclude<Confidence, 'verified'>;
  readonly message: string;
}

/** Each thing that miner evidence can come to. What has low confidence never fails an image by itself. */
export const JUDGEMENTS = {
  program: {
    rule: 'miners.program',
    severity: 'critical',
    confidence: 'high',
    message: 'program that mines cryptocurrency',
  },
  command: {
    rule: 'miners.command',
    severity: 'critical',
    confidence: 'high',
    message: 'the image starts a cryptocurrency miner',
  },
  configuration: {
    rule: 'miners.configuration',
    severity: 'high',
    confidence: 'high',
    message: 'script or configuration of a cryptocurrency miner',
  },
  installer: {
    rule: 'miners.installer',
    severity: 'high',
    confidence: 'high',
    message: 'script that stops other miners, fetches its own and makes it stay',
  },
  hider: {
    rule: 'miners.hider',
    severity: 'high',
    confidence: 'medium',
    message: 'library that hides processes',
  },
  preload: {
    rule: 'miners.preload',
    severity: 'high',
    confidence: 'high',
    message: 'library from a hidden or temporary folder that is loaded into every program',
  },
  persistence: {
    rule: 'miners.persistence',
    severity: 'high',
    confidence: 'medium',
    message: 'starts what it fetches from a machine without a name, again and again',
  },
  hiddenPacked: {
    rule: 'miners.packed',
    severity: 'medium',
    confidence: 'medium',
    message: 'packed program in a hidden or temporary folder',
  },
  packed: {
    rule: 'miners.packed',
    severity: 'medium',
    confidence: 'low',
    message: 'packed program, as they are made to hide what they do',
  },
  suspect: {
    rule: 'miners.suspect',
    severity: 'medium',
    confidence: 'low',
    message: 'looks like a cryptocurrency miner',
  },
  sample: {
    rule: 'miners.sample',
    severity: 'low',
    confidence: 'low',
    message: 'sample settings of a cryptocurrency miner, without a wallet',
  },
  hidden: {
    rule: 'miners.hidden',
    severity: 'low',
    confidence: 'low',
    message: 'program in a folder that is made to be overlooked',
  },
  named: {
    rule: 'miners.named',
    severity: 'info',
    confidence: 'low',
    message: 'has the name of a cryptocurrency miner, and nothing else of one',
  },
  mention: {
    rule: 'miners.mention',
    severity: 'info',
    confidence: 'low',
    message: 'detection rules or documentation that tell of cryptocurrency miners',
  },
} as const satisfies Readonly<Record<string, Judgement>>;

/** Ids of everything that miner evidence can come to. */
export const MINER_RULES: readonly string[] = [...new Set(Object.values(JUDGEMENTS).map(({ rule }) => rule))];
