import { ElfWatch } from '../io/elf/elf.ts';
import type { Limits } from '../io/limits.ts';
import { ByteWindow } from './byte-window.ts';
import { BYTES_BEHIND, isWordByte, standsIn } from './miners/bounds.ts';
import { createMinerEvidence, isJudgedWithoutSigns } from './miners/evidence.ts';
import { NeedFinder } from './need-finder.ts';
import { runPattern } from './pattern-run.ts';
import { type PreparedKeyword, prepareRules, type Target } from './prepared-rules.ts';
import type { ContentScanner, MinerSign, RuleSet, ScanSubject, SecretRule } from './rule.ts';
import { RULE_SET } from './rule-set.ts';
import { createSecretCollector } from './secret-collector.ts';

/** Bytes that are gathered before they are searched. Any number gives the same hits; this one fits the cache. */
const BLOCK_BYTES = 128 * 1024;
/** Most keywords whose bytes go unasked where those of the ones before allowed a match: more of the same are likely. */
const MOST_TRUST = 16;
const ZEROS = new Uint8Array(4096);

/** A keyword that was seen and whose surroundings may not be there yet. Positions are those of the file. */
interface Waiting {
  readonly keyword: PreparedKeyword;
  readonly target: Target;
  /** of the keyword's first byte */
  readonly start: number;
  /** just past the last byte that its pattern may want */
  readonly due: number;
}

/**
 * Makes a scanner. It reads bytes, whatever they are: texts, programs, UTF-16 at any alignment. A keyword found by
 * the matcher makes its rule's pattern run on the bytes around it, once all of these are there; so the hits do not
 * depend on how a file is cut into chunks.
 * @param rules the built-in ones where absent
 * @param options `blockBytes`: for tests, how many bytes are gathered before they are searched
 */
