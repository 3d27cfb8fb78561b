import type { Descriptor } from '../model/descriptor.ts';
import { algorithmOf, type Digest, hexOf } from '../model/digest.ts';
import type { Reference } from '../model/reference.ts';
import { STATEMENT_TYPE, type Statement } from '../model/statement.ts';

/** An in-toto digest set: algorithm → hex digits. */
export type DigestSet = Readonly<Record<string, string>>;

/** `sha256:ab…` as in-toto writes it: `{ "sha256": "ab…" }`. */
export function digestSetOf(digest: Digest): DigestSet {
  return { [algorithmOf(digest)]: hexOf(digest) };
}

/**
 * An in-toto statement about images. The subject's name is for people; only digests bind.
 * @param subjects at least one
 * @see in-toto attestation v1, spec/v1/statement.md
 */
export function makeStatement(
  subjects: readonly Descriptor[],
  { registry, repository }: Reference,
  predicateType: string,
  predicate: unknown,
): Statement {
  const name = `${registry}/${repository}`;
  return {
    _type: STATEMENT_TYPE,
    subject: subjects.map(({ digest }) => ({ name, digest: digestSetOf(digest) })),
    predicateType,
    predicate,
  };
}
