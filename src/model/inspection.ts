import type { BaseMatch } from './base.ts';
import type { Image, Resolved } from './image.ts';

/** What an image is, judged by nobody. */
export interface Inspection {
  readonly resolved: Resolved;
  readonly images: readonly InspectedImage[];
}

export interface InspectedImage {
  readonly image: Image;
  /** the approved base that it stands on, where the policy approves any and one was found */
  readonly base?: BaseMatch;
  /** approved bases that could not be read, and why; printable */
  readonly unreadBases?: readonly string[];
  /** the merged filesystem as a container would see it; absent where nobody asked. Walked once */
  readonly files?: Iterable<InspectedFile>;
}

/** One entry of the merged filesystem. */
export interface InspectedFile {
  /** without a leading slash; foreign, not escaped */
  readonly path: string;
  /** `file`, `directory`, `symlink`, … */
  readonly type: string;
  /** permission bits, with set-user-id, set-group-id and sticky */
  readonly mode: number;
  readonly size: number;
  readonly sha256?: string;
  /** what a link points to, empty for all else; foreign, not escaped */
  readonly linkPath?: string;
  /** the layer it came from, from 0 */
  readonly layer: number;
}

/** `0755`, `4755`. */
export function octal(mode: number): string {
  return (mode & 0o7777).toString(8).padStart(4, '0');
}
