import { createHash } from 'node:crypto';

/**
 * Values that documentation, standards and emulators publish, which open nothing. First 32 hex digits of sha256, so
 * that a value of one's own never matches and nobody's scanner takes this file for a leak.
 */
const PUBLISHED: ReadonlySet<string> = new Set([
  '0011cc25eb4320717494d2703e8cba85', // Azure Storage emulator, account key
  'aa6547439583c3a275d4542a0df6c1ad', // Azure Cosmos DB emulator, account key
  '2cafc0970149a84f3b9e62eaf169f36f', // Stripe documentation, test key
  'f2d6ca16515033e5dce14eba840b979d', // Stripe documentation, test key
  '7e8de44ea9ecf6d53415c90f5b249a85', // Stripe documentation, test key
  '1a5d44a2dca19669d72edf4c4f1c27c4', // AWS documentation, access key id
  'c6ea27c534f993d31f0aef882e3d200e', // AWS documentation, access key id
  '78314b11be2e581549ac1c4f616563fa', // AWS documentation, secret access key
  'e21b597ba6b9cafa59d9ebc4d65c0385', // AWS documentation, secret access key
  'cf4d418ed3de92d71f767db5391d5a2d', // RFC 7617, section 2, Basic credentials
  'b8e148545b13c78bc74da2f1a7275dd7', // RFC 6750, section 2.1, Bearer token
  '6c96130f130ab0d6d158397e24d2bcc1', // RFC 6749, section 4.1.4, access token
  '00cf4c781dc37003f7c7dd7d4c9a6ef1', // RFC 6749, section 4.1.4, refresh token
  'ca7459e2b26776de081b9a07e40227fd', // RFC 6749, section 2.3.1, client credentials
  'bf145d9380bbe05bdc1a72525796b224', // PyJWT documentation, token
  'f95eeabe47e7d758f087a96d62d8e573', // MDN, URL, user name and password
  '6e70d76ad57f3034effb0a1c178fa10e', // npm package debug, its own file for Coveralls
  '731fa294d036e54f19df879bfcd4fe72', // Telegram documentation, bot token
  '0b5dd075ccdd03c42f4edda8e299e683', // Telegram documentation, bot token
  '9d3ee5aba8757cb25bb0b4dc966465d0', // Distribution, Docker Registry v2 Bearer token specification, private JWK
  '08136314cc06d4f2e8e9bf82cb999595', // systemd.netdev(5), examples, WireGuard private key
]);
/** The longest of them has 88 letters. */
const MOST_LETTERS = 128;

/** Whether a value is one that documentation publishes. */
export function isPublishedExample(value: string): boolean {
  if (value.length > MOST_LETTERS) return false;
  return PUBLISHED.has(createHash('sha256').update(value, 'latin1').digest('hex').slice(0, 32));
}
