import type { Judgement } from '../rule.ts';

/** 32 bytes in base64. */
export function checkWireGuardKey(secret: string): Judgement {
  return Buffer.from(secret, 'base64').length === 32 ? 'verified' : 'refuted';
}
