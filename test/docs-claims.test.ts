import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { CHECK_NAMES } from '../src/policy/check-names.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');
const PAGES = [
  ...readdirSync(ROOT).filter((name) => name.endsWith('.md')),
  ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name.replaceAll('\\', '/')}`),
];

describe('the threat model', () => {
  const page = read('docs/threat-model.md');
  const promises = /^## What each promise rests on\n(.*?)^## /ms.exec(page)?.[1] ?? '';
  const claims = promises.split(/^- /m).slice(1);
  const PROOF = /`(test\/[\w./-]+\.test\.ts)`:\s+"([^"]+)"/g;

  test('names a test for each claim', () => {
    expect(claims.length).toBeGreaterThan(25);
    expect(claims.filter((claim) => [...claim.matchAll(PROOF)].length === 0)).toEqual([]);
  });

  test.each([...page.matchAll(PROOF)].map(([, file = '', title = '']) => ({ file, title })))(
    'names one that there is: $file, $title',
    ({ file, title }) => {
      const text = existsSync(join(ROOT, file)) ? read(file) : '';
      const quoted = ["'", '"', '`'].map((quote) => quote + title.replaceAll(quote, `\\${quote}`) + quote);
      expect(quoted.some((one) => text.includes(one))).toBe(true);
    },
  );
});

describe('a link in the documentation', () => {
  const links = PAGES.flatMap((page) =>
    [...read(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, to = '']) => ({ page, to })),
  ).filter(({ to }) => !/^[a-z]+:/.test(to));

  test.each(links)('of $page leads somewhere: $to', ({ page, to }) => {
    const [file = '', anchor] = to.split('#');
    const target = file === '' ? page : join(dirname(page), file);
    expect(existsSync(join(ROOT, target)), target).toBe(true);
    if (anchor !== undefined) expect(anchorsOf(read(target))).toContain(anchor);
  });

  /** As GitHub makes them of headings. */
  function anchorsOf(text: string): readonly string[] {
    return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    );
  }
});

describe('docs/policy.md', () => {
  type Schema = {
    properties?: Record<string, Schema>;
    items?: Schema;
    anyOf?: Schema[];
    [key: string]: unknown;
  };

  /** The keys that somebody can write, as `images[].signed-by`; names of one's own are `NAME`. */
  function keysOf(written: Schema, path = ''): readonly string[] {
    const schema = resolved(written);
    const own = Object.entries(schema.properties ?? {}).flatMap(([key, inner]) => {
      const full = path === '' ? key : `${path}.${key}`;
      return [full, ...keysOf(inner, full)];
    });
    const named = schema['additionalProperties'];
    const below = [
      ...(schema.items === undefined ? [] : keysOf(schema.items, `${path}[]`)),
      ...(schema.anyOf ?? []).flatMap((one) => keysOf(one, path)),
      ...((schema['oneOf'] as Schema[] | undefined) ?? []).flatMap((one) => keysOf(one, path)),
      ...(typeof named === 'object' && named !== null ? keysOf(named as Schema, `${path}.NAME`) : []),
    ];
    return [...own, ...below];
  }

  const ids = CHECK_NAMES.map(({ id }) => id).sort((a, b) => b.length - a.length);
  const whole: Schema = JSON.parse(read('schema/policy-v1.json'));
  const keys = [...new Set(keysOf(whole))];

  /** The schema that a `$ref` stands for. No key of a policy holds itself. */
  function resolved(schema: Schema): Schema {
    const [, name = ''] = /^#\/\$defs\/(.+)$/.exec(String(schema['$ref'] ?? '')) ?? [];
    const definition = (whole['$defs'] as Record<string, Schema> | undefined)?.[name];
    return definition === undefined ? schema : resolved(definition);
  }

  const page =
    read('docs/policy.md') + read('docs/attestations.md') + read('docs/checks.md') + read('docs/rules.md');

  test('is held against every key of the schema', () => {
    expect(keys.length).toBeGreaterThan(80);
    expect(keys).toContain('images[].signed-by');
  });

  test('has every key', () => {
    const codes = [...page.matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code);
    const blocks = [...page.matchAll(/^```ya?ml\n(.*?)^```$/gms)].map(([, text = '']) => text).join('\n');
    const isThere = (key: string) => {
      const last = key.split('.').at(-1)?.replaceAll('[]', '') ?? '';
      const word = new RegExp(`(?<![\\w-])${last}(?![\\w-])`);
      return codes.some((code) => word.test(code)) || new RegExp(`(?<![\\w-])${last}:`).test(blocks);
    };
    // An id of a check has a dot of its own; docs/checks.md has a heading for each.
    const told = keys.map((key) => ids.reduce((text, id) => text.replace(`checks.${id}`, 'checks.ID'), key));
    expect(told.filter((key) => !/checks\.(?:ID|NAME)$/.test(key) && !isThere(key))).toEqual([]);
  });
});

test('the changelog has the form of Keep a Changelog', () => {
  const headings = [...read('CHANGELOG.md').matchAll(/^## (.*)$/gm)].map(([, heading]) => heading ?? '');
  expect(headings[0]).toBe('[Unreleased]');
  for (const heading of headings)
    expect(heading).toMatch(/^\[(?:Unreleased|\d+\.\d+\.\d+)\](?: - \d{4}-\d{2}-\d{2})?$/);
  const parts = [...read('CHANGELOG.md').matchAll(/^### (.*)$/gm)].map(([, part]) => part);
  expect(parts).not.toEqual([]);
  for (const part of parts)
    expect(['Added', 'Changed', 'Deprecated', 'Removed', 'Fixed', 'Security']).toContain(part);
});

test('the map of the architecture has every room', () => {
  const page = read('docs/architecture.md');
  const folders = (path: string) =>
    readdirSync(join(ROOT, path), { withFileTypes: true }).flatMap((one) =>
      one.isDirectory() ? [`${path}/${one.name}`] : [],
    );
  const rooms = folders('src').flatMap((room) => [room, ...folders(room)]);
  expect(rooms.length).toBeGreaterThan(40);
  expect(rooms.filter((room) => !page.includes(`${room.slice(room.lastIndexOf('/') + 1)}/`))).toEqual([]);
});
