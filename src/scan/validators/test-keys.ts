import { createHash } from 'node:crypto';

/**
 * Private keys that everybody has: in programs that test themselves with them. First 32 hex digits of
 * sha256 over the key's DER, so that a key of one's own never matches, wherever it lies.
 */
const PUBLIC: ReadonlySet<string> = new Set([
  // GnuTLS, lib/crypto-selftests-pk.c; in every libgnutls (measured on Debian 12, 3.7.9)
  '87e288dc7dbc29a24241b596ec8c84f9', // GOST R 34.10-2012, 512 bit
  'd245e52c341a76645e1b0e56c58dc964', // GOST R 34.10-2012, 256 bit
  '0294b4406902e33bb02f89eaf4c69132', // GOST R 34.10-2001
  '60c323abe4854b03743005874156ef6e', // EC P-521
  '995b8d5b08ac126a74f39d812fc8cce2', // EC P-384
  '09416ba3e0782523c56225fb168cd58c', // EC P-224
  '7e38af7715bbb425a6aa8060b7c0af60', // EC P-192
  '458022ddcb5598b39253bc027eb02c4f', // EC P-256
  '09f1c1a4680df80b9e8e6e587d3a787d', // DSA
  '2859ff03b44c8f0e4f96604b8cced325', // RSA
  '4e6af0221e03f8909528b52cfa7b16a1', // XML Security Library, examples/rsakey.pem
  'b73968ba56e2416630b209e9633986d9', // Ed25519; npm package ssh2, lib/protocol/constants.js, tries whether Node knows it
]);

/** Whether a private key, as DER, is one that is public anyway and opens nothing. */
export function isTestKey(der: Uint8Array): boolean {
  return PUBLIC.has(createHash('sha256').update(der).digest('hex').slice(0, 32));
}
