// The thread in which YARA rules are compiled and run: the engine has no deadline of its own, a thread can be ended.
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { joinedMatches } from './joined-matches.ts';
import type { WasmModule } from './yara-engine.ts';
import {
  CLOCK,
  type LookAnswer,
  type LookRequest,
  type PatternMatch,
  type Proof,
  type ThreadSource,
  type ThreadTask,
  type YaraMatch,
} from './yara-messages.ts';

/** What is used of the engine's interface. */
interface Engine {
  initSync(options: { module: WasmModule }): { readonly memory: { readonly buffer: ArrayBuffer } };
  Compiler: new () => {
    newNamespace(name: string): void;
    addSource(text: string): void;
    build(): Rules;
    readonly errors: readonly string[];
    free(): void;
  };
}
interface Rules {
  scanner(): Scanner;
}
interface Scanner {
  setMaxMatchesPerPattern(most: number): void;
  scan(bytes: Uint8Array): { readonly valid: boolean; readonly matches: readonly Matched[] };
  free(): void;
}
interface Matched {
  readonly identifier: string;
  readonly namespace: string;
  readonly isPrivate: boolean;
  readonly metadata: readonly { readonly identifier: string; readonly value: unknown }[];
  readonly patterns: readonly {
    readonly identifier: string;
    readonly isPrivate: boolean;
    readonly matches: readonly { readonly offset: number }[];
  }[];
}

/** Offsets told of one pattern. */
const SHOWN = 10;
/** Matches of one pattern after which, for rules that only ask whether there is one, no more are gathered. */
const ENOUGH = 10_000;
/** characters of a rule's own words */
const LONGEST = 300;

const task = workerData as ThreadTask;
const { clock } = task;

async function start(): Promise<void> {
  const engine = (await import(task.url)) as Engine;
  const { memory } = engine.initSync({ module: task.module });
  if (task.kind === 'prove') answerProof(task.port, { proven: task.sources.map(prove) });
  else run();

  /** Each in a compiler of its own: one that has met a fault is of no more use. */
  function prove({ space, text }: ThreadSource) {
    step();
    const compiler = new engine.Compiler();
    try {
      compiler.addSource(text);
      return { space, errors: [] };
    } catch (thrown) {
      const errors = [...compiler.errors];
      return { space, errors: errors.length > 0 ? errors : [String(thrown)] };
    } finally {
      compiler.free();
    }
  }

  function run(): void {
    if (task.kind !== 'run') return;
    const together = compile(task.together);
    const alone = compile(task.alone);
    const lookAtMany = together && ((bytes: Uint8Array) => scan(together, bytes, ENOUGH));
    // As many as there are bytes: a bound that is met would make rules untrue that count or look at places.
    const lookAlone = alone && ((bytes: Uint8Array) => scan(alone, bytes, bytes.length + 1));
    parentPort?.on('message', ({ bytes, spans }: LookRequest) => {
      try {
        const found = joinedMatches(bytes, spans, lookAtMany, ENOUGH, at);
        const matches = spans.map(([from, to], file) => {
          if (lookAlone === undefined) return found[file] ?? [];
          at(file);
          return [...(found[file] ?? []), ...lookAlone(bytes.subarray(from, to))];
        });
        const counted = matches.map((some) => some.map(shorten));
        answer({ matches: counted, memory: memory.buffer.byteLength });
      } catch (thrown) {
        answer({ fault: String(thrown).slice(0, LONGEST) });
      }
    });
    answer({ ready: true });
  }

  function compile(sources: readonly ThreadSource[]): Rules | undefined {
    if (sources.length === 0) return undefined;
    const compiler = new engine.Compiler();
    for (const { space, text } of sources) {
      step();
      compiler.newNamespace(space);
      compiler.addSource(text);
    }
    const rules = compiler.build();
    compiler.free();
    return rules;
  }
}

function scan(rules: Rules, bytes: Uint8Array, most: number): YaraMatch[] {
  const scanner = rules.scanner();
  scanner.setMaxMatchesPerPattern(Math.min(most, 0xffff_ffff));
  const { valid, matches } = scanner.scan(bytes); // once it has thrown, the engine is of no more use
  scanner.free();
  if (!valid) throw new Error('the engine did not look at the bytes');
  return matches.filter(({ isPrivate }) => !isPrivate).map(matchOf);
}

function matchOf({ identifier, namespace, metadata, patterns }: Matched): YaraMatch {
  const meta = (name: string) => {
    const value = metadata.find((one) => one.identifier.toLowerCase() === name)?.value;
    return typeof value === 'string' ? value.slice(0, LONGEST) : '';
  };
  return {
    space: namespace,
    rule: identifier,
    description: meta('description'),
    severity: meta('severity'),
    patterns: patterns.filter(({ matches }) => matches.length > 0).map(patternOf),
  };
}

function patternOf({ identifier, isPrivate, matches }: Matched['patterns'][number]): PatternMatch {
  return { identifier, isPrivate, count: matches.length, offsets: matches.map(({ offset }) => offset) };
}

function shorten(match: YaraMatch): YaraMatch {
  const told = match.patterns.filter(({ isPrivate }) => !isPrivate);
  const patterns = told.map((one) => ({ ...one, offsets: one.offsets.slice(0, SHOWN) }));
  return { ...match, patterns };
}

/** Tells whoever watches that something was done, and what comes next. */
function at(file: number): void {
  Atomics.store(clock, CLOCK.file, file);
  step();
}

function step(): void {
  Atomics.add(clock, CLOCK.steps, 1);
}

function answer(what: LookAnswer): void {
  step();
  parentPort?.postMessage(what);
}

function answerProof(port: MessagePort, proof: Proof): void {
  port.postMessage(proof);
  Atomics.store(clock, CLOCK.done, 1);
  Atomics.notify(clock, CLOCK.done);
}

start().catch((thrown: unknown) => {
  const fault = String(thrown).slice(0, LONGEST);
  if (task.kind === 'prove') answerProof(task.port, { fault });
  else answer({ fault });
});
