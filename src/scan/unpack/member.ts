import { PratiqueError } from '../../errors.ts';
import { printable } from '../../model/printable.ts';

/** What a thing in an archive is called. */
export interface MemberName {
  /** binary string: one character for each byte */
  readonly name: string;
  /** what a link in it points at */
  readonly link?: string;
}

/**
 * Is given a thing of which all is there.
 * @param bytes its content, valid until this returns
 * @returns whether it is dealt with; if not it comes again, as any other
 */
export type TakeMember = (member: MemberName, bytes: Uint8Array) => boolean;

/** One thing in an archive. */
export interface Member extends MemberName {
  /** must be read to its end before the next member is asked for */
  readonly bytes: AsyncIterable<Uint8Array>;
  /** why its content cannot be had; `bytes` is empty then */
  readonly unreadable?: string;
}

/** The fault of an archive that cannot be read on. `why` must be printable. */
export function archiveFault(why: string, where: string): PratiqueError {
  return new PratiqueError('ARCHIVE_INVALID', {
    what: 'an archive in a layer cannot be read',
    where: printable(where),
    why,
  });
}

/**
 * Why bytes cannot be read on, where a fault is theirs and says nothing about what came before it.
 * @returns `damaged`, or what it is in them that this version does not read; `undefined` for any other fault
 */
export function reasonOf(thrown: unknown): string | undefined {
  if (!(thrown instanceof PratiqueError)) return undefined;
  if (/^(?:COMPRESSION|ARCHIVE)_INVALID$/.test(thrown.code)) return 'damaged';
  return thrown.code === 'NOT_SUPPORTED' ? thrown.problem.why : undefined;
}
