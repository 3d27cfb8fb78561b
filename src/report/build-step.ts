const LONGEST = 4000; // characters looked at; a history line may be megabytes

/**
 * The build step that made a layer, as it stood in the Dockerfile as far as that can be told: without the shell
 * that Docker's builder wrote before it and the remark that BuildKit wrote after it, blanks folded, and with
 * what looks like a secret left out. Still foreign.
 * @param createdBy `history[].created_by`, see OCI image-spec v1.1.1, config.md
 */
export function formatBuildStep(createdBy: string): string {
  const text = maskBuildStep(createdBy)
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/ # buildkit$/, '');
  const nop = /^\/bin\/sh -c #\(nop\) ?(.*)$/.exec(text);
  if (nop !== null) return (nop[1] ?? '').trim();
  const shell = /^(?:RUN )?(?:\|\d+ .*? )?\/bin\/sh -c (.*)$/.exec(text);
  return shell === null ? text : `RUN ${shell[1] ?? ''}`;
}

const NAME = '[\\w.-]{0,40}(?:pass|pwd|secret|token|key|auth|cred)[\\w.-]{0,40}';
const VALUE = '(?:"[^"]*"?|\'[^\']*\'?|[^\\s"\'&;|]+)';
const ASSIGNED = new RegExp(`(${NAME}["']?[=:] ?)${VALUE}`, 'gi');
const FLAGGED = new RegExp(`((?:--?|(?<![\\w.])ENV )${NAME} )${VALUE}`, 'gi');
const LOGIN = /(:\/\/)[^\s/@]{1,200}@/g;
const HEADER = /\b(bearer|basic) +[^\s"']+/gi;
const PEM = /-----BEGIN.*$/s;
const WORD = /(sha256:|sha512:)?[A-Za-z0-9_+=-]{16,}/g;

/**
 * A build step with what looks like a secret shown as `…`. People write passwords into Dockerfiles, a finding
 * names the step that made its layer, and reports go to logs that others read. It errs towards leaving out.
 */
export function maskBuildStep(createdBy: string): string {
  const text = createdBy.length > LONGEST ? `${createdBy.slice(0, LONGEST)}…` : createdBy;
  return text
    .replace(PEM, '…')
    .replace(LOGIN, '$1…@')
    .replace(HEADER, '$1 …')
    .replace(ASSIGNED, '$1…')
    .replace(FLAGGED, '$1…')
    .replace(WORD, (word, digest: string | undefined) =>
      digest === undefined && looksRandom(word) ? '…' : word,
    );
}

/** Long words of letters and digits that no person would have named a thing. */
function looksRandom(word: string): boolean {
  if (!/\d/.test(word) || !/[A-Za-z]/.test(word)) return false;
  if (/[a-z]/.test(word) && /[A-Z]/.test(word)) return true;
  if (/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(word)) return true;
  return /^[A-Z0-9]{16,}$/.test(word) || /^[a-z0-9]{20,}$/.test(word);
}