export function createContentScanner(
  rules: RuleSet | undefined,
  limits: Limits,
  options: { readonly blockBytes?: number } = {},
): ContentScanner {
  const ruleSet = rules ?? RULE_SET;
  const prepared = prepareRules(ruleSet);
  const { matcher, keywords } = prepared;
  // UTF-16 takes two bytes a letter, and one more on either side to know it by.
  const keptBefore = 2 * prepared.mostBefore + 2;
  const keptAfter = 2 * prepared.mostAfter + 2;
  const window = new ByteWindow(keptBefore + keptAfter + (options.blockBytes ?? BLOCK_BYTES));
  const finder = new NeedFinder(window);
  const secrets = createSecretCollector(limits);
  const evidence = createMinerEvidence(ruleSet.minerSigns);
  const elf = new ElfWatch();
  /** by rule, whether it looks in the open file: found out when a keyword of it is met there, as in most files none is */
  const applies = ruleSet.secrets.map(({ places }): boolean | undefined => places === undefined || undefined);
  const placed = [...applies.keys()].filter((index) => ruleSet.secrets[index]?.places !== undefined);
  const covered = new Float64Array(ruleSet.secrets.length);
  /** by rule: no match that begins before this position holds a keyword behind it, or none that counts begins just there */
  const tried = new Float64Array(ruleSet.secrets.length);
  const patterns = ruleSet.secrets.length + ruleSet.minerSigns.length;
  /** by rule, and by sign behind them: keywords that go unasked */
  const unasked = new Uint8Array(patterns);
  /** the same: how many may do so after the next one that may match */
  const trust = new Uint8Array(patterns);
  /** the same: what its pattern needs is lacking between these two positions */
  const barrenFrom = new Float64Array(patterns);
  const barrenTo = new Float64Array(patterns);
  let state = matcher.start;
  let searchedTo = 0;
  let waiting: Waiting[] = [];
  let isOpen = false;
  /** whether a keyword was met in the open file: in most, and in nearly all names, none is */
  let isMet = false;
  /** whether the last bytes of the file are held */
  let isOver = false;
  let subject: ScanSubject = {};

  function onHit(index: number, end: number): void {
    isMet = true;
    const keyword = keywords[index] as PreparedKeyword;
    const start = window.start + end - keyword.seen;
    if (keyword.rest !== undefined && !holdsRest(window, keyword, start, true)) return;
    for (const target of keyword.targets) {
      if (target.kind === 'sign' && evidence.hasSign(target.sign)) continue;
      if (mayMatch(target, keyword, start)) lookOrWait(keyword, target, start);
    }
  }

  /** What can be told from the bytes of the keyword and those around it, without any pattern. */
  function mayMatch(target: Target, keyword: PreparedKeyword, start: number): boolean {
    if (target.kind === 'secret' && !isWorthwhile(target, keyword, start)) return false;
    if (keyword.wide) return true;
    if (target.kind === 'sign' && !mayStand(target.sign, keyword, start)) return false;
    if (target.run === undefined) return true;
    const run = target.run();
    const at = target.kind === 'secret' ? target.rule : ruleSet.secrets.length + target.sign;
    const from = Math.max(0, start - run.before);
    // One more, for what must not follow something that is looked ahead for.
    const end = start + run.after + 1;
    if (end <= (barrenTo[at] as number) && from >= (barrenFrom[at] as number)) return false;
    if ((unasked[at] as number) > 0) {
      unasked[at] = (unasked[at] as number) - 1;
      return true;
    }
    const mayGoOn = run.walk === undefined || window.mayWalk(run.walk, start, keyword.length, isOver);
    const isWorth = mayGoOn && holdsNeeds(target, at, from, end);
    if (isWorth) unasked[at] = trust[at] as number;
    trust[at] = isWorth ? Math.min(MOST_TRUST, (trust[at] as number) + 1) : 0;
    return isWorth;
  }

  /** Whether the keyword of a sign stands where that wants it, if all is there that tells it. */
  function mayStand(sign: number, keyword: PreparedKeyword, start: number): boolean {
    const { bounds } = ruleSet.minerSigns[sign] as MinerSign;
    const isHeld = start + keyword.length + BYTES_BEHIND <= window.end;
    return bounds === undefined || !isHeld || standsIn(bounds, window, keyword, start);
  }

  /** Whether that is there without which the pattern cannot match, if all of its surroundings are held. */
  function holdsNeeds(target: Target, at: number, from: number, end: number): boolean {
    const need = end <= window.end && from >= window.start ? target.needs?.() : undefined;
    if (need === undefined) return true;
    const until = finder.lacksUntil(need, from, end);
    if (until === 0) return true;
    barrenFrom[at] = from;
    barrenTo[at] = until;
    return false;
  }

  /** What can be told from the keyword's own bytes, before its surroundings are looked at. */
  function isWorthwhile(
    target: Extract<Target, { kind: 'secret' }>,
    keyword: PreparedKeyword,
    start: number,
  ): boolean {
    applies[target.rule] ??= looksIn(ruleSet.secrets[target.rule] as SecretRule, subject);
    if (!applies[target.rule]) return false;
    const step = keyword.wide ? 2 : 1;
    if (target.exact !== undefined && !window.holds(target.exact, start, step, true)) return false;
    if (keyword.wide) return true;
    const { notBehind, wordStart } = target.run();
    if (notBehind?.[window.byteAt(start - 1)] === 1) return false;
    return !(wordStart && isInsideWord(window, start));
  }

  function lookOrWait(keyword: PreparedKeyword, target: Target, start: number): void {
    const after = target.run?.().after ?? keyword.length + BYTES_BEHIND;
    const due = start + (keyword.wide ? 2 * after + 1 : after);
    if (waiting.length === 0 && due <= window.end) look(keyword, target, start);
    else waiting.push({ keyword, target, start, due });
  }

  /**
   * Searches what has come, and looks at the surroundings that are complete: strictly in order, so that every way
   * of cutting a file up is judged alike.
   */
  function search(isLast: boolean): void {
    const { bytes, start, end } = window;
    isOver = isLast;
    if (start === 0) evidence.setHead(bytes);
    if (elf.isWatching) elf.write(bytes.subarray(searchedTo - start));
    lookAtWaiting(false);
    state = matcher.scan(bytes, searchedTo - start, bytes.length, state, onHit);
    searchedTo = end;
    if (isLast) lookAtWaiting(true);
    window.discardBefore((waiting[0]?.start ?? end) - keptBefore);
    // No match can begin before what is held.
    secrets.settle(window.start);
  }

  function lookAtWaiting(isLast: boolean): void {
    let done = 0;
    for (; done < waiting.length; done++) {
      const { keyword, target, start, due } = waiting[done] as Waiting;
      if (!isLast && due > window.end) break;
      look(keyword, target, start);
    }
    if (done > 0) waiting = waiting.slice(done);
  }

  function look(keyword: PreparedKeyword, target: Target, start: number): void {
    // Some of the keyword may not have been there when it was seen.
    if (keyword.rest !== undefined) {
      if (!holdsRest(window, keyword, start, false)) return;
      if (target.kind === 'secret' && !isWorthwhile(target, keyword, start)) return;
    }
    if (target.kind === 'sign') lookAtSign(keyword, target, start);
    else lookForSecret(keyword, target, start);
  }

  function lookAtSign(
    keyword: PreparedKeyword,
    target: Extract<Target, { kind: 'sign' }>,
    start: number,
  ): void {
    // It may have been seen while this place was waiting.
    if (evidence.hasSign(target.sign)) return;
    const { bounds, check } = ruleSet.minerSigns[target.sign] as MinerSign;
    if (!standsIn(bounds, window, keyword, start)) return;
    if (target.run !== undefined) {
      const match = runPattern(window, target.run(), keyword, start);
      if (match === undefined || check?.(match.secret) === 'refuted') return;
    }
    evidence.addSign(target.sign, start);
  }

  function lookForSecret(
    keyword: PreparedKeyword,
    target: Extract<Target, { kind: 'secret' }>,
    start: number,
  ): void {
    if (start < (covered[target.rule] as number)) return;
    const run = target.run();
    // Several keywords of one rule may begin here: a match that begins with any of them is the same.
    if (run.sticky && !keyword.wide && tried[target.rule] === start + 1) return;
    const match = runPattern(window, run, keyword, start, tried[target.rule]);
    if (match === undefined) {
      if (!keyword.wide) tried[target.rule] = start + 1;
      return;
    }
    const rule = ruleSet.secrets[target.rule] as SecretRule;
    if (secrets.add(rule, match.secret, match.offset, keyword.wide)) covered[target.rule] = match.end;
    else if (run.sticky && !keyword.wide) tried[target.rule] = start + 1;
  }

  function startAnew(): void {
    window.clear();
    finder.clear();
    elf.begin();
    if (waiting.length > 0) waiting = [];
    if (isMet) for (const one of [covered, tried, barrenTo]) one.fill(0);
    isMet = false;
    state = matcher.start;
    searchedTo = 0;
  }

  const scanner: ContentScanner = {
    begin(opened) {
      if (isOpen) throw new RangeError('the scanner was given a file before the last one had ended');
      isOpen = true;
      startAnew();
      subject = opened;
      for (const index of placed) applies[index] = undefined;
      evidence.begin(subject);
    },
    write(bytes) {
      for (let at = 0; at < bytes.length; ) {
        at += window.take(bytes, at);
        if (window.isFull) search(false);
      }
    },
    hole(length) {
      // So many zeros settle all that was waiting, and so many more are kept before what follows.
      const settled = keptAfter + keptBefore;
      if (length <= 2 * settled) return writeZeros(scanner, length);
      writeZeros(scanner, settled);
      search(true);
      window.discardBefore(window.end);
      window.skip(length - 2 * settled);
      elf.zeros(length - 2 * settled);
      searchedTo = window.end;
      writeZeros(scanner, settled);
    },
    end() {
      search(true);
      isOpen = false;
      const facts = elf.end();
      if (facts !== undefined) evidence.setElf(facts);
      const [found, miners] = [secrets.finish(), evidence.finish()];
      return miners.length === 0 ? found : [...found, ...miners].sort((a, b) => a.offset - b.offset);
    },
    mayFind(asked, bytes) {
      let isSeen = isJudgedWithoutSigns(asked, bytes);
      matcher.scan(bytes, 0, bytes.length, matcher.start, (index, end) => {
        isSeen ||= mayBeHeld(keywords[index] as PreparedKeyword, bytes, end);
      });
      return isSeen;
    },
    fork: () => createContentScanner(ruleSet, limits, options),
  };
  return scanner;
}

