import type { KeyInFile } from '../rule.ts';

const SECRET_KEY = 5;
/** Numbers and curve names of a public key, in order: `n` a number, `c` a curve, `k` the terms of ECDH. */
const PUBLIC_PARTS: ReadonlyMap<number, string> = new Map([
  [1, 'nn'],
  [2, 'nn'],
  [3, 'nn'],
  [16, 'nnn'],
  [17, 'nnnn'],
  [18, 'cnk'],
  [19, 'cn'],
  [22, 'cn'],
]);

interface SecretPacket {
  readonly body: Buffer;
  /** 0: the key is in clear */
  readonly usage: number;
}

/** A secret key of OpenPGP in clear, as `gpg --export-secret-keys` writes it for a key without a pass phrase. */
export function readOpenPgpKey(file: Buffer): KeyInFile | undefined {
  const packet = readSecretPacket(file);
  return packet?.usage === 0 ? { secret: packet.body, isVerified: true } : undefined;
}

/** A secret key of OpenPGP under a pass phrase; not one of which only a stub is there. */
export function readLockedPgpKey(file: Buffer): KeyInFile | undefined {
  const packet = readSecretPacket(file);
  const isLocked = packet !== undefined && packet.usage >= 253 && !isStub(packet.body);
  return isLocked ? { secret: packet.body } : undefined;
}

/** GnuPG writes so where the key itself is elsewhere, on a card for one: type 101 of its ways, and its name. */
function isStub(body: Buffer): boolean {
  return body.includes('\x65\x00GNU', 0, 'latin1') || body.includes('\x65\x02GNU', 0, 'latin1');
}

/** @see RFC 4880, sections 4.2, 5.5.2 and 5.5.3 */
function readSecretPacket(file: Buffer): SecretPacket | undefined {
  const body = firstBody(file);
  const kinds = PUBLIC_PARTS.get(body?.[5] ?? 0);
  if (body === undefined || body[0] !== 4 || kinds === undefined) return undefined;
  let at: number | undefined = 6;
  for (const kind of kinds) at = at === undefined ? undefined : behind(body, at, kind);
  const usage = at === undefined ? undefined : body[at];
  return usage === undefined ? undefined : { body, usage };
}

function behind(body: Buffer, at: number, kind: string): number | undefined {
  if (kind !== 'n') return at + 1 + (body[at] ?? 0);
  if (at + 2 > body.length) return undefined;
  const bits = body.readUInt16BE(at);
  const first = body[at + 2] ?? 0;
  const top = bits % 8 === 0 ? 8 : bits % 8;
  // A number tells its length in bits, so its first byte cannot be just any: this is what other files fail at.
  if (bits === 0 || bits > 16_384 || first >>> (top - 1) !== 1) return undefined;
  return at + 2 + Math.ceil(bits / 8);
}

/** The first packet, if it is of a secret key. */
function firstBody(file: Buffer): Buffer | undefined {
  const [first = 0, second = 0] = file;
  const isNew = (first & 0x40) !== 0;
  if ((first & 0x80) === 0 || (isNew ? first & 0x3f : (first >> 2) & 0x0f) !== SECRET_KEY) return undefined;
  const size = isNew ? newLength(file, second) : oldLength(file, first & 3);
  if (size === undefined || size.start + size.length > file.length) return undefined;
  return file.subarray(size.start, size.start + size.length);
}

function newLength(file: Buffer, first: number) {
  if (first < 192) return { start: 2, length: first };
  if (first < 224) return { start: 3, length: (first - 192) * 256 + (file[2] ?? 0) + 192 };
  return first === 255 && file.length > 6 ? { start: 6, length: file.readUInt32BE(2) } : undefined;
}

function oldLength(file: Buffer, kind: number) {
  const bytes = [1, 2, 4][kind];
  if (bytes === undefined || file.length <= 1 + bytes) return undefined;
  return { start: 1 + bytes, length: file.readUIntBE(1, bytes) };
}
