import type { ContentScanner, FileRule, Hit, KeyInFile } from '../rule.ts';
import { fingerprintOf } from '../secret-collector.ts';

/** Bytes of a file that are held for judging: keys have some KiB, a keystore with all public authorities 200 KiB. */
export const HELD_BYTES = 1024 * 1024;
/** Bytes from which on it is known whether any rule wants the file. */
const HEAD_BYTES = 32;
const ZEROS = new Uint8Array(64 * 1024);

/**
 * Makes a scanner of small files by their structure: keys that hold no word by which they could be found. It holds a
 * file only while a rule may want it, which for nearly all ends with the first bytes.
 */
export function createFileScanner(rules: readonly FileRule[]): ContentScanner {
  const fits = rules.map((rule) => ({ rule, isMagic: magicOf(rule) }));
  const nowhere: typeof fits = [];
  const everywhere = fits.filter(({ rule }) => rule.path === undefined);
  const mayBegin = Array.from({ length: 256 }, (_, byte) =>
    everywhere.some(({ isMagic }) => isMagic(Uint8Array.of(byte))),
  );
  const mayBeNamed = unitedPaths(rules);
  const head = Buffer.alloc(HEAD_BYTES);
  let wanted: typeof fits = [];
  let held: Buffer[] = [];
  let heldBytes = 0;
  let total = 0;

  function write(bytes: Uint8Array): void {
    if (wanted.length === 0 || bytes.length === 0) return;
    // Nearly all files end here, with nothing made for them.
    if (total === 0 && wanted === everywhere && !mayBegin[bytes[0] as number]) {
      wanted = nowhere;
      return;
    }
    if (total < HEAD_BYTES) {
      head.set(bytes.subarray(0, HEAD_BYTES - total), total);
      const known = Math.min(total + bytes.length, HEAD_BYTES);
      wanted = wanted.filter(({ isMagic }) => isMagic(head.subarray(0, known)));
      if (wanted.length === 0) held = [];
    }
    total += bytes.length;
    const part = bytes.subarray(0, HELD_BYTES - heldBytes);
    if (wanted.length === 0 || part.length === 0) return;
    held.push(Buffer.from(part));
    heldBytes += part.length;
  }

  return {
    begin({ path }) {
      if (held.length > 0) held = [];
      heldBytes = 0;
      total = 0;
      if (path === undefined) wanted = nowhere;
      else if (!mayBeNamed.some((united) => united.test(path))) wanted = everywhere;
      else wanted = fits.filter(({ rule }) => rule.path?.test(path) ?? true);
    },
    write,
    hole(length) {
      for (let left = length; left > 0 && wanted.length > 0 && heldBytes < HELD_BYTES; left -= ZEROS.length)
        write(ZEROS.subarray(0, left));
      if (heldBytes === HELD_BYTES) total = Math.max(total, HELD_BYTES + 1);
    },
    end() {
      if (wanted.length === 0 || total === 0) return [];
      const file = Buffer.concat(held);
      held = [];
      return wanted.flatMap(({ rule, isMagic }) => {
        const found = isMagic(file, true) ? rule.judge(file, total === heldBytes) : undefined;
        return found === undefined ? [] : [toHit(rule, found)];
      });
    },
    mayFind: ({ path }) => path !== undefined, // only files have a structure of their own
    fork: () => createFileScanner(rules),
  };
}

/** The paths of all rules, in one pattern for each set of flags: hardly any file is of them. */
function unitedPaths(rules: readonly FileRule[]): readonly RegExp[] {
  const sources = new Map<string, string[]>();
  for (const { path } of rules)
    if (path !== undefined) sources.set(path.flags, [...(sources.get(path.flags) ?? []), path.source]);
  return [...sources].map(([flags, all]) => new RegExp(all.map((one) => `(?:${one})`).join('|'), flags));
}

/** Whether a file may begin so; with `isAll`, whether it does, as no more bytes will come. */
function magicOf({ magic }: FileRule): (head: Uint8Array, isAll?: boolean) => boolean {
  if (magic === undefined) return () => true;
  const patterns = magic.map((hex) =>
    (hex.match(/../g) ?? []).map((pair) =>
      pair === '??' ? { mask: 0, value: 0 } : { mask: maskOf(pair), value: numberOf(pair) },
    ),
  );
  return (head, isAll = false) =>
    patterns.some((pattern) =>
      pattern.every(({ mask, value }, at) => {
        const byte = head[at];
        return byte === undefined ? !isAll : (byte & mask) === value;
      }),
    );
}

function maskOf(pair: string): number {
  return (pair[0] === '?' ? 0 : 0xf0) | (pair[1] === '?' ? 0 : 0x0f);
}

function numberOf(pair: string): number {
  return Number.parseInt(pair.replaceAll('?', '0'), 16);
}

function toHit(rule: FileRule, { secret, isVerified, details }: KeyInFile): Hit {
  return {
    check: 'secrets',
    rule: rule.id,
    severity: rule.severity,
    confidence: isVerified === true ? 'verified' : rule.confidence,
    offset: 0,
    message: isVerified === true ? `${rule.what}; its form has been verified` : rule.what,
    remedy: rule.remedy,
    args: { provider: rule.provider, length: secret.length, ...details },
    fingerprint: fingerprintOf(rule.id, Buffer.from(secret).toString('latin1')),
  };
}
