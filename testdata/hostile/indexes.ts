import {
  type HostileCase,
  Layout,
  type LayoutBytes,
  type Line,
  plainLayer,
  putImage,
  TYPES,
} from './case.ts';
import { EVIL, GOOD } from './manifests.ts';

export interface Parts {
  readonly layout: Layout;
  /** manifests of whole images */
  readonly good: Line;
  readonly evil: Line;
}

export const AMD64 = { os: 'linux', architecture: 'amd64' } as const;
export const ARM64 = { os: 'linux', architecture: 'arm64' } as const;
export const UNKNOWN = { os: 'unknown', architecture: 'unknown' } as const;

export function parts(): Parts {
  const layout = new Layout();
  return { layout, good: putImage(layout, [plainLayer(GOOD)]), evil: putImage(layout, [plainLayer(EVIL)]) };
}

export function layoutCase(name: string, note: string, write: (parts: Parts) => LayoutBytes): HostileCase {
  return { group: 'index', name, note, files: () => write(parts()) };
}

/** A case whose name stands for an index of this text. */
export function indexCase(
  name: string,
  note: string,
  write: (parts: Parts) => unknown,
  type: string = TYPES.index,
): HostileCase {
  return layoutCase(name, note, (all) => all.layout.named(all.layout.put(write(all), type)));
}

export function indexOf(...manifests: readonly unknown[]): object {
  return { schemaVersion: 2, mediaType: TYPES.index, manifests };
}

export const on = (line: Line, platform: object): Line => ({ ...line, platform });
export const image = ({ layout }: Parts, tar: Uint8Array, config: object) =>
  putImage(layout, [plainLayer(tar)], config);
