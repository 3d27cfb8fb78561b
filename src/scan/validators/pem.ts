import { createHash, createPrivateKey, type KeyObject } from 'node:crypto';
import type { Judgement } from '../rule.ts';
import { isTestKey } from './test-keys.ts';

const BLOCK = /-----BEGIN ([A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?)-----([\s\S]{0,20000}?)(?:-----END|$)/;
const OPENSSH_MAGIC = Buffer.from('openssh-key-v1\0');
/** Bytes of DER below which nothing can be a private key: an Ed25519 key in PKCS #8 has 48. */
const LEAST_KEY_BYTES = 24;
/** Letters of base64 in one piece: a line has 64, words of prose have not so many. */
const LEAST_LINE = 20;

/** A body that somebody has made unreadable; runs of that length do not come about by chance. */
const BLANKED = /x{8}|\.{4}|\*{4}/i;

interface Pem {
  readonly label: string;
  /** the base64 text, without spaces, escapes, quotes and headers */
  readonly body: string;
  readonly encrypted: boolean;
  readonly der: Buffer;
}

/**
 * A private key in PEM that anyone can use: verified if it parses, refuted if it is encrypted, a test key that
 * everybody has, or no key at all (program texts name the BEGIN line without a key). A key that is cut off or altered goes by its shape.
 * @see RFC 7468, sections 10 and 13; RFC 1421, section 4.6
 */
export function checkOpenPem(secret: string): Judgement {
  const pem = readPem(secret);
  if (pem === undefined || pem.encrypted || isTestKey(pem.der)) return 'refuted';
  if (pem.label.startsWith('OPENSSH') || startsWith(pem.der, OPENSSH_MAGIC))
    return judgeOpenSsh(pem.der, 'none');
  return toKey(pem) === undefined ? 'plausible' : 'verified';
}

/** A private key in PEM under a pass phrase. */
export function checkEncryptedPem(secret: string): Judgement {
  const pem = readPem(secret);
  if (pem === undefined) return 'refuted';
  if (startsWith(pem.der, OPENSSH_MAGIC)) return judgeOpenSsh(pem.der, 'encrypted');
  return pem.encrypted ? 'plausible' : 'refuted';
}

/** The kind of a key that parses: `rsa 2048`, `ec prime256v1`, `ssh-ed25519`; of OpenSSH's, the fingerprint that servers log. */
export function detailsOfPem(secret: string): Readonly<Record<string, string>> {
  const pem = readPem(secret);
  if (pem === undefined) return {};
  if (startsWith(pem.der, OPENSSH_MAGIC)) return detailsOfOpenSsh(pem.der);
  const key = toKey(pem);
  if (key === undefined) return {};
  const { modulusLength, namedCurve } = key.asymmetricKeyDetails ?? {};
  const size = modulusLength ?? namedCurve;
  const type = key.asymmetricKeyType ?? 'unknown';
  return { key: size === undefined ? type : `${type} ${size}` };
}

/** Base64 of a whole PEM file, as a kubeconfig and a Secret hold it. */
export function checkBase64Pem(secret: string): Judgement {
  const text = Buffer.from(secret, 'base64').toString('latin1');
  return text.includes('PRIVATE KEY-----') ? checkOpenPem(text) : 'refuted';
}

/**
 * Reads a PEM block as it is found in files, environments and program texts: line ends may be real or
 * escaped (`\n`, `\\r\\n`), lines quoted and joined with `+`.
 */
function readPem(text: string): Pem | undefined {
  const block = BLOCK.exec(text);
  if (block === null) return undefined;
  const [, label = '', inside = ''] = block;
  const plain = inside.replace(/\\{1,4}[rnt]/g, '\n').replace(/&#(?:10|13|xa|xd);/gi, '\n');
  const headers = /^[ \t"'+]*(?:Proc-Type|DEK-Info|Comment|[A-Z][A-Za-z-]{2,30}): .*$/gm;
  const bare = plain.replace(headers, '');
  if (BLANKED.test(bare)) return undefined;
  const pieces = bare.split(/[^A-Za-z0-9+/=]+/);
  if (!pieces.some((piece) => piece.length >= LEAST_LINE)) return undefined;
  const body = pieces.filter((piece) => piece !== '+').join('');
  const der = Buffer.from(body, 'base64');
  if (der.length < LEAST_KEY_BYTES || !looksRandom(der)) return undefined;
  const encrypted = label.includes('ENCRYPTED') || /Proc-Type: 4,\s{0,2}ENCRYPTED/.test(plain);
  return { label, body, encrypted, der };
}

/** Words and blanks in base64 clothing are not a key: "your key goes here" decodes, too. */
function looksRandom(der: Buffer): boolean {
  return new Set(der.subarray(0, 256)).size > Math.min(16, der.length / 3);
}

function toKey(pem: Pem): KeyObject | undefined {
  const label = pem.label.replace(/ BLOCK$/, '');
  const lines = pem.body.match(/.{1,64}/g)?.join('\n') ?? '';
  try {
    return createPrivateKey({
      key: `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`,
      format: 'pem',
    });
  } catch {
    return undefined;
  }
}

/** @see OpenSSH, PROTOCOL.key: magic, cipher name, KDF name, … */
function judgeOpenSsh(der: Buffer, wanted: 'none' | 'encrypted'): Judgement {
  if (!startsWith(der, OPENSSH_MAGIC) || der.length < OPENSSH_MAGIC.length + 8) return 'refuted';
  const length = der.readUInt32BE(OPENSSH_MAGIC.length);
  const start = OPENSSH_MAGIC.length + 4;
  const cipher = der.subarray(start, start + length).toString('latin1');
  if (length > 64 || cipher.length !== length) return 'refuted';
  return (cipher === 'none') === (wanted === 'none') ? 'verified' : 'refuted';
}

/** The public key stands in front of the private one, in clear. @see OpenSSH, PROTOCOL.key; RFC 4253, section 6.6 */
function detailsOfOpenSsh(der: Buffer): Readonly<Record<string, string>> {
  let at = OPENSSH_MAGIC.length;
  for (let skipped = 0; skipped < 3; skipped++) at += 4 + lengthAt(der, at); // cipher, KDF, its options
  at += 4; // number of keys
  const key = der.subarray(at + 4, at + 4 + lengthAt(der, at));
  const kind = key.subarray(4, 4 + lengthAt(key, 0)).toString('latin1');
  if (!/^[a-z0-9@.-]{4,60}$/.test(kind) || key.length !== lengthAt(der, at)) return {};
  const sum = createHash('sha256').update(key).digest('base64').replace(/=+$/, '');
  return { key: kind, fingerprint: `SHA256:${sum}` };
}

function lengthAt(bytes: Buffer, at: number): number {
  return at + 4 <= bytes.length ? bytes.readUInt32BE(at) : 0;
}

function startsWith(bytes: Buffer, start: Buffer): boolean {
  return bytes.subarray(0, start.length).equals(start);
}
