import type { Policy } from './policy.ts';

/**
 * The ids of rules for contents that a policy speaks of, as they are written.
 * @param withYara whether those of YARA rules are among them
 */
export function contentRulesNamed(
  { checks, images, exceptions }: Policy,
  withYara: boolean,
): readonly string[] {
  const named = [
    ...checks.keys(),
    ...images.flatMap((image) => [...image.checks.keys()]),
    ...exceptions.filter(({ baseline }) => baseline === undefined).map(({ rule }) => rule),
  ];
  const held = withYara ? /^(?:(?:secrets|miners)\.|yara(?:\.|$))/ : /^(?:secrets|miners)\./;
  return named.filter((id) => held.test(id));
}
