import { createHash } from 'node:crypto';
import { MergedFilesystem } from '../../src/model/filesystem/filesystem.ts';
import type { EntryType, LayerEntry } from '../../src/model/filesystem/layer-entry.ts';
import type { VouchingPackage } from '../../src/model/package.ts';
import { ImageFiles } from '../../src/scan/image-files.ts';
import { FileKeeper } from '../../src/scan/kept-files.ts';

/** An entry of a layer; a folder where the path ends in a slash, a symlink where there is a `link`. */
export interface SampleFile {
  readonly path: string;
  readonly content?: string;
  readonly mode?: number;
  readonly type?: EntryType;
  readonly link?: string;
  readonly uid?: number;
  readonly capabilities?: number;
  /** the package that vouches for its content */
  readonly package?: string;
}

/** The files of an image with these layers, lowest first, as a scan makes them. */
export function filesOf(...layers: readonly (readonly SampleFile[])[]): ImageFiles {
  const filesystem = new MergedFilesystem();
  const read = layers.map((files, index) => {
    const entries = files.map(entryOf);
    const keeper = new FileKeeper();
    for (const [ordinal, entry] of entries.entries()) {
      if (entry.type !== 'file') continue;
      keeper.begin(entry, ordinal);
      keeper.write(Buffer.from(files[ordinal]?.content ?? '', 'latin1'));
      keeper.end();
    }
    filesystem.addLayer(index, entries);
    return { index, entries, kept: keeper.finish() };
  });
  const packageOf = (layer: number, ordinal: number): VouchingPackage | undefined => {
    const name = layers[layer]?.[ordinal]?.package;
    return name === undefined ? undefined : { manager: 'deb', name, by: 'digest' };
  };
  const digestOf = (layer: number, ordinal: number) => {
    const { content = '' } = layers[layer]?.[ordinal] ?? {};
    return createHash('sha256').update(content, 'latin1').digest('hex');
  };
  return new ImageFiles({
    filesystem,
    layers: read,
    clean: (text) => text.replaceAll('hunter2', '[secret]'),
    packageOf,
    digestOf,
    locate: ({ layer, ordinal, path }) => ({
      path: path.replaceAll('hunter2', '[secret]'),
      visibility: filesystem.visibility(layer, path, ordinal),
    }),
  });
}

function entryOf({ path, content = '', mode, type, link, uid = 0, capabilities }: SampleFile): LayerEntry {
  const isFolder = path.endsWith('/');
  const plain = isFolder ? 'directory' : link === undefined ? 'file' : 'symlink';
  return {
    path: isFolder ? path.slice(0, -1) : path,
    type: type ?? plain,
    mode: mode ?? (isFolder ? 0o755 : 0o644),
    uid,
    gid: 0,
    size: (type ?? plain) === 'file' ? content.length : 0,
    linkPath: link ?? '',
    ...(capabilities === undefined ? {} : { capabilities }),
  };
}
