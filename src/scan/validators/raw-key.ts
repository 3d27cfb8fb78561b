import type { Judgement } from '../rule.ts';

/** 32 bytes in base64: any are a key, so nothing is proven. */
export function checkWireGuardKey(secret: string): Judgement {
  const key = Buffer.from(secret, 'base64');
  return key.length === 32 && isVaried(key) ? 'plausible' : 'refuted';
}

/** Bytes of a private number on the curves, or of the exponent of an RSA key. @see RFC 7518, section 6 */
export function checkJwkNumber(secret: string): Judgement {
  const key = Buffer.from(secret, 'base64url');
  const isNumber = [32, 48, 57, 66].includes(key.length) || key.length >= 120;
  return isNumber && isVaried(key) ? 'plausible' : 'refuted';
}

/** Bytes drawn at random seldom repeat; what somebody typed to fill the place does nothing else. */
function isVaried(key: Uint8Array): boolean {
  return new Set(key).size >= Math.min(key.length, 64) / 2;
}
