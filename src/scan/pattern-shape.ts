import { type PatternTree, readPattern } from './pattern-tree.ts';

/** What the text of a regular expression tells about how much it can read. Lengths are in characters. */
export interface PatternShape {
  /** of the shortest text that it matches, or less */
  readonly shortest: number;
  /** of the longest text that it matches */
  readonly longest: number;
  /** that it looks at beyond the match, before it or behind it */
  readonly beyond: number;
  /** why it is not linear by construction; empty for a pattern that may be shipped */
  readonly faults: readonly string[];
}

/** Of one piece: its lengths, and whether they can vary. */
interface Piece {
  readonly shortest: number;
  readonly longest: number;
  readonly varies: boolean;
}

interface Notes {
  beyond: number;
  readonly faults: string[];
}

const NOTHING: Piece = { shortest: 0, longest: 0, varies: false };
/** Repeating a piece of varying length more than once lets a match be cut up in exponentially many ways. */
const NESTED = 'a repetition of something whose length varies';

/**
 * Measures a pattern, so that a window can be cut that is never too short, and finds what could make it slow:
 * unbounded or nested repetition and references back.
 */
export function measurePattern(pattern: RegExp): PatternShape {
  const notes: Notes = { beyond: 0, faults: [] };
  const { shortest, longest } = measure(readPattern(pattern), notes);
  return { shortest, longest, beyond: notes.beyond, faults: notes.faults };
}

function measure(tree: PatternTree, notes: Notes): Piece {
  switch (tree.kind) {
    case 'letter':
      return { shortest: 1, longest: 1, varies: false };
    case 'sequence':
      return tree.parts.map((part) => measure(part, notes)).reduce(addPieces, NOTHING);
    case 'choice':
      return tree.parts.map((part) => measure(part, notes)).reduce(eitherPiece);
    case 'repetition':
      return measureRepetition(tree, measure(tree.part, notes), notes);
    case 'look':
      notes.beyond = Math.max(notes.beyond, measure(tree.part, notes).longest);
      return NOTHING;
    case 'other':
      notes.faults.push(tree.fault);
      return NOTHING;
  }
}

function addPieces(a: Piece, b: Piece): Piece {
  return {
    shortest: a.shortest + b.shortest,
    longest: a.longest + b.longest,
    varies: a.varies || b.varies,
  };
}

function eitherPiece(a: Piece, b: Piece): Piece {
  return {
    shortest: Math.min(a.shortest, b.shortest),
    longest: Math.max(a.longest, b.longest),
    varies: a.varies || b.varies || a.longest !== b.longest,
  };
}

function measureRepetition(
  { least, most }: Extract<PatternTree, { kind: 'repetition' }>,
  piece: Piece,
  notes: Notes,
): Piece {
  if (most === Number.POSITIVE_INFINITY) notes.faults.push('a repetition without a bound');
  if (piece.varies && most > 1) notes.faults.push(NESTED);
  return {
    shortest: piece.shortest * least,
    longest: piece.longest === 0 ? 0 : piece.longest * most,
    varies: piece.varies || least !== most,
  };
}
