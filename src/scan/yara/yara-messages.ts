import type { MessagePort } from 'node:worker_threads';
import type { WasmModule } from './yara-engine.ts';

/** A file of rules, as the thread compiles it; `space` keeps the names of one file apart from those of another. */
export interface ThreadSource {
  readonly space: string;
  readonly text: string;
}

/** What a thread is started with: to prove rules, or to run them. */
export type ThreadTask = ThreadSetup &
  (
    | { readonly kind: 'prove'; readonly sources: readonly ThreadSource[]; readonly port: MessagePort }
    | {
        readonly kind: 'run';
        /** rules that only ask whether patterns are there */
        readonly together: readonly ThreadSource[];
        readonly alone: readonly ThreadSource[];
      }
  );

interface ThreadSetup {
  readonly url: string;
  readonly module: WasmModule;
  /** by `CLOCK`: what the thread is at, for whoever watches it */
  readonly clock: Int32Array;
}

/** Places of the clock: steps done so far, and the number of the file that is looked at (-1: many at once). */
export const CLOCK = { steps: 0, file: 1, done: 2, length: 3 } as const;

/** What is wrong with a source: the engine's own words. */
export interface ProvenSource {
  readonly space: string;
  readonly errors: readonly string[];
}

export type Proof = { readonly proven: readonly ProvenSource[] } | { readonly fault: string };

/** Files to look at, one behind another in `bytes`. */
export interface LookRequest {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** of each, where it begins and ends in `bytes`; there is a gap of zeros between two */
  readonly spans: readonly (readonly [start: number, end: number])[];
}

/** A rule that is true of a file. Nothing of the file's bytes is in it. */
export interface YaraMatch {
  readonly space: string;
  readonly rule: string;
  readonly description: string;
  readonly severity: string;
  readonly patterns: readonly PatternMatch[];
}

export interface PatternMatch {
  readonly identifier: string;
  /** its author does not want it told */
  readonly isPrivate: boolean;
  readonly count: number;
  /** the first few, in order; bytes from the start of the file */
  readonly offsets: readonly number[];
}

export type LookAnswer =
  | { readonly ready: true }
  /** by file; `memory`: bytes that the engine holds, which never become fewer */
  | { readonly matches: readonly (readonly YaraMatch[])[]; readonly memory: number }
  | { readonly fault: string };
