import { PratiqueError } from '../../errors.ts';
import { printable } from '../../model/printable.ts';

const WHOLE = 4; // letters; shorter ones are in every other word
const PART = 8; // letters in a row; less does not tell that it is of the secret
const MOST_CAUSES = 8;

/**
 * Takes secrets out of a text wherever they stand, whole or in part, in any case: a message cuts what it quotes,
 * escapes it, and a URL folds its host to lower case.
 */
export function scrubText(text: string, secrets: Iterable<string>): string {
  const hidden = new Uint8Array(text.length);
  const folded = fold(text);
  for (const secret of formsOf(secrets)) mark(hidden, folded, secret);
  if (!hidden.includes(1)) return text;
  let clean = '';
  for (let at = 0; at < text.length; at += 1) {
    if (hidden[at] === 0) clean += text[at];
    else if (at === 0 || hidden[at - 1] === 0) clean += '…';
  }
  return clean;
}

/**
 * A fault without secrets: in its sentence, its parts, its causes and the traces of all of them. A server can send
 * back what it was sent, in a header or as a key of JSON, and every message quotes what is wrong.
 * @returns the same object where it holds none
 */
export function scrubFault(thrown: unknown, secrets: ReadonlySet<string>): unknown {
  if (secrets.size === 0 || !(thrown instanceof Error)) return thrown;
  const texts = [...textsOf(thrown)];
  if (texts.every((text) => scrubText(text, secrets) === text)) return thrown;
  return cleanCopy(thrown, secrets, 0);
}

function cleanCopy(error: Error, secrets: ReadonlySet<string>, depth: number): Error {
  const { cause } = error;
  const kept =
    cause instanceof Error && depth < MOST_CAUSES ? { cause: cleanCopy(cause, secrets, depth + 1) } : {};
  if (error instanceof PratiqueError) {
    const { what, ...rest } = error.problem;
    const parts = Object.entries(rest).map(([name, text]) => [name, scrubText(text, secrets)]);
    return new PratiqueError(
      error.code,
      { what: scrubText(what, secrets), ...Object.fromEntries(parts) },
      { ...kept, ...(error.afterSeconds !== undefined && { afterSeconds: error.afterSeconds }) },
    );
  }
  // Whatever else an error of a library carries stays behind: it could be the answer itself.
  const copy = new Error(scrubText(error.message, secrets), kept);
  copy.name = error.name;
  const code = 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? Object.assign(copy, { code: scrubText(code, secrets) }) : copy;
}

function* textsOf(error: Error): Generator<string> {
  let next: unknown = error;
  for (let depth = 0; next instanceof Error && depth < MOST_CAUSES; depth += 1) {
    yield next.message;
    yield next.stack ?? '';
    if (next instanceof PratiqueError) yield* Object.values(next.problem);
    next = next.cause;
  }
}

function formsOf(secrets: Iterable<string>): ReadonlySet<string> {
  const forms = new Set<string>();
  for (const secret of secrets) {
    if (secret.length < WHOLE) continue;
    for (const form of [secret, printable(secret, secret.length), encodeURIComponent(secret.toWellFormed())])
      forms.add(fold(form));
  }
  return forms;
}

function mark(hidden: Uint8Array, text: string, secret: string): void {
  const size = Math.min(PART, secret.length);
  for (let at = 0; at + size <= text.length; at += 1)
    if (secret.includes(text.slice(at, at + size))) hidden.fill(1, at, at + size);
}

// Letters of ASCII only, so that no letter becomes two.
function fold(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}
