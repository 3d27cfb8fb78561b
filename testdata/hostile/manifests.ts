import { configFor, digestOf, type HostileCase, Layout, type Line, TYPES } from './case.ts';
import { evil, ok, tarOf } from './tar-bytes.ts';

/** Harmless content. */
export const GOOD = tarOf(ok());
/** The content that a hostile document tries to hide. */
export const EVIL = tarOf(ok(), evil());

/** The parts of which the cases are put together, all in one layout. */
export interface Parts {
  readonly layout: Layout;
  readonly good: Line;
  readonly evil: Line;
  readonly goodConfig: Line;
  readonly evilConfig: Line;
}

export function parts(): Parts {
  const layout = new Layout();
  return {
    layout,
    good: layout.put(GOOD, TYPES.tar),
    evil: layout.put(EVIL, TYPES.tar),
    goodConfig: layout.put(configFor([digestOf(GOOD)]), TYPES.config),
    evilConfig: layout.put(configFor([digestOf(EVIL)]), TYPES.config),
  };
}

/** The text of a manifest made of fields written by hand, in this order. */
export function text(...fields: readonly (readonly [string, unknown] | string)[]): string {
  return `{${fields.map((field) => (typeof field === 'string' ? field : `${field[0]}:${JSON.stringify(field[1])}`)).join(',')}}`;
}

export const HEAD = ['"schemaVersion":2', `"mediaType":${JSON.stringify(TYPES.manifest)}`] as const;

export function manifestCase(
  name: string,
  note: string,
  write: (parts: Parts) => unknown,
  type: string = TYPES.manifest,
): HostileCase {
  const files = () => {
    const all = parts();
    return all.layout.named(all.layout.put(write(all), type));
  };
  return { group: 'manifest', name, note, files };
}
