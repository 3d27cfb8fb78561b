/** What a layer entry makes. Whiteouts come as what their header says; their name tells what they are. */
export type EntryType = 'file' | 'directory' | 'symlink' | 'hardlink' | 'character' | 'block' | 'fifo';

/** One entry of a layer, as a runtime understands its header. */
export interface LayerEntry {
  /**
   * Lexically clean, without a leading slash, re-rooted (`../x` is `x`); empty for the root itself.
   * Symlinks in it are not resolved. Bytes that are not UTF-8 are U+DC00 + byte each.
   */
  readonly path: string;
  readonly type: EntryType;
  /** permission bits with setuid, setgid and sticky: 0 to 0o7777 */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** bytes of content as a container sees it, holes included; 0 for all but files */
  readonly size: number;
  /** target of a symlink or hardlink as written; empty for all else */
  readonly linkPath: string;
  /** whether it is the character device 0:0: a deletion to overlayfs, a device to a plain folder */
  readonly isOverlayWhiteout?: boolean;
  /** what the file permits to whoever starts it (`parseFileCapabilities`); absent where it has no such attribute */
  readonly capabilities?: number;
  /** lower-case hex over the content of a file, where it was computed */
  readonly sha256?: string;
}

const SETUID = 0o4000;
const SETGID = 0o2000;
const EXECUTABLE = 0o111;

/** Whether starting a file gives rights that whoever starts it does not have. */
export function givesPrivileges({
  type,
  mode,
  capabilities = 0,
}: Pick<LayerEntry, 'type' | 'mode' | 'capabilities'>): boolean {
  if ((type !== 'file' && type !== 'hardlink') || (mode & EXECUTABLE) === 0) return false;
  return (mode & (SETUID | SETGID)) !== 0 || capabilities !== 0;
}
