import { createHash } from 'node:crypto';
import type { ElfFacts } from '../../io/elf/elf.ts';
import type { Hit, MinerSign, ScanSubject } from '../rule.ts';
import { judgeField } from './judge-field.ts';
import { judgePreload } from './judge-preload.ts';
import { judgeProgram } from './judge-program.ts';
import { judgeText, type TextFacts } from './judge-text.ts';
import { JUDGEMENTS, type Judgement } from './judgements.ts';
import { isPreload, readPath } from './path-facts.ts';
import { Weights } from './weights.ts';

/** Bytes from the first that is no blank on that tell what a text is, and that are read of a list of libraries. */
const HEAD_BYTES = 4096;

const BYTE_ORDER_MARK = /^\u00ef\u00bb\u00bf/;

/** Gathers the signs of one file or field, and weighs them together. */
export interface MinerEvidence {
  begin(subject: ScanSubject): void;
  /** the first bytes of the file, which tell what it is; the more are known the better */
  setHead(bytes: Uint8Array): void;
  /** what the headers of a program say */
  setElf(facts: ElfFacts): void;
  /** whether a sign was seen before: once is enough */
  hasSign(index: number): boolean;
  /** a sign, by its index, and where it stands */
  addSign(index: number, offset: number): void;
  /** at most one hit, which lists its evidence */
  finish(): Hit[];
}

/** What is known of the file or field besides its signs. */
interface Known {
  subject: ScanSubject;
  isProgram: boolean;
  elf: ElfFacts | undefined;
  /** as it stands; at most `HEAD_BYTES`, and valid as long as the file is open */
  head: Uint8Array;
}

const UNKNOWN: Omit<Known, 'subject'> = {
  isProgram: false,
  elf: undefined,
  head: new Uint8Array(0),
};

/** Makes a collector over these signs. */
export function createMinerEvidence(signs: readonly MinerSign[]): MinerEvidence {
  const seen = new Map<number, number>();
  const known: Known = { ...UNKNOWN, subject: {} };
  // Copied, and read only of the few files in which a sign is seen.
  const room = Buffer.alloc(HEAD_BYTES);

  return {
    begin(subject) {
      Object.assign(known, UNKNOWN);
      known.subject = subject;
      if (seen.size > 0) seen.clear(); // an empty one would make itself anew for each file
    },
    setHead(bytes) {
      known.isProgram = startsLikeProgram(bytes);
      known.head = known.isProgram ? UNKNOWN.head : copyHead(bytes, room);
    },
    setElf(facts) {
      known.elf = facts;
    },
    hasSign: (index) => seen.has(index),
    addSign(index, offset) {
      const before = seen.get(index);
      if (before === undefined || offset < before) seen.set(index, offset);
    },
    finish() {
      if (seen.size === 0 && !known.isProgram && !isPreload(known.subject.path)) return [];
      const weights = new Weights([...seen.keys()].map((index) => signs[index] as MinerSign));
      const judgement = judge(weights, known);
      if (judgement === undefined) return [];
      const offsets = [...seen].filter(([index]) => weights.evidence.includes(signs[index] as MinerSign));
      return [toHit(judgement, weights, known, Math.min(...offsets.map(([, offset]) => offset)))];
    },
  };
}

/**
 * Whether something may be found in a file or field though no sign is seen: in a program, by its path and how it is made, and
 * in the list of what is loaded into every program.
 * @param bytes the first ones, at least
 */
export function isJudgedWithoutSigns({ path }: ScanSubject, bytes: Uint8Array): boolean {
  return startsLikeProgram(bytes) || isPreload(path);
}

function judge(weights: Weights, { subject, isProgram, elf, head }: Known): Judgement | undefined {
  if (subject.field !== undefined)
    return weights.evidence.length > 0 ? judgeField(weights, subject.field) : undefined;
  if (isPreload(subject.path)) return judgePreload(textOf(head));
  const path = readPath(subject.path);
  if (isProgram) return judgeProgram(weights, path, elf);
  return weights.evidence.length > 0 ? judgeText(weights, path, readHead(textOf(head))) : undefined;
}

function startsLikeProgram(bytes: Uint8Array): boolean {
  const [a, b, c, d] = bytes;
  const isElf = a === 0x7f && b === 0x45 && c === 0x4c && d === 0x46;
  const isPe = a === 0x4d && b === 0x5a;
  const isMachO = (a === 0xcf || a === 0xce) && b === 0xfa && c === 0xed && d === 0xfe;
  return isElf || isPe || isMachO;
}

/** Copies what a text begins with. @returns the part of `room` that holds it */
function copyHead(bytes: Uint8Array, room: Uint8Array): Uint8Array {
  let from = 0;
  while (from < bytes.length && (bytes[from] as number) <= 0x20) from++;
  const length = Math.min(room.length, bytes.length - from);
  room.set(bytes.subarray(from, from + length));
  return room.subarray(0, length);
}

/** The text in the first bytes of a file. */
function textOf(head: Uint8Array): string {
  return Buffer.from(head.buffer, head.byteOffset, head.length)
    .toString('latin1')
    .replace(BYTE_ORDER_MARK, '')
    .trimStart();
}

/**
 * A list of JSON begins like a section of other settings: only what follows tells. Some settings begin with a key. Where
 * there are only blanks, as far as can be seen, what follows could be settings: blanks must not make a rule file of them.
 */
function readHead(head: string): TextFacts {
  return {
    isScript: head.startsWith('#!'),
    isObject: head === '' || /^(?:\{|\[\s*[{"]|"[^"\n]{1,64}"\s*:)/.test(head),
    isCommented: /^\/[*/]/.test(head),
  };
}

function toHit(judgement: Judgement, weights: Weights, { subject, elf }: Known, offset: number): Hit {
  const { rule, severity, confidence, message } = judgement;
  const evidence = [...weights.evidence.map(({ id }) => id), ...factsOf(subject, elf)].sort();
  const families = [...weights.families].sort();
  const why = families.length > 0 ? ` (${families.join(', ')})` : '';
  return {
    check: 'miners',
    rule,
    severity,
    confidence,
    offset: Number.isFinite(offset) ? offset : 0,
    message: `${message}${why}`,
    remedy:
      judgement === JUDGEMENTS.mention || judgement === JUDGEMENTS.sample
        ? 'See that it is what it seems to be'
        : 'Do not run the image; find out how this came into it and rebuild from a base you trust',
    args: { evidence, families, weight: weights.total },
    fingerprint: createHash('sha256')
      .update(`pratique fingerprint v1 ${rule} ${evidence.join(' ')}`)
      .digest('hex')
      .slice(0, 16),
  };
}

/** Evidence that is not in the bytes of the file's words. */
function factsOf({ path }: ScanSubject, elf: ElfFacts | undefined): readonly string[] {
  if (path === undefined) return [];
  const { isMinerName, isHidden, isOverlooked, isStarted } = readPath(path);
  return [
    ...(isMinerName ? ['path.name-of-a-miner'] : []),
    ...(isHidden ? ['path.hidden-folder'] : []),
    ...(isOverlooked ? ['path.overlooked-folder'] : []),
    ...(isStarted ? ['path.run-by-the-system'] : []),
    ...(elf?.isPacked ? ['program.packed'] : []),
  ];
}
