import { DEFAULT_LIMITS, type Limits } from '../../../src/io/limits.ts';
import type { YaraSetting } from '../../../src/model/yara-setting.ts';
import type { YaraMatch } from '../../../src/scan/yara/yara-messages.ts';
import { prepareYaraRules, type YaraRules } from '../../../src/scan/yara/yara-rules.ts';
import { YaraThread } from '../../../src/scan/yara/yara-thread.ts';

/** What a policy says of these rules, one file each. */
export function yaraSetting(texts: readonly string[], change: Partial<YaraSetting> = {}): YaraSetting {
  const sources = texts.map((text, index) => ({ shown: `rules/${index}.yar`, text }));
  return { sources, severity: 'high', files: 'programs', largerFiles: 'undecided', ...change };
}

export function yaraRules(texts: readonly string[], change: Partial<YaraSetting> = {}): YaraRules {
  return prepareYaraRules(yaraSetting(texts, change));
}

/** A file of one rule, with these parts. */
export function yaraRule(strings: string, condition: string, name = 'sample'): string {
  return `rule ${name} { strings: ${strings} condition: ${condition} }`;
}

/** A thread for these rules, ended when `use` is done. */
export async function withThread<T>(
  rules: YaraRules,
  use: (thread: YaraThread) => Promise<T>,
  limits: Partial<Limits> = {},
): Promise<T> {
  const thread = new YaraThread(rules, { ...DEFAULT_LIMITS, ...limits });
  try {
    return await use(thread);
  } finally {
    thread.close();
  }
}

/** Runs rules on files of these contents together. @returns by file, the names of the rules that are true of it */
export async function namesIn(thread: YaraThread, contents: readonly Uint8Array[]) {
  return (await looked(thread, contents)).map((matches) => matches.map(({ rule }) => rule).sort());
}

export function looked(
  thread: YaraThread,
  contents: readonly Uint8Array[],
): Promise<readonly (readonly YaraMatch[])[]> {
  return thread.look(
    contents.map((bytes, index) => ({ path: `file ${index}`, parts: [bytes], size: bytes.length })),
  );
}
