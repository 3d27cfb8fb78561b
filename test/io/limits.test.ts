import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS } from '../../src/io/limits.ts';
import { policySchema } from '../../src/policy/schema.ts';

const textOf = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

/** Name, unit and reason of each limit, as its docstring says. */
const told = new Map(
  [...textOf('src/io/limits.ts').matchAll(/\/\*\* (.*) \*\/\n {2}readonly (\w+): number;/g)].map(
    ([, reason = '', name = '']) => [name, reason],
  ),
);
const kebab = (name: string) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

function amount(name: string, value: number): string {
  if (!name.endsWith('Bytes')) return value.toLocaleString('en');
  const power = [3, 2, 1].find((one) => value % 1024 ** one === 0) ?? 0;
  return `${value / 1024 ** power} ${['bytes', 'KiB', 'MiB', 'GiB'][power]}`;
}

describe.each(Object.entries(DEFAULT_LIMITS))('the limit %s', (name, value) => {
  it('is told in docs/policy.md as in the code, with its default, its unit and the reason', () => {
    const row = `| \`${kebab(name)}\` | ${amount(name, value)} | ${told.get(name)} |`;
    expect(textOf('docs/policy.md').split('\n')).toContain(row);
  });

  it('can be set in a policy, and only to a whole number from 1 on', () => {
    const isTaken = (limit: unknown) =>
      policySchema().safeParse({ version: 1, limits: { [kebab(name)]: limit } }).success;
    expect([value, 1].map(isTaken)).toEqual([true, true]);
    expect([0, -1, 1.5, '1', null, Number.POSITIVE_INFINITY].map(isTaken)).not.toContain(true);
  });
});

it('docs/policy.md tells of no limit that there is not', () => {
  const [, section = ''] = textOf('docs/policy.md').split('\n## Limits\n');
  const names = [...section.split('\n## ')[0]!.matchAll(/^\| `([a-z-]+)`/gm)].map(([, name]) => name);
  expect(names).toEqual(Object.keys(DEFAULT_LIMITS).map(kebab));
});
