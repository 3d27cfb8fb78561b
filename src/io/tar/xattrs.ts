import type { EntryType } from '../../model/filesystem/layer-entry.ts';

/** XATTR_NAME_MAX and XATTR_SIZE_MAX of Linux, bytes. */
const NAME_BYTES = 255;
const VALUE_BYTES = 65_536;
/** By revision, the bytes of a file capability. @see linux/capability.h, `vfs_cap_data`, `vfs_ns_cap_data` */
const CAPABILITY_BYTES: ReadonlyMap<number, number> = new Map([
  [2, 20],
  [3, 24],
]);

/**
 * Why the kernel would not set the extended attributes of an entry, and runtimes reject the layer; nothing where it
 * would. What a filesystem does not know is passed over by runtimes.
 * @see xattr(7); containerd archive/tar.go, `createTarFile`
 */
export function complainAboutXattrs(
  xattrs: ReadonlyMap<string, Uint8Array>,
  type: EntryType,
): string | undefined {
  for (const [name, value] of xattrs) {
    if (name === '' || name.length > NAME_BYTES || name.includes('\0'))
      return 'an extended attribute has no usable name';
    if (value.length > VALUE_BYTES) return 'an extended attribute is too large';
    if (/^(?:user|trusted|security)\.$/.test(name)) return 'an extended attribute has no usable name';
    if (name.startsWith('user.') && type !== 'file' && type !== 'directory' && type !== 'hardlink')
      return 'an extended attribute of users stands on what is no file';
    if (name === 'security.capability' && !isCapability(value)) return 'a capability cannot be read';
  }
  return undefined;
}

function isCapability(value: Uint8Array): boolean {
  return CAPABILITY_BYTES.get(value[3] ?? 0) === value.length;
}
