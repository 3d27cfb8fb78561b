import { parseReference, type Reference } from '../model/reference.ts';
import type { Protected } from './draft.ts';
import type { AllowEntry } from './policy.ts';

/** The names that a list protects from imitation: its exact ones, and the namespaces that it allows whole. */
export function namesOf(entries: readonly AllowEntry[]): Protected {
  const references: Reference[] = [];
  const namespaces: string[] = [];
  for (const { pattern } of entries) {
    const { host, parts } = pattern;
    if (host === undefined || host.includes('*')) continue;
    const [first = '', ...rest] = parts;
    if (parts.every((part) => !part.includes('*')))
      references.push(parseReference(`${host}/${parts.join('/')}`));
    else if (!first.includes('*') && rest.length > 0) namespaces.push(`${host}/${first}`);
  }
  return { references, namespaces };
}
