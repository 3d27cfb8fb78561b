import { crc32 } from 'node:zlib';
import type { Judgement } from '../rule.ts';
import { checkTokenBody } from './token-body.ts';

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** CRC-32 in base 62 (digits, upper case, lower case), as long as asked, filled with zeros from the left. */
export function base62Checksum(text: string, length: number): string {
  let rest = crc32(text);
  let digits = '';
  while (rest > 0) {
    digits = BASE62.charAt(rest % 62) + digits;
    rest = Math.floor(rest / 62);
  }
  return digits.padStart(length, '0');
}

/**
 * Tokens of the form prefix, `_`, entropy, six digits of checksum: the CRC-32 of the entropy in base 62.
 * A wrong checksum does not refute: tokens from before the checksum are still about.
 * @see GitHub blog, "Behind GitHub's new authentication token formats", 2021
 */
export function checkBase62Tail(secret: string): Judgement {
  const body = secret.slice(secret.lastIndexOf('_') + 1);
  const entropy = body.slice(0, -6);
  // Documentation fills up with zeros what is not long enough; nobody draws eight of one letter.
  if (/(.)\1{7}/.test(body)) return 'refuted';
  return base62Checksum(entropy, 6) === body.slice(-6) ? 'verified' : 'plausible';
}

/** Tokens whose last eight hex digits are the CRC-32 of everything before them (Atlassian). */
export function checkHexTail(secret: string): Judgement {
  const sum = crc32(secret.slice(0, -8)).toString(16).padStart(8, '0');
  return sum === secret.slice(-8).toLowerCase() ? 'verified' : 'plausible';
}

/** Grafana's service accounts: after the last `_`, the CRC-32 of what is before it, its lowest byte first. */
export function checkGrafanaTail(secret: string): Judgement {
  // Seven letters do not come about by chance: whoever made this one had the checksum computed for a test.
  if (/invalid|example/i.test(secret)) return 'refuted';
  const cut = secret.lastIndexOf('_');
  const sum = Buffer.alloc(4);
  sum.writeUInt32LE(crc32(secret.slice(0, cut)));
  return sum.toString('hex') === secret.slice(cut + 1).toLowerCase() ? 'verified' : 'plausible';
}

/** Zuplo's keys: after the last `_`, the CRC-32 of what is between the two, in hexadecimal digits. */
export function checkZuploTail(secret: string): Judgement {
  const [, body = '', stored = ''] = secret.split('_');
  return crc32(body).toString(16).padStart(8, '0') === stored ? 'verified' : checkTokenBody(secret);
}

/** GitLab's routable tokens: the last seven digits are the CRC-32, in base 36, of everything before them. */
export function checkBase36Tail(secret: string): Judgement {
  const sum = crc32(secret.slice(0, -7)).toString(36).padStart(7, '0');
  return sum === secret.slice(-7).toLowerCase() ? 'verified' : 'plausible';
}

/** Confluent's keys: the last six characters are the CRC-32 of what is before them, lowest byte first, in base64. */
export function checkBase64Tail(secret: string): Judgement {
  const sum = Buffer.alloc(4);
  sum.writeUInt32LE(crc32(secret.slice(0, -6)));
  return sum.toString('base64').slice(0, 6) === secret.slice(-6) ? 'verified' : 'plausible';
}
