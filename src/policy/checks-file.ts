import type { CheckSetting } from './policy.ts';
import type { ChecksFile } from './schema-parts.ts';

/** Settings by the ids of checks and rules. */
export function checksOf(written: ChecksFile | undefined): ReadonlyMap<string, CheckSetting> {
  const settings = new Map<string, CheckSetting>();
  for (const [id, setting] of Object.entries(written ?? {})) {
    if (setting === undefined) continue;
    if (typeof setting === 'string') {
      settings.set(id, { level: setting, options: {} });
      continue;
    }
    const { level, 'fail-from': failFrom, ...options } = setting;
    settings.set(id, { level, ...(failFrom === undefined ? {} : { failFrom }), options });
  }
  return settings;
}
