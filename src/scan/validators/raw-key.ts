import type { Judgement } from '../rule.ts';

/** 32 bytes in base64: any are a key, so nothing is proven. */
export function checkWireGuardKey(secret: string): Judgement {
  return Buffer.from(secret, 'base64').length === 32 ? 'plausible' : 'refuted';
}
