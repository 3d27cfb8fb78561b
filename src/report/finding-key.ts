import { parseTarget } from '../model/target.ts';
import type { Verdict } from '../model/verdict.ts';
import type { Entry } from './tally.ts';

/** What makes a finding the same one in the next run: neither digests nor layer numbers, which every build changes. */
export function findingKey(verdict: Verdict, { finding, images }: Entry): readonly string[] {
  const { path, field } = finding.where;
  const platforms = images.map(({ platform }) => platform ?? '').join();
  return [
    'finding',
    repositoryOf(verdict.name),
    platforms,
    finding.rule,
    path ?? '',
    field ?? '',
    finding.fingerprint,
  ];
}

/** The image a name stands for, without tag and digest; the name itself where it cannot be read. */
export function repositoryOf(name: string): string {
  try {
    const target = parseTarget(name);
    if ('path' in target) return `${target.kind}:${target.path}`;
    if (target.reference === undefined) return target.text;
    return `${target.reference.registry}/${target.reference.repository}`;
  } catch {
    return name;
  }
}
