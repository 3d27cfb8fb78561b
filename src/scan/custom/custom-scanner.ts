import { PratiqueError } from '../../errors.ts';
import type { Limits } from '../../io/limits.ts';
import { printable } from '../../model/printable.ts';
import { ByteWindow } from '../byte-window.ts';
import type { ContentScanner, Hit, ScanSubject } from '../rule.ts';
import { createSecretCollector, fingerprintOf, type JudgedRule } from '../secret-collector.ts';
import { type CompiledRule, looksAt, sightsIn } from './compiled-rule.ts';
import type { CustomRules } from './custom-rules.ts';

/** Files are looked at in blocks that begin at multiples of this many bytes, however they are cut into chunks. */
const BLOCK_BYTES = 64 * 1024;
/** What is held on either side of a block: the longest match that is surely seen, and how near a keyword must be. */
export const REACH_BYTES = 8 * 1024;
/** seconds that one rule may take for one block; the engine is linear in the text, the sum over all matches is not */
const BLOCK_SECONDS = 10;
/** share of NULs from which a rule without keywords reads a block as UTF-16, too */
const WIDE_SHARE = 0.25;
const ZEROS = new Uint8Array(BLOCK_BYTES);

/** How the bytes are read: as they are, or every other one, from the first or the second of the file on. */
type Reading = 0 | 1 | 2;
const PLAIN: Reading = 0;
const READINGS: readonly Reading[] = [0, 1, 2];

/** Where one rule stands in the file that is open. Positions are those of the file. */
interface Progress {
  readonly compiled: CompiledRule;
  readonly judged: JudgedRule;
  looks: boolean;
  /** by reading: of the last keyword seen, and past the last match */
  readonly keyword: [number, number, number];
  readonly done: [number, number, number];
}

/**
 * Makes a scanner of a user's rules. It holds one block and its surroundings; a rule runs on a block if one of its
 * keywords is in it or near it, on an engine that no pattern can hang.
 * @throws {PratiqueError} `LIMIT_EXCEEDED` from `write` and `end`, where a rule takes too long: nothing is decided then
 */
