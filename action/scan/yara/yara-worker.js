import { createRequire as createRequireHere } from 'node:module';
const require = createRequireHere(import.meta.url);

// src/scan/yara/yara-worker.ts
import { parentPort, workerData } from "node:worker_threads";

// src/scan/yara/joined-matches.ts
function joinedMatches(bytes, spans, look, enough, at2) {
  if (look === void 0) return [];
  const one = (file) => {
    const [from, to] = spans[file];
    at2(file);
    return look(bytes.subarray(from, to));
  };
  if (spans.length === 1) return [one(0)];
  at2(-1);
  const files = filesIn(look(bytes), spans, enough);
  return spans.map((_, file) => files.has(file) ? one(file) : []);
}
function filesIn(matches, spans, enough) {
  const patterns = matches.flatMap((match) => match.patterns);
  if (patterns.some(({ count }) => count >= enough)) return new Set(spans.keys());
  return new Set(patterns.flatMap(({ offsets }) => offsets.map((offset) => fileAt(offset, spans))));
}
function fileAt(offset, spans) {
  let low = 0;
  for (let high = spans.length; high - low > 1; ) {
    const middle = low + high >>> 1;
    if (spans[middle][0] <= offset) low = middle;
    else high = middle;
  }
  return low;
}

// src/scan/yara/yara-messages.ts
var CLOCK = { steps: 0, file: 1, done: 2, length: 3 };

// src/scan/yara/yara-worker.ts
var SHOWN = 10;
var ENOUGH = 1e4;
var LONGEST = 300;
var task = workerData;
var { clock } = task;
async function start() {
  const engine = await import(task.url);
  const { memory } = engine.initSync({ module: task.module });
  if (task.kind === "prove") answerProof(task.port, { proven: task.sources.map(prove) });
  else run();
  function prove({ space, text }) {
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
  function run() {
    if (task.kind !== "run") return;
    const together = compile(task.together);
    const alone = compile(task.alone);
    const lookAtMany = together && ((bytes) => scan(together, bytes, ENOUGH));
    const lookAlone = alone && ((bytes) => scan(alone, bytes, bytes.length + 1));
    parentPort?.on("message", ({ bytes, spans }) => {
      try {
        const found = joinedMatches(bytes, spans, lookAtMany, ENOUGH, at);
        const matches = spans.map(([from, to], file) => {
          if (lookAlone === void 0) return found[file] ?? [];
          at(file);
          return [...found[file] ?? [], ...lookAlone(bytes.subarray(from, to))];
        });
        const counted = matches.map((some) => some.map(shorten));
        answer({ matches: counted, memory: memory.buffer.byteLength });
      } catch (thrown) {
        answer({ fault: String(thrown).slice(0, LONGEST) });
      }
    });
    answer({ ready: true });
  }
  function compile(sources) {
    if (sources.length === 0) return void 0;
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
function scan(rules, bytes, most) {
  const scanner = rules.scanner();
  scanner.setMaxMatchesPerPattern(Math.min(most, 4294967295));
  const { valid, matches } = scanner.scan(bytes);
  scanner.free();
  if (!valid) throw new Error("the engine did not look at the bytes");
  return matches.filter(({ isPrivate }) => !isPrivate).map(matchOf);
}
function matchOf({ identifier, namespace, metadata, patterns }) {
  const meta = (name) => {
    const value = metadata.find((one) => one.identifier.toLowerCase() === name)?.value;
    return typeof value === "string" ? value.slice(0, LONGEST) : "";
  };
  return {
    space: namespace,
    rule: identifier,
    description: meta("description"),
    severity: meta("severity"),
    patterns: patterns.filter(({ matches }) => matches.length > 0).map(patternOf)
  };
}
function patternOf({ identifier, isPrivate, matches }) {
  return { identifier, isPrivate, count: matches.length, offsets: matches.map(({ offset }) => offset) };
}
function shorten(match) {
  const told = match.patterns.filter(({ isPrivate }) => !isPrivate);
  const patterns = told.map((one) => ({ ...one, offsets: one.offsets.slice(0, SHOWN) }));
  return { ...match, patterns };
}
function at(file) {
  Atomics.store(clock, CLOCK.file, file);
  step();
}
function step() {
  Atomics.add(clock, CLOCK.steps, 1);
}
function answer(what) {
  step();
  parentPort?.postMessage(what);
}
function answerProof(port, proof) {
  port.postMessage(proof);
  Atomics.store(clock, CLOCK.done, 1);
  Atomics.notify(clock, CLOCK.done);
}
start().catch((thrown) => {
  const fault = String(thrown).slice(0, LONGEST);
  if (task.kind === "prove") answerProof(task.port, { fault });
  else answer({ fault });
});
