import type { Judgement } from '../rule.ts';
import { decodeBase58Check } from './base58.ts';

/** Network and kind of an extended private key: xprv, yprv, zprv, tprv. */
const EXTENDED = new Set([0x0488ade4, 0x049d7878, 0x04b2430c, 0x04358394]);

/** A private key of a Bitcoin wallet, extended or alone, whose checksum is right. */
export function checkWalletKey(text: string): Judgement {
  if (/^[xyzt]prv/.test(text)) {
    const bytes = decodeBase58Check(text, 82);
    return bytes !== undefined && EXTENDED.has(bytes.readUInt32BE(0)) ? 'verified' : 'refuted';
  }
  // A key of 32 bytes behind its network, and a one where its public key is written short.
  const bytes = decodeBase58Check(text, 38) ?? decodeBase58Check(text, 37);
  return bytes?.[0] === 0x80 || bytes?.[0] === 0xef ? 'verified' : 'refuted';
}