export function createCustomScanner(rules: CustomRules, limits: Limits): ContentScanner {
  const window = new ByteWindow(BLOCK_BYTES + 2 * REACH_BYTES);
  const secrets = createSecretCollector(limits);
  const all: readonly Progress[] = rules.compiled.map((compiled) => ({
    compiled,
    judged: judgedOf(compiled),
    looks: false,
    keyword: [-1, -1, -1],
    done: [0, 0, 0],
  }));
  let subject: ScanSubject = {};
  let state = rules.matcher.start;
  let searchedTo = 0;
  /** first byte of the block that is looked at next */
  let block = 0;

  function search(): void {
    const { bytes, start } = window;
    state = rules.matcher.scan(bytes, searchedTo - start, bytes.length, state, (index, end) => {
      const { users, wide, length } = rules.keywords[index] as CustomRules['keywords'][number];
      const at = start + end - length;
      const reading = wide ? ((1 + (at % 2)) as Reading) : PLAIN;
      for (const user of users) (all[user] as Progress).keyword[reading] = at;
    });
    searchedTo = window.end;
  }

  /** Looks at the block, with what is held around it. */
  function look(isLast: boolean): void {
    search();
    const before = isLast ? Number.POSITIVE_INFINITY : block + BLOCK_BYTES;
    const wide = rules.someRunEverywhere && isWide(window.bytes);
    for (const progress of all) {
      if (progress.looks) for (const reading of READINGS) lookWith(progress, reading, before, wide);
    }
    block += BLOCK_BYTES;
    window.discardBefore(block - REACH_BYTES);
    secrets.settle(window.start);
  }

  function lookWith(progress: Progress, reading: Reading, before: number, wide: boolean): void {
    const { compiled, judged, keyword, done } = progress;
    if (compiled.rule.keywords.length === 0) {
      if (reading !== PLAIN && !wide) return;
    } else if (keyword[reading] < window.start) return;
    const { text, origin, step } = textOf(window, reading);
    const letters = (position: number) => Math.ceil((position - origin) / step);
    const from = Math.max(0, letters(Math.max(block, done[reading])));
    const began = performance.now();
    for (const sight of sightsIn(compiled, text, from, letters(before), subject.path)) {
      done[reading] = origin + sight.matchEnd * step;
      if ('secret' in sight) secrets.add(judged, sight.secret, () => origin + sight.start * step, step === 2);
      if (performance.now() - began > BLOCK_SECONDS * 1000) throw tooSlow(compiled);
    }
  }

  const scanner: ContentScanner = {
    begin(next) {
      subject = next;
      window.clear();
      state = rules.matcher.start;
      searchedTo = 0;
      block = 0;
      for (const progress of all) {
        progress.looks = looksAt(progress.compiled, next.path);
        progress.keyword.fill(-1);
        progress.done.fill(0);
      }
    },
    write(bytes) {
      for (let at = 0; at < bytes.length; ) {
        // Up to here and no further, or what a rule sees would hang on how the file is cut into chunks.
        const due = block + BLOCK_BYTES + REACH_BYTES - window.end;
        at += window.take(bytes.subarray(0, at + due), at);
        if (window.end === block + BLOCK_BYTES + REACH_BYTES) look(false);
      }
    },
    hole(length) {
      // So many zeros fill the window: every block of them is like the one before.
      const filled = 2 * (BLOCK_BYTES + REACH_BYTES);
      const blocks = Math.floor((length - filled) / BLOCK_BYTES);
      if (blocks <= 0) return writeZeros(scanner, length);
      writeZeros(scanner, filled);
      window.skip(blocks * BLOCK_BYTES);
      searchedTo += blocks * BLOCK_BYTES;
      block += blocks * BLOCK_BYTES;
      writeZeros(scanner, length - filled - blocks * BLOCK_BYTES);
    },
    end() {
      look(true);
      const named = all.filter(({ looks, compiled }) => looks && compiled.pattern === undefined);
      const inNames = subject.path === undefined ? [] : named.map(({ judged }) => nameHit(judged, subject));
      return [...inNames, ...secrets.finish()];
    },
    fork: () => createCustomScanner(rules, limits),
  };
  return scanner;
}

function writeZeros(scanner: ContentScanner, length: number): void {
  for (let left = length; left > 0; left -= ZEROS.length) scanner.write(ZEROS.subarray(0, left));
}

function isWide(bytes: Uint8Array): boolean {
  let zeros = 0;
  for (const byte of bytes) if (byte === 0) zeros++;
  return zeros > bytes.length * WIDE_SHARE;
}

/** What is held, as a reading has it; `origin` is the position in the file of the first letter. */
function textOf(
  window: ByteWindow,
  reading: Reading,
): { readonly text: string; readonly origin: number; readonly step: number } {
  if (reading === PLAIN) return { ...window.textAround(window.start, window.end), step: 1 };
  const parity = ((reading - 1 + window.start) % 2) as 0 | 1;
  return { text: window.wideText(parity), origin: window.start + parity, step: 2 };
}

/** What the collector needs of a rule; the rule itself has said already what counts. */
function judgedOf({ rule }: CompiledRule): JudgedRule {
  const { id, what, severity, confidence, remedy, tags } = rule;
  return {
    id,
    provider: 'custom',
    what,
    severity,
    confidence,
    remedy,
    checkDecides: true,
    ...(tags.length > 0 && { details: () => ({ tags: tags.join(', ') }) }),
  };
}

/** The finding of a rule that goes by the path alone. */
function nameHit({ id, severity, confidence, what, remedy }: JudgedRule, { path = '' }: ScanSubject): Hit {
  return {
    check: 'secrets',
    rule: id,
    severity,
    confidence,
    offset: 0,
    message: what,
    remedy,
    args: { provider: 'custom', length: 0 },
    fingerprint: fingerprintOf(id, path),
  };
}

function tooSlow({ rule }: CompiledRule): PratiqueError {
  return new PratiqueError('LIMIT_EXCEEDED', {
    what: `the rule ${printable(rule.id)} took more than ${BLOCK_SECONDS} seconds for ${BLOCK_BYTES} bytes`,
    where: printable(rule.shown),
    next: 'give it keywords, or a pattern with less to try',
  });
}
