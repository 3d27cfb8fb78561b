import type { Package } from '../model/package.ts';
import { foreign } from './foreign.ts';

/** `deb:libgnutls30 3.7.9-2`; safe to show. */
export function packageWords({ manager, name, version }: Package): string {
  return `${manager}:${foreign(name, 120)}${version === undefined ? '' : ` ${foreign(version, 60)}`}`;
}

/** `pkg:deb/libgnutls30@3.7.9-2`, without what would need the distribution's name. @see purl-spec */
export function packageUrl({ manager, name, version }: Package): string {
  const path = foreign(name, 250).split('/').map(encodeURIComponent).join('/');
  return `pkg:${manager}/${path}${version === undefined ? '' : `@${encodeURIComponent(foreign(version, 100))}`}`;
}
