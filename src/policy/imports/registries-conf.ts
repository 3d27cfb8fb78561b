import { parse, TomlError } from 'smol-toml';
import { PratiqueError } from '../../errors.ts';
import { printable, quoted } from '../../model/printable.ts';
import type { YamlFile } from '../yaml-places.ts';
import { type Imported, type ImportRemark, remarkOn } from './imported.ts';
import { at, entriesOf, itemsOf, type Part, rootPart, textOf } from './part.ts';
import { importScopes, type Scope } from './scopes.ts';

/**
 * A `registries.conf` of containers/image: the registries that it blocks. It blocks and redirects only, so everything else stays
 * allowed; from where an image is pulled is no business of a policy.
 * @throws {PratiqueError} `POLICY_INVALID` where it is no TOML
 * @see containers-registries.conf(5), version 2; its section "VERSION 1 FORMAT - DEPRECATED"
 */
export function importRegistriesConf(text: string, shown: string): Imported {
  const document = rootPart(readToml(text, shown));
  const remarks: ImportRemark[] = [];
  const old = at(document, 'registries');
  for (const [key, part] of [...entriesOf(document), ...entriesOf(old)])
    if (!['registry', 'registries', 'block'].includes(key))
      remarks.push(remarkOn(part, `${quoted(key)} is not carried over`));
  const scopes = itemsOf(at(document, 'registry')).map((part): Scope => {
    const prefix = textOf(at(part, 'prefix'));
    for (const [key, value] of entriesOf(part))
      if (!READ.has(key))
        remarks.push(remarkOn(value, `${quoted(key)} is not carried over: it says how an image is fetched`));
    const isBlocked = at(part, 'blocked')?.value === true;
    const name = prefix === undefined || prefix === '' ? textOf(at(part, 'location')) : prefix;
    return { text: name ?? '?', part, says: isBlocked ? 'refuse' : 'admit' };
  });
  const blocked = [...scopes.filter(({ says }) => says === 'refuse'), ...blockedIn(old)];
  // What is not blocked is said of the whole: only inside of what is blocked it says more.
  const others = scopes.filter(
    ({ text: name, says }) =>
      says !== 'refuse' && blocked.some((one) => name.includes(one.text.replace(/^\*/, ''))),
  );
  return importScopes(
    [...blocked, ...others, { text: '', part: document, says: 'admit' }],
    new Map(),
    remarks,
  );
}

/** `[registries.block]` of version 1, which the programs still read. */
function blockedIn(old: Part | undefined): readonly Scope[] {
  const names = itemsOf(at(at(old, 'block'), 'registries'));
  return names.map((part) => ({ text: textOf(part) ?? '?', part, says: 'refuse' }));
}

const READ: ReadonlySet<string> = new Set(['prefix', 'location', 'blocked']);

function readToml(text: string, shown: string): YamlFile {
  try {
    return withLines(parse(text), text, shown);
  } catch (thrown) {
    const place = thrown instanceof TomlError ? `:${thrown.line}:${thrown.column}` : '';
    throw new PratiqueError('POLICY_INVALID', {
      what: 'the file cannot be imported',
      where: `${printable(shown)}${place}`,
      why: thrown instanceof RangeError ? 'it is nested too deeply' : 'it is no TOML',
      next: 'mend it, or name another file',
    });
  }
}

/** The reader of TOML tells no places: those of the tables are counted. */
function withLines(value: unknown, text: string, shown: string): YamlFile {
  const tables = text
    .split('\n')
    .flatMap((line, index) => (/^\s*\[\[\s*registry\s*\]\]/.test(line) ? [index + 1] : []));
  const placeOf: YamlFile['placeOf'] = ([, index]) =>
    `${typeof index === 'number' ? (tables[index] ?? 1) : 1}:1`;
  return { shown, value, placeOf, placeOfKey: placeOf, sourceOf: () => undefined };
}
