import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DONATION_ADDRESSES } from '../../../src/scan/miners/donation-addresses.ts';
import { keccak256 } from '../../../src/scan/miners/keccak.ts';
import {
  checkPlainAccount,
  checkWallet,
  isBitcoinAddress,
  isEthereumAddress,
  isMoneroAddress,
} from '../../../src/scan/miners/wallets.ts';
import { encodeBase58Check } from '../../../src/scan/validators/base58.ts';
import { bech32Checksum } from '../../../src/scan/validators/bech32.ts';
import { moneroAddress } from '../wallets.ts';

// From EIP-55, "Test Cases".
const ETHEREUM = [
  '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed',
  '0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359',
  '0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB',
  '0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb',
];
const LETTERS = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l';

describe('Keccak-256', () => {
  it.each([
    ['', 'c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470'],
    ['abc', '4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45'],
  ])('of %j is the published one', (text, hex) => {
    expect(keccak256(Buffer.from(text)).toString('hex')).toBe(hex);
  });

  it('differs for every length around a block', () => {
    const all = [135, 136, 137, 271, 272].map((size) => keccak256(Buffer.alloc(size)).toString('hex'));
    expect(new Set(all).size).toBe(all.length);
  });
});

describe('wallets of Bitcoin', () => {
  // The first block's reward, and the examples of BIP-173 and BIP-350.
  it.each([
    '1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa',
    'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4',
    'bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0',
  ])('are known: %s', (address) => expect(isBitcoinAddress(address)).toBe(true));

  it('of base58 count by their network and checksum, for any key', () => {
    const bytes = fc.uint8Array({ minLength: 20, maxLength: 20 });
    fc.assert(
      fc.property(bytes, fc.constantFrom(0, 5, 111), (hash, network) => {
        const address = encodeBase58Check(Buffer.from([network, ...hash]));
        // Leading zeros are written as ones, which the short form of the encoder leaves out.
        const whole = network === 0 ? `${'1'.repeat(zerosOf([0, ...hash]))}${address}` : address;
        expect(isBitcoinAddress(whole)).toBe(network !== 111);
      }),
      { numRuns: 30 },
    );
  });

  it('of bech32 count by their checksum, for any key', () => {
    const data = fc.array(fc.constantFrom(...LETTERS), { minLength: 32, maxLength: 32 });
    fc.assert(
      fc.property(data, fc.integer({ min: 0, max: 38 }), (letters, at) => {
        const body = `q${letters.join('')}`;
        const address = `bc1${body}${bech32Checksum('bc', body)}`;
        expect(isBitcoinAddress(address)).toBe(true);
        expect(isBitcoinAddress(changed(address, at + 3, LETTERS))).toBe(false);
      }),
      { numRuns: 30 },
    );
  });
});

describe('wallets of Monero', () => {
  it('are the standard, integrated and sub-addresses', () => {
    for (const prefix of [18, 42]) expect(isMoneroAddress(moneroAddress(prefix))).toBe(true);
    expect(isMoneroAddress(moneroAddress(19, 8))).toBe(true);
    expect(isMoneroAddress(moneroAddress(53))).toBe(false);
  });

  it('with any letter changed are none', () => {
    const address = moneroAddress(18);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 94 }), (at) => {
        expect(isMoneroAddress(changed(address, at, '89'))).toBe(false);
      }),
      { numRuns: 30 },
    );
  });
});

describe('wallets of Ethereum', () => {
  it.each(ETHEREUM)('count where their case is the checksum: %s', (address) => {
    expect(checkWallet(address)).toBe('verified');
    const other = address.replace(/[a-f]/i, (letter) =>
      letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase(),
    );
    expect(isEthereumAddress(other)).toBe(false);
  });

  it('in one case are no more than a hint', () => {
    const [address = ''] = ETHEREUM;
    expect(checkWallet(address.toLowerCase())).toBe('refuted');
    expect(checkPlainAccount(address.toLowerCase())).toBe('plausible');
    expect(checkPlainAccount(address)).toBe('refuted');
    expect(checkPlainAccount(`0x${'0'.repeat(40)}`)).toBe('refuted');
  });
});

describe('checkWallet', () => {
  it('takes no other text for a wallet, and never throws', () => {
    const text = fc.oneof(
      fc.string(),
      fc.stringMatching(/^[48][0-9AB][1-9A-HJ-NP-Za-km-z]{93}$/),
      fc.stringMatching(/^bc1[02-9ac-hj-np-z]{39}$/),
      fc.stringMatching(/^[13][1-9A-HJ-NP-Za-km-z]{33}$/),
    );
    fc.assert(
      fc.property(text, (word) => checkWallet(word) === 'refuted'),
      { numRuns: 200 },
    );
  });

  it('counts no address to which everybody gives', () => {
    for (const address of DONATION_ADDRESSES) {
      expect(isMoneroAddress(address) || isBitcoinAddress(address)).toBe(true);
      expect(checkWallet(address)).toBe('refuted');
    }
  });
});

/** Another text: the letter at this place is the first of these that it was not. */
function changed(text: string, at: number, letters: string): string {
  const letter = [...letters].find((one) => one !== text[at]) ?? '';
  return text.slice(0, at) + letter + text.slice(at + 1);
}

function zerosOf(bytes: readonly number[]): number {
  const first = bytes.findIndex((byte) => byte !== 0);
  return first < 0 ? bytes.length : first;
}
