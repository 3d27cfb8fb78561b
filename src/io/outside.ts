/**
 * Where the bytes of a layer lie that are no file's contents. No container sees them, everybody who has the
 * image reads them: owners' names, comments, long names that a later one replaces, padding.
 */
export type Place =
  | 'tar header'
  | 'extended header'
  | 'sparse map'
  | 'padding'
  | 'behind the end'
  | 'gzip header'
  | 'skippable zstd frame';

/**
 * Receives bytes that are no file's contents, piece by piece. Pieces of one place come one after another, each in
 * one or more parts; pieces of different places may come in turns.
 * @param bytes not a copy: whoever keeps them must copy them
 * @param isFirst whether a new piece begins, which does not go on from the one before
 */
export type TakeOutside = (bytes: Uint8Array, place: Place, isFirst: boolean) => void;
