import type { ImageSource } from '../model/image-source.ts';
import type { Target } from '../model/target.ts';
import { openDockerArchive } from './docker-archive/docker-archive.ts';
import { openEngine } from './engine/engine-source.ts';
import { openOciArchive } from './layout/oci-archive.ts';
import { openOciLayout } from './layout/oci-layout.ts';
import type { RegistryOptions } from './registry/registry-options.ts';
import { openRegistry } from './registry/registry-source.ts';

/**
 * Opens the source of a target. Nothing is read or sent before the source is asked; the caller closes it.
 * @param options what a registry needs of the world; folders and archives take the limits only
 */
export function openSource(target: Target, options: RegistryOptions): ImageSource {
  if (target.kind === 'registry') return openRegistry(target.reference, options);
  if (target.kind === 'docker-daemon') return openEngine(target, options);
  const { kind, path, tag, text } = target;
  const local = { name: text, limits: options.limits, ...(tag === undefined ? {} : { tag }) };
  if (kind === 'oci') return openOciLayout(path, local);
  return kind === 'oci-archive' ? openOciArchive(path, local) : openDockerArchive(path, local);
}