/** Whether some pattern may match around a keyword that ends there, in bytes that are all there is. */
function mayBeHeld({ wide, seen, targets }: PreparedKeyword, bytes: Uint8Array, end: number): boolean {
  if (wide) return true;
  return targets.some(
    ({ run }) => run?.().walk?.mayMatch(bytes, end - seen, end, bytes.length, true) ?? true,
  );
}

function looksIn(rule: SecretRule, subject: ScanSubject): boolean {
  return rule.places === undefined || rule.places.test(subject.field ?? subject.path ?? '');
}

function writeZeros(scanner: ContentScanner, length: number): void {
  for (let left = length; left > 0; left -= ZEROS.length) scanner.write(ZEROS.subarray(0, left));
}

/** Whether the keyword goes on behind what the matcher has seen of it; `unheld` is what to say where that is not there. */
function holdsRest(
  window: ByteWindow,
  { rest, seen }: PreparedKeyword,
  start: number,
  unheld: boolean,
): boolean {
  return rest === undefined || window.holdsInAnyCase(rest, start + seen, unheld);
}

/** The quick form of what `START` demands: most keywords that are found stand inside a word. */
function isInsideWord(window: ByteWindow, start: number): boolean {
  if (!isWordByte(window.byteAt(start - 1))) return false;
  return window.byteAt(start - 2) !== 0x5c && window.byteAt(start - 3) !== 0x25;
}
