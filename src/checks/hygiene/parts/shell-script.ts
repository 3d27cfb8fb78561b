/** Commands that a `|` joins: what one writes the next one reads. */
export type Pipeline = readonly Command[];

/** One command of a script. */
export interface Command {
  readonly words: readonly Word[];
}

/** A word as the command gets it, quotes taken away; what is put in by `$(…)` stands as it is written. */
export interface Word {
  readonly text: string;
  /** scripts inside it whose output becomes the word, or a file that it names: `$(…)`, backticks, `<(…)`; not read */
  readonly inner: readonly string[];
}

/**
 * Reads a shell script into its commands: by words and not by what stands somewhere in the text, so that `echo "curl | sh"`
 * is an echo. Not expanded: variables, aliases, functions, here-documents (their lines are read as commands).
 * Source: POSIX.1-2024, Shell Command Language, 2.2 to 2.10.
 */
export function readScript(text: string): readonly Pipeline[] {
  return new Reader(text).read();
}

const PIPE = /[ \t]*\|(?!\|)/y;
/** After these a command begins, as after a semicolon. */
const OPENERS: ReadonlySet<string> = new Set([
  '{',
  '}',
  '!',
  'if',
  'then',
  'else',
  'elif',
  'do',
  'while',
  'until',
  'time',
]);

class Reader {
  private readonly text: string;
  private at = 0;
  private readonly pipelines: Pipeline[] = [];
  private pipeline: Command[] = [];
  private words: Word[] = [];
  private parts: string[] = [];
  private inner: string[] = [];
  private isWord = false;

  constructor(text: string) {
    this.text = text;
  }

  read(): readonly Pipeline[] {
    while (this.at < this.text.length) this.step();
    this.endPipeline();
    return this.pipelines;
  }

  private step(): void {
    const { text, at } = this;
    const char = text[at] ?? '';
    const next = text[at + 1] ?? '';
    if (char === '\\') this.escaped(next);
    else if (char === "'") this.quoted();
    else if (char === '"') this.doubleQuoted();
    else if (char === '`') this.nested(at + 1, this.closingTick(at + 1));
    else if ('$<>'.includes(char) && next === '(') this.nested(at + 2, this.closing(at + 2));
    else if (char === '#' && !this.isWord) this.comment();
    else if (char === '&' && this.parts.at(-1) === '>')
      this.put(char, 1); // `2>&1`
    else if (!this.ends(char, next)) this.put(char, 1);
  }

  /** Ends a word, a command or a pipeline where a character does. */
  private ends(char: string, next: string): boolean {
    if (char === ' ' || char === '\t' || char === '\r') this.endWord();
    else if (char === '|' && next !== '|') this.endCommand();
    else if (char === '(' && this.pipeline.length > 0 && this.words.length === 0) this.endWord();
    else if (char === ')' && this.isPiped()) this.endWord();
    else if (';&|\n()'.includes(char)) this.endPipeline();
    else return false;
    this.at += char === '|' && (next === '&' || next === '|') ? 2 : 1;
    return true;
  }

  /** `(a || b) | c`: what the last command of the group writes goes on, too. */
  private isPiped(): boolean {
    PIPE.lastIndex = this.at + 1;
    return PIPE.test(this.text);
  }

  private escaped(next: string): void {
    if (next === '\n') this.at += 2;
    else this.put(next, 2);
  }

  private put(text: string, length: number): void {
    this.parts.push(text);
    this.isWord = true;
    this.at += length;
  }

  private quoted(): void {
    const close = this.text.indexOf("'", this.at + 1);
    const stop = close < 0 ? this.text.length : close;
    this.put(this.text.slice(this.at + 1, stop), stop + 1 - this.at);
  }

  private doubleQuoted(): void {
    this.put('', 1);
    while (this.at < this.text.length && this.text[this.at] !== '"') {
      const { text, at } = this;
      const next = text[at + 1] ?? '';
      if (text[at] === '\\') this.escaped(next);
      else if (text[at] === '`') this.nested(at + 1, this.closingTick(at + 1));
      else if (text[at] === '$' && next === '(') this.nested(at + 2, this.closing(at + 2));
      else this.put(text[at] ?? '', 1);
    }
    this.at += 1;
  }

  private nested(from: number, to: number): void {
    this.inner.push(this.text.slice(from, to));
    this.put(this.text.slice(this.at, to + 1), to + 1 - this.at);
  }

  private comment(): void {
    const line = this.text.indexOf('\n', this.at);
    this.at = line < 0 ? this.text.length : line;
  }

  /** Where the parenthesis closes that was open before `from`; the end of the text where it does not. */
  private closing(from: number): number {
    let open = 1;
    for (let at = from; at < this.text.length; at++) {
      const char = this.text[at];
      if (char === '\\') at++;
      else if (char === "'") at = endOr(this.text.indexOf("'", at + 1), this.text.length);
      else if (char === '(') open++;
      else if (char === ')' && --open === 0) return at;
    }
    return this.text.length;
  }

  private closingTick(from: number): number {
    for (let at = from; at < this.text.length; at++) {
      if (this.text[at] === '\\') at++;
      else if (this.text[at] === '`') return at;
    }
    return this.text.length;
  }

  private endWord(): void {
    if (!this.isWord) return;
    const text = this.parts.join('');
    const { inner } = this;
    this.parts = [];
    this.inner = [];
    this.isWord = false;
    if (this.words.length > 0 || !OPENERS.has(text)) this.words.push({ text, inner });
  }

  private endCommand(): void {
    this.endWord();
    if (this.words.length > 0) this.pipeline.push({ words: this.words });
    this.words = [];
  }

  private endPipeline(): void {
    this.endCommand();
    if (this.pipeline.length > 0) this.pipelines.push(this.pipeline);
    this.pipeline = [];
  }
}

function endOr(at: number, end: number): number {
  return at < 0 ? end : at;
}
