import { createPrivateKey } from 'node:crypto';
import type { Judgement } from '../rule.ts';
import { parseJsonObject } from './json-text.ts';

/**
 * A JSON web key with its private part: one that node:crypto reads is verified, a symmetric one goes by its length.
 * @see RFC 7518, section 6
 */
export function checkPrivateJwk(secret: string): Judgement {
  const json = parseJsonObject(secret);
  if (json === undefined) return 'refuted';
  const secretPart = json.get(json.get('kty') === 'oct' ? 'k' : 'd');
  if (typeof secretPart !== 'string' || !/^[A-Za-z0-9_-]{16,}$/.test(secretPart)) return 'refuted';
  if (json.get('kty') === 'oct') return 'plausible';
  try {
    createPrivateKey({ key: Object.fromEntries(json), format: 'jwk' });
    return 'verified';
  } catch {
    return 'plausible';
  }
}

/** 32 bytes in base64. */
export function checkWireGuardKey(secret: string): Judgement {
  return Buffer.from(secret, 'base64').length === 32 ? 'verified' : 'refuted';
}
