import { quoted } from '../model/printable.ts';
import { kindOfPath } from './kind-of-path.ts';

/** A piece of a file. */
export interface Spot {
  /** as it is written, or as it reads where the file writes it with escapes */
  readonly text: string;
  /** offset of its first character in the file, in UTF-16 units */
  readonly start: number;
  /** offset after its last; only where the file holds `text` itself between the two, unbroken and unescaped */
  readonly end?: number;
}

/** A place in a file where an image is named, as the reader of that kind of file understands it. */
export interface Sighting {
  /** what names it there: `FROM`, `services.web.image`; foreign text, not escaped */
  readonly role: string;
  readonly spot: Spot;
  /** the name as it is used, with variables replaced; absent where it cannot be known */
  readonly name?: string;
  /** why it cannot be known; a printable clause */
  readonly why?: string;
  /** the name is put together of several values, or says what is built: nothing can be appended to it where it stands */
  readonly isBound?: true;
}

/** Characters that a name is written in at most, with its variables; a longer text is no name. */
export const LONGEST_NAME = 4096;

/** Something that is told beside the names. */
export interface Remark {
  readonly start: number;
  /** printable clause */
  readonly text: string;
}

/** A Dockerfile that a file builds from, under a name by which it would not be known as one. */
export interface OtherDockerfile extends Remark {
  /** as it is written, from the folder of the build */
  readonly path: string;
}

/** What a reader of one kind of file has found. */
export interface Findings {
  readonly sightings: readonly Sighting[];
  /** names that stand in other places than this repository (an include from elsewhere) */
  readonly elsewhere: readonly Remark[];
  /** parts of this file that could not be read: an image may be named there */
  readonly unread: readonly Remark[];
  readonly dockerfiles: readonly OtherDockerfile[];
}

/** Collects what a reader finds. The same place with the same name counts once: YAML anchors lead there many times. */
export interface Collector {
  see(sighting: Sighting): void;
  elsewhere(start: number, text: string): void;
  unread(start: number, text: string): void;
  /** tells the Dockerfile that is built from; one that is known by its name is read where it stands */
  builds(start: number, path: string): void;
  findings(): Findings;
}

/** An empty collection. */
export function collect(): Collector {
  const sightings = new Map<string, Sighting>();
  const elsewhere = new Map<string, Remark>();
  const unread = new Map<string, Remark>();
  const dockerfiles = new Map<string, OtherDockerfile>();
  return {
    see: (sighting) => addOnce(sightings, `${sighting.spot.start} ${sighting.name ?? ''}`, sighting),
    elsewhere: (start, text) => addOnce(elsewhere, `${start} ${text}`, { start, text }),
    unread: (start, text) => addOnce(unread, `${start} ${text}`, { start, text }),
    builds(start, path) {
      if (path.trim() === '' || kindOfPath(path)?.endsWith('dockerfile') === true) return;
      const text = `it builds from ${quoted(path)}, which is not known to be a Dockerfile: name that file, too`;
      addOnce(dockerfiles, `${start} ${path}`, { start, text, path });
    },
    findings: () => ({
      sightings: [...sightings.values()].sort((a, b) => a.spot.start - b.spot.start),
      elsewhere: [...elsewhere.values()],
      unread: [...unread.values()],
      dockerfiles: [...dockerfiles.values()],
    }),
  };
}

function addOnce<T>(map: Map<string, T>, key: string, value: T): void {
  if (!map.has(key)) map.set(key, value);
}
