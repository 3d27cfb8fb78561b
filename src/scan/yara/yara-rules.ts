import { createHash } from 'node:crypto';
import { PratiqueError } from '../../errors.ts';
import { type Digest, parseDigest } from '../../model/digest.ts';
import { printable } from '../../model/printable.ts';
import type { YaraSetting } from '../../model/yara-setting.ts';
import { asksOnlyForExistence } from './existence-rules.ts';
import { proveSources } from './prove-sources.ts';
import { findYaraEngine, type YaraEngine } from './yara-engine.ts';
import { yaraRuleId } from './yara-hit.ts';
import type { ThreadSource } from './yara-messages.ts';
import { rulesIn, tokensOf } from './yara-tokens.ts';

/** The YARA rules of a policy, proved to compile, and the engine that runs them. */
export interface YaraRules {
  readonly engine: YaraEngine;
  readonly setting: YaraSetting;
  /** run on many small files at once */
  readonly together: readonly ThreadSource[];
  /** run on each file by itself */
  readonly alone: readonly ThreadSource[];
  /** the file that a rule stands in, by the name space that its matches are told with */
  readonly shown: ReadonlyMap<string, string>;
  /** `yara.NAME` of each */
  readonly ids: ReadonlySet<string>;
  /** over all that decides what they find */
  readonly digest: Digest;
}

/** Raised when the code around the engine changes what is found. */
const REVISION = 1;
const SHOWN = 50; // lines; the rest is counted
const NO_TITLE = 'it cannot be compiled';

const KNOWN = new WeakMap<YaraSetting, YaraRules>();

/**
 * The policy's YARA rules made ready, or those that were made before; `undefined` where it has none, and then no engine
 * is asked for.
 * @throws {PratiqueError} `POLICY_INVALID`, as `prepareYaraRules`
 */
export function yaraRulesOf(setting: YaraSetting | undefined): YaraRules | undefined {
  if (setting === undefined) return undefined;
  const made = KNOWN.get(setting) ?? prepareYaraRules(setting);
  KNOWN.set(setting, made);
  return made;
}

/**
 * Compiles each file of rules by itself.
 * @param find for tests
 * @throws {PratiqueError} `POLICY_INVALID` with a line for every fault, `rules/acme.yar:7:5 unknown identifier`; where
 *   the engine is not installed
 */
export function prepareYaraRules(setting: YaraSetting, find: () => YaraEngine = findYaraEngine): YaraRules {
  const engine = find();
  const sources = setting.sources.map(({ shown, text }, index) => ({ space: `f${index}`, shown, text }));
  const shown = new Map(sources.map((source) => [source.space, source.shown]));
  const proven = proveSources(engine, sources);
  const faults = proven.flatMap(({ space, errors }) =>
    errors.map((error) => faultLine(shown.get(space) ?? '', error)),
  );
  if (faults.length > 0) throw invalid(faults);
  const texts = sources.map(({ space, text }) => ({ space, text }));
  return {
    engine,
    setting,
    together: texts.filter(({ text }) => asksOnlyForExistence(text)),
    alone: texts.filter(({ text }) => !asksOnlyForExistence(text)),
    shown,
    ids: new Set(
      texts.flatMap(({ text }) => rulesIn(tokensOf(text)).rules.map(({ name }) => yaraRuleId(name))),
    ),
    digest: digestOf(setting, engine),
  };
}

function digestOf({ sources, severity, files, largerFiles }: YaraSetting, { version }: YaraEngine): Digest {
  const texts = sources.map(({ text }) => createHash('sha256').update(text).digest('hex')).sort();
  const data = { revision: REVISION, engine: version, severity, files, largerFiles, texts };
  return parseDigest(`sha256:${createHash('sha256').update(JSON.stringify(data)).digest('hex')}`);
}

/**
 * The engine's sentence and place, without the lines of the file that it shows: one that was named by mistake may hold
 * anything.
 * `error[E009]: unknown identifier …\n --> line:1:21\n…`
 */
function faultLine(shown: string, error: string): string {
  const title = /^error(?:\[\w+\])?: ([^\n]*)/.exec(error)?.[1] ?? NO_TITLE;
  const place = /--> line:(\d+:\d+)/.exec(error)?.[1] ?? '1:1';
  return printable(`${shown}:${place} ${title}`, 1000);
}

function invalid(lines: readonly string[]): PratiqueError {
  const more = lines.length > SHOWN ? [`… ${lines.length - SHOWN} more`] : [];
  return new PratiqueError('POLICY_INVALID', {
    what:
      lines.length === 1
        ? 'a YARA rule of the policy cannot be used'
        : `YARA rules of the policy cannot be used: ${lines.length} faults`,
    why: [...lines.slice(0, SHOWN), ...more].join('\n'),
    next: 'mend the rule; each file is compiled by itself, without includes and external variables',
  });
}
