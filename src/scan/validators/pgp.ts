import type { Judgement } from '../rule.ts';

/**
 * An armoured OpenPGP private key: the first packet is a secret key, and the CRC-24 agrees where there is one.
 * @see RFC 4880, sections 4.3, 6.1 and 6.2
 */
export function checkPgpPrivateKey(secret: string): Judgement {
  const lines = secret.replace(/\\{1,2}r?\\?n|\\{1,2}n/g, '\n').split(/\r?\n/);
  const start = lines.findIndex((line) => line.trim() === '');
  const body: string[] = [];
  let sum: string | undefined;
  for (const line of lines.slice(start + 1).map((text) => text.trim())) {
    if (line.startsWith('-----')) break;
    if (/^=[A-Za-z0-9+/]{4}$/.test(line)) sum = line.slice(1);
    else body.push(line);
  }
  const bytes = Buffer.from(body.join(''), 'base64');
  const [first = 0] = bytes;
  if (packetTag(first) !== SECRET_KEY) return 'refuted';
  return sum !== undefined && Buffer.from(sum, 'base64').readUIntBE(0, 3) === crc24(bytes)
    ? 'verified'
    : 'plausible';
}

const SECRET_KEY = 5;

function packetTag(first: number): number {
  if ((first & 0x80) === 0) return 0;
  return (first & 0x40) === 0 ? (first >> 2) & 0x0f : first & 0x3f;
}

/** The checksum of ASCII armour. */
export function crc24(bytes: Uint8Array): number {
  let crc = 0xb704ce;
  for (const byte of bytes) {
    crc ^= byte << 16;
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x800000 ? (crc << 1) ^ 0x1864cfb : crc << 1;
  }
  return crc & 0xffffff;
}
