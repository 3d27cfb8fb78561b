import { CHECK_NAMES } from '../policy/check-names.ts';

/** Every id that a policy, and `explain`, can speak of: of checks, of their rules, and of what contents are searched for. */
export async function knownIds(): Promise<readonly string[]> {
  const { SECRET_RULES } = await import('../scan/rules/all.ts');
  const { FILE_RULES } = await import('../scan/whole-file/all.ts');
  const { JUDGEMENTS } = await import('../scan/miners/judgements.ts');
  const ids = [
    ...CHECK_NAMES.flatMap(({ id, rules }) => (rules === 'any' ? [id] : [id, ...rules])),
    ...[...SECRET_RULES, ...FILE_RULES].map(({ id }) => id),
    'secrets.unscanned',
    ...Object.values(JUDGEMENTS).map(({ rule }) => rule),
  ];
  return [...new Set(ids)];
}
