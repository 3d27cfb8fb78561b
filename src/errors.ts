/**
 * What we could *not find out*. A judgement is never an error and an error is never a judgement:
 * every code here ends a run as *undecided* (exit 3), or as a usage fault (exit 2).
 */
const CODES = {
  // usage: the person at the keyboard can mend it
  USAGE: 2,
  REFERENCE_INVALID: 2,
  POLICY_INVALID: 2,
  POLICY_NOT_FOUND: 2,
  KEY_INVALID: 2,
  // the image or its transport: nothing was decided
  NAME_UNKNOWN: 3,
  NOT_FOUND: 3,
  NO_IMAGE: 3,
  PLATFORM_NOT_FOUND: 3,
  UNAUTHORIZED: 3,
  DENIED: 3,
  RATE_LIMITED: 3,
  REGISTRY_ERROR: 3,
  NETWORK: 3,
  TLS: 3,
  TIMEOUT: 3,
  REDIRECT_REFUSED: 3,
  REALM_REFUSED: 3,
  CREDENTIALS: 3,
  DIGEST_INVALID: 3,
  DIGEST_MISMATCH: 3,
  SIZE_MISMATCH: 3,
  DIFF_ID_MISMATCH: 3,
  LIMIT_EXCEEDED: 3,
  JSON_INVALID: 3,
  MANIFEST_INVALID: 3,
  CONFIG_INVALID: 3,
  MEDIA_TYPE_UNKNOWN: 3,
  ARCHIVE_INVALID: 3,
  COMPRESSION_INVALID: 3,
  TAR_INVALID: 3,
  TAR_AMBIGUOUS: 3,
  FILESYSTEM_AMBIGUOUS: 3,
  SCAN_INCOMPLETE: 3,
  AGE_UNKNOWN: 3,
  NOT_SUPPORTED: 3,
  TRUST_ROOT_INVALID: 3,
  NOT_ATTESTABLE: 3,
  SIGNING_FAILED: 3,
  ATTACH_FAILED: 3,
  TAG_MOVED: 3,
  TAG_NOT_MOVED: 3,
  TAG_TAKEN: 3,
  WRITE_FAILED: 3,
  INTERNAL: 3,
} as const;

/** Stable name of a fault; part of the public interface. */
export type ErrorCode = keyof typeof CODES;

/** Whether a text from elsewhere is one of our codes. */
export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(CODES, text);
}

/** The four things a reader needs; every text is already safe to print (see `printable`). */
export interface Problem {
  /** what went wrong, as a clause without a full stop: "the layer is not the one that was asked for" */
  readonly what: string;
  /** which file, URL, layer or line */
  readonly where?: string;
  /** the reason, as far as it is known */
  readonly why?: string;
  /** what the reader can do next, as an imperative sentence without a full stop */
  readonly next?: string;
}

/** Thrown when something could not be found out. Carries no secret and no unescaped foreign text. */
export class PratiqueError extends Error {
  readonly code: ErrorCode;
  readonly problem: Problem;
  /** seconds after which it may be different, where the other side said so */
  readonly afterSeconds?: number;

  constructor(code: ErrorCode, problem: Problem, options?: { cause?: unknown; afterSeconds?: number }) {
    super(sentence(problem), options);
    this.name = 'PratiqueError';
    this.code = code;
    this.problem = problem;
    if (options?.afterSeconds !== undefined) this.afterSeconds = options.afterSeconds;
  }
}

/** The exit code a fault ends with: 2 usage, 3 undecided. Never 0, never 1. */
export function exitCodeOf(error: unknown): 2 | 3 {
  return error instanceof PratiqueError ? CODES[error.code] : 3;
}

/** Wraps whatever was thrown so that it has a code; a `PratiqueError` passes unchanged. */
export function toPratiqueError(thrown: unknown): PratiqueError {
  if (thrown instanceof PratiqueError) return thrown;
  const why = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
  // Parts of the program are loaded when they are needed: an upgrade may have taken them away under one that runs.
  const isGone = thrown instanceof Error && 'code' in thrown && thrown.code === 'ERR_MODULE_NOT_FOUND';
  const told = isGone
    ? { what: 'pratique is not installed whole', next: 'install it again, then start anew what was running' }
    : { what: 'pratique failed inside', next: 'report this with the command you ran' };
  return new PratiqueError('INTERNAL', { ...told, why }, { cause: thrown });
}

function sentence({ what, where, why, next }: Problem): string {
  const place = where === undefined ? '' : ` (${where})`;
  const reason = why === undefined ? '' : `: ${why}`;
  const advice = next === undefined ? '' : `; ${next}`;
  return `${what}${place}${reason}${advice}`;
}
