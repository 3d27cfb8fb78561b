import type { Severity } from '../../model/finding.ts';
import type { YaraSetting, YaraSource } from '../../model/yara-setting.ts';
import type { Path } from '../yaml-places.ts';

/** What one policy file says about YARA rules; absent where it says nothing. */
export interface YaraDraft extends Partial<Omit<YaraSetting, 'sources'>> {
  readonly sources: readonly YaraSource[];
}

const DEFAULTS = { severity: 'high', files: 'programs', largerFiles: 'undecided' } as const;
const SEVERITIES: readonly Severity[] = ['info', 'low', 'medium', 'high', 'critical'];
/** From what demands least. */
const FILES: readonly YaraSetting['files'][] = ['programs', 'all'];
const LARGER_FILES: readonly YaraSetting['largerFiles'][] = ['tell', 'undecided'];

/** What is not said gets its default. */
export function settleYara(draft: YaraDraft): YaraSetting {
  return { ...DEFAULTS, ...draft };
}

/**
 * The rules of a baseline and of the file that extends it: they add up, and what the baseline says of its own may only be
 * tightened.
 */
export function extendYara(
  base: YaraDraft | undefined,
  own: YaraDraft | undefined,
  refuse: (path: Path, why: string) => void,
): YaraDraft | undefined {
  if (base === undefined || own === undefined) return own ?? base;
  const least = settleYara(base);
  const demand = <T extends string>(order: readonly T[], key: string, before: T, now: T | undefined) => {
    if (now !== undefined && order.indexOf(now) < order.indexOf(before))
      refuse(['yara', key], `the baseline says ${before}`);
  };
  demand(SEVERITIES, 'severity', least.severity, own.severity);
  demand(FILES, 'files', least.files, own.files);
  demand(LARGER_FILES, 'larger-files', least.largerFiles, own.largerFiles);
  return { ...base, ...own, sources: [...base.sources, ...own.sources] };
}
