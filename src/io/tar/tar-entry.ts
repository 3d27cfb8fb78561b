import { PratiqueError } from '../../errors.ts';
import { parseFileCapabilities } from '../../model/file-capabilities.ts';
import type { EntryType, LayerEntry } from '../../model/filesystem/layer-entry.ts';
import type { Limits } from '../limits.ts';
import { type PaxRecords, paxNumber, paxXattrs } from './pax.ts';
import { isHeaderOnly, lowBits, readDecimal, type TarHeader } from './tar-header.ts';
import { cleanPath, decodeName, hasForeignBytes } from './tar-text.ts';

/** One entry as a container would see it. Whiteouts are entries; `MergedFilesystem` gives them their meaning. */
export interface TarEntry extends LayerEntry {
  /** seconds since 1970, rounded down; the lowest 32 bits */
  readonly mtime: number;
  readonly xattrs: ReadonlyMap<string, Uint8Array>;
  /**
   * what is odd and yet accepted by runtimes: `size-on-header-only-type`, `absolute-path`, `path-with-parent`,
   * `path-not-utf8`, `overlay-whiteout` (a device 0:0, which overlayfs takes for a deletion)
   */
  readonly anomalies: readonly string[];
}

/** The types that containerd creates; it rejects every other, old GNU sparse files (`S`) and `7` included. */
const TYPES: ReadonlyMap<string, EntryType> = new Map([
  ['0', 'file'],
  ['1', 'hardlink'],
  ['2', 'symlink'],
  ['3', 'character'],
  ['4', 'block'],
  ['5', 'directory'],
  ['6', 'fifo'],
]);

/** NAME_MAX of Linux: bytes of one part of a path. */
const PART_BYTES = 255;
/** Bytes of the folder in which a runtime unpacks: its path and the entry's together must not be too long. */
const ROOT_BYTES = 80;
/** For `lchown` this id means: leave the owner, which is root. */
const UNCHANGED_ID = 0xffff_ffff;
const NO_XATTRS: ReadonlyMap<string, Uint8Array> = new Map();
const NO_ANOMALIES: readonly string[] = [];

/** Turns headers into entries: the rules for names, owners and types, without any state of the stream. */
export class EntryMaker {
  private readonly limits: Limits;
  private readonly invalid: (why: string) => PratiqueError;

  constructor(limits: Limits, invalid: (why: string) => PratiqueError) {
    this.limits = limits;
    this.invalid = invalid;
  }

  /**
   * A header with what the extended headers before it say: PAX over the header, GNU's long names over PAX.
   * An empty PAX value leaves the header's own. A file of the oldest format whose name ends in a slash is a folder.
   * @see Go archive/tar, `next` and `mergePAX`
   */
  merge(header: TarHeader, pax: PaxRecords, longName: string, longLink: string): TarHeader {
    const name = longName || pax.get('path') || header.name;
    const oldType = name.endsWith('/') ? '5' : '0';
    return {
      ...header,
      typeFlag: header.typeFlag === '\0' ? oldType : header.typeFlag,
      name,
      linkName: longLink || pax.get('linkpath') || header.linkName,
      uid: paxNumber(pax, 'uid') ?? header.uid,
      gid: paxNumber(pax, 'gid') ?? header.gid,
      size: paxNumber(pax, 'size') ?? header.size,
    };
  }

  /** @param size bytes of content with holes; 0 for types without a body */
  make(header: TarHeader, size: number, pax: PaxRecords): TarEntry {
    const type = TYPES.get(header.typeFlag);
    if (type === undefined)
      throw this.invalid(`runtimes do not know the entry type ${JSON.stringify(header.typeFlag)}`);
    const isLink = type === 'symlink' || type === 'hardlink';
    const path = this.path(header.name);
    const xattrs = pax.size === 0 ? NO_XATTRS : paxXattrs(pax);
    const capability = xattrs.get('security.capability');
    return {
      path,
      type,
      mode: type === 'symlink' ? 0o777 : lowBits(header.mode, 12),
      uid: ownerOf(header.uid),
      gid: ownerOf(header.gid),
      size,
      mtime: mtimeOf(header, pax),
      linkPath: isLink ? this.target(header.linkName, type) : '',
      ...(isOverlayWhiteout(header) ? { isOverlayWhiteout: true } : {}),
      ...(capability === undefined ? {} : { capabilities: parseFileCapabilities(capability) }),
      xattrs,
      anomalies: anomaliesOf(header, path),
    };
  }

  private path(name: string): string {
    if (name.includes('\0')) throw this.invalid('a path holds a NUL');
    const path = cleanPath(name);
    if (path.length + ROOT_BYTES > this.limits.pathBytes) throw this.tooLong();
    // A whiteout is never made itself, what it names may be as long as any part.
    if (
      path.length > PART_BYTES &&
      path
        .replace(/(^|\/)\.wh\.([^/]+)$/, '$1$2')
        .split('/')
        .some((part) => part.length > PART_BYTES)
    ) {
      throw this.invalid(`a part of a path is longer than ${PART_BYTES} bytes`);
    }
    return decodeName(path);
  }

  private target(linkName: string, type: EntryType): string {
    if (linkName === '') throw this.invalid(`a ${type} has no target`);
    if (linkName.includes('\0')) throw this.invalid('the target of a link holds a NUL');
    if (linkName.length >= this.limits.pathBytes) throw this.tooLong();
    return decodeName(linkName);
  }

  private tooLong(): PratiqueError {
    const { problem } = this.invalid('');
    return new PratiqueError('LIMIT_EXCEEDED', {
      what: `a path or link is longer than ${this.limits.pathBytes} bytes`,
      ...(problem.where === undefined ? {} : { where: problem.where }),
      why: 'Linux has none longer than 4096 bytes',
      next: 'raise limits.path-bytes in the policy if this is meant',
    });
  }
}

function mtimeOf({ mtime }: TarHeader, pax: PaxRecords): number {
  const record = pax.get('mtime');
  if (record === undefined) return lowBits(mtime, 32);
  const [, sign = '', seconds = '', fraction = ''] = /^([+-]?)(\d+)\.?(\d*)/.exec(record) ?? [];
  const whole = seconds === '' ? mtime : readDecimal(sign + seconds);
  const isBelow = sign === '-' && /[1-9]/.test(fraction.slice(0, 9));
  return lowBits(isBelow ? BigInt(whole) - 1n : whole, 32);
}

// The kernel sees 32 bits: 4294967296 is root.
function ownerOf(id: TarHeader['uid']): number {
  const owner = typeof id === 'number' && id >= 0 && id < UNCHANGED_ID ? id : lowBits(id, 32);
  return owner === UNCHANGED_ID ? 0 : owner;
}

function isOverlayWhiteout({ typeFlag, deviceMajor, deviceMinor }: TarHeader): boolean {
  return typeFlag === '3' && deviceMajor === 0 && deviceMinor === 0;
}

function anomaliesOf(header: TarHeader, path: string): readonly string[] {
  const found: string[] = [];
  if (isHeaderOnly(header.typeFlag) && header.size !== 0) found.push('size-on-header-only-type');
  if (header.name.startsWith('/')) found.push('absolute-path');
  if (/(?:^|\/)\.\.(?:\/|$)/.test(header.name)) found.push('path-with-parent');
  if (hasForeignBytes(path)) found.push('path-not-utf8');
  if (isOverlayWhiteout(header)) found.push('overlay-whiteout');
  return found.length === 0 ? NO_ANOMALIES : found;
}
