import { generateKeyPairSync } from 'node:crypto';
import type { SecretRule } from '../rule.ts';
import { encodeBase58Check } from '../validators/base58.ts';
import { bech32Checksum, checkAgeIdentity } from '../validators/bech32.ts';
import { checkBase64Pem, checkEncryptedPem, checkOpenPem, detailsOfPem } from '../validators/pem.ts';
import { checkPgpPrivateKey, crc24 } from '../validators/pgp.ts';
import { checkJwkNumber, checkWireGuardKey } from '../validators/raw-key.ts';
import { checkWalletKey } from '../validators/wallet-key.ts';
import { ALNUM, BASE64, START, token } from './pattern.ts';
import { BASE62, BASE64_LETTERS, join, sample, URL_SAFE } from './sample.ts';

const LABELS = 'RSA |EC |DSA |OPENSSH |SSH2 |ANY |SM2 |ED25519 |COSIGN |SIGSTORE ';
/** The body stops at the next dashes, so that a text full of BEGIN lines costs no more than its length. */
const PEM = String.raw`-----BEGIN (?:ENCRYPTED )?(?:${LABELS})?(?:ENCRYPTED )?PRIVATE KEY(?: BLOCK)?-----(?:(?!-----)[\t-~]){40,16384}(?:-----END)?`;
const BASE58 = '[1-9A-HJ-NP-Za-km-z]';
const CHANGE = 'Replace the key pair, and mount the private key at run time';

function pem(type: 'pkcs1' | 'pkcs8', passphrase?: string): string {
  const cipher = passphrase === undefined ? {} : { cipher: 'aes-256-cbc', passphrase };
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
  return privateKey.export({ type, format: 'pem', ...cipher }).toString();
}

/** Private keys and what encrypts. */
export const KEY_RULES: readonly SecretRule[] = [
  {
    id: 'secrets.private-key',
    provider: 'any',
    what: 'private key without a pass phrase',
    keywords: ['-----BEGIN '],
    pattern: new RegExp(`(?<secret>${PEM})`),
    breadth: 1,
    severity: 'critical',
    confidence: 'medium',
    check: checkOpenPem,
    checkDecides: true,
    details: detailsOfPem,
    remedy: CHANGE,
    source: 'RFC 7468; OpenSSH, PROTOCOL.key',
    examples: [
      () => pem('pkcs8'),
      () => `TLS_KEY="${pem('pkcs1').replaceAll('\n', '\\n')}"`,
      () => {
        const head = Buffer.concat([
          Buffer.from('openssh-key-v1\0'),
          Buffer.from([0, 0, 0, 4]),
          Buffer.from('none'),
        ]);
        const body = Buffer.concat([head, Buffer.from(sample(BASE62, 300, 'openssh'))]).toString('base64');
        return (
          ['-----BEGIN', 'OPENSSH PRIVATE KEY-----\n'].join(' ') +
          body +
          '\n-----END OPENSSH PRIVATE KEY-----'
        );
      },
    ],
    counterExamples: [
      () =>
        [
          '-----BEGIN',
          'RSA PRIVATE KEY-----\nyour private key goes here, between the two lines\n-----END RSA PRIVATE KEY-----',
        ].join(' '),
      () =>
        [
          'if (text.startsWith("-----BEGIN',
          'PRIVATE KEY-----")) { return parse(text, "-----END PRIVATE KEY-----"); }',
        ].join(' '),
      () =>
        [
          '-----BEGIN',
          `CERTIFICATE-----\n${sample(BASE64_LETTERS, 400, 'cert')}\n-----END CERTIFICATE-----`,
        ].join(' '),
    ],
  },
  {
    id: 'secrets.encrypted-private-key',
    provider: 'any',
    what: 'private key under a pass phrase',
    keywords: ['-----BEGIN '],
    pattern: new RegExp(`(?<secret>${PEM})`),
    breadth: 1,
    severity: 'low',
    confidence: 'high',
    check: checkEncryptedPem,
    checkDecides: true,
    details: detailsOfPem,
    remedy: 'Keep the key out of the image: its pass phrase can be tried offline',
    source: 'RFC 5958; RFC 1421, section 4.6; OpenSSH, PROTOCOL.key; Cosign, Generating keys',
    examples: [
      () => pem('pkcs8', 'harbour'),
      () => pem('pkcs1', 'harbour'),
      () => {
        const box = {
          kdf: { name: 'scrypt', salt: sample(BASE62, 44, 'cosign') },
          ciphertext: sample(BASE62, 300, 'cosign 2'),
        };
        const body = Buffer.from(JSON.stringify(box)).toString('base64');
        return [
          '-----BEGIN',
          `ENCRYPTED SIGSTORE PRIVATE KEY-----\n${body}\n-----END ENCRYPTED SIGSTORE PRIVATE KEY-----`,
        ].join(' ');
      },
    ],
    counterExamples: [
      () => ['-----BEGIN', 'ENCRYPTED PRIVATE KEY-----\n...\n-----END ENCRYPTED PRIVATE KEY-----'].join(' '),
    ],
  },
  {
    id: 'secrets.base64-private-key',
    provider: 'any',
    what: 'private key in base64',
    keywords: ['LS0tLS1CRUdJTi'],
    pattern: token('LS0tLS1CRUdJTi[A-Za-z0-9+/]{60,16000}={0,2}', BASE64),
    breadth: 1,
    severity: 'critical',
    confidence: 'high',
    check: checkBase64Pem,
    checkDecides: true,
    remedy: CHANGE,
    source: 'RFC 7468 under RFC 4648, section 4',
    examples: [() => `PRIVATE_KEY_B64=${Buffer.from(pem('pkcs8')).toString('base64')}`],
    counterExamples: [
      () =>
        Buffer.from(`-----BEGIN CERTIFICATE-----\n${sample(BASE64_LETTERS, 400, 'cert')}`).toString('base64'),
    ],
  },
  {
    id: 'secrets.pgp-private-key',
    provider: 'OpenPGP',
    what: 'OpenPGP private key',
    keywords: ['-----BEGIN PGP PRIVATE'],
    pattern: /(?<secret>-----BEGIN PGP PRIVATE KEY BLOCK-----(?:(?!-----)[\t-~]){100,16384}(?:-----END)?)/,
    severity: 'high',
    confidence: 'high',
    check: checkPgpPrivateKey,
    checkDecides: true,
    remedy: 'Revoke the key, and mount the new one at run time',
    source: 'RFC 4880, section 6',
    examples: [
      () => {
        const packet = Buffer.concat([
          Buffer.from([0x95, 0x01, 0x00]),
          Buffer.from(sample(BASE62, 256, 'pgp')),
        ]);
        const sum = Buffer.alloc(3);
        sum.writeUIntBE(crc24(packet), 0, 3);
        const head = ['-----BEGIN', 'PGP PRIVATE KEY BLOCK-----\n\n'].join(' ');
        return `${head}${packet.toString('base64')}\n=${sum.toString('base64')}\n-----END PGP PRIVATE KEY BLOCK-----`;
      },
    ],
    counterExamples: [
      () => ['-----BEGIN', `PGP PRIVATE KEY BLOCK-----\n\n${'some words of prose '.repeat(10)}`].join(' '),
    ],
  },
  {
    id: 'secrets.putty-private-key',
    provider: 'PuTTY',
    what: 'PuTTY private key without a pass phrase',
    keywords: ['PuTTY-User-Key-File-'],
    pattern:
      /PuTTY-User-Key-File-[123]: (?:(?!Encryption)[\t-~]){4,60}?Encryption: none\s{1,3}(?:(?!Private-Lines)[\t-~]){10,4000}?Private-Lines: [0-9]{1,3}\s{1,3}(?<secret>[A-Za-z0-9+/=\r\n]{40,8000})/,
    severity: 'critical',
    confidence: 'high',
    remedy: CHANGE,
    source: 'PuTTY documentation, appendix C, PPK file format',
    examples: [
      () =>
        [
          'PuTTY-User-',
          'Key-File-2: ssh-rsa\r\nEncryption: none\r\nComment: gate\r\nPublic-Lines: 1\r\n',
          sample(BASE64_LETTERS, 64, 'ppk'),
          '\r\nPrivate-',
          'Lines: 1\r\n',
          sample(BASE64_LETTERS, 64, 'ppk private'),
          '\r\nPrivate-MAC: 00\r\n',
        ].join(''),
    ],
    counterExamples: [() => 'PuTTY-User-Key-File-2: ssh-rsa\r\nEncryption: aes256-cbc\r\nComment: gate\r\n'],
  },
  {
    id: 'secrets.signing-key',
    provider: 'minisign, signify',
    what: 'key that signs files, without a pass phrase',
    keywords: ['RWQAAEIy', 'RWRCSwAAAAA'],
    pattern: token('(?:RWQAAEIy[A-Za-z0-9+/]{203}=|RWRCSwAAAAA[A-Za-z0-9+/]{128}=)', BASE64),
    severity: 'critical',
    confidence: 'high',
    minEntropy: 4,
    remedy: CHANGE,
    source: 'minisign, Secret key format; signify(1)',
    examples: [
      () => join('RWQA', 'AEIy', sample(BASE64_LETTERS, 203, 'minisign'), '='),
      () => join('RWRC', 'SwAAAAA', sample(BASE64_LETTERS, 128, 'signify'), '='),
    ],
    counterExamples: [() => join('RWQA', 'AEIy', sample(BASE64_LETTERS, 48, 'minisign public'))],
  },
  {
    id: 'secrets.encrypted-signing-key',
    provider: 'minisign, signify',
    what: 'key that signs files, under a pass phrase',
    keywords: ['RWRTY0Iy', 'RWRCSwAAA'],
    pattern: token('(?:RWRTY0Iy[A-Za-z0-9+/]{203}=|RWRCSwAAA(?!AA)[A-Za-z0-9+/]{130}=)', BASE64),
    severity: 'low',
    confidence: 'high',
    minEntropy: 4,
    remedy: 'Keep the key out of the image: its pass phrase can be tried offline',
    source: 'minisign, Secret key format; signify(1)',
    examples: [
      () => join('RWRT', 'Y0Iy', sample(BASE64_LETTERS, 203, 'minisign'), '='),
      () => join('RWRC', 'SwAAACo', sample(BASE64_LETTERS, 128, 'signify'), '='),
    ],
    counterExamples: [() => join('RWRT', 'Y0Iy', sample(BASE64_LETTERS, 48, 'minisign public'))],
  },
  {
    id: 'secrets.bitcoin-key',
    provider: 'Bitcoin',
    what: 'private key of a wallet',
    keywords: [
      ...['xprv', 'yprv', 'zprv', 'tprv'],
      ...['importprivkey', 'wif=', 'wif:', 'wif"', 'wif ', 'privkey', 'private_key', 'privateKey'],
    ],
    pattern: new RegExp(
      `${START}(?:(?:importprivkey|wif|priv(?:ate_?)?key)["']?[ ]{0,2}[=: ][ ]{0,2}["']?)?(?<secret>[xyzt]prv${BASE58}{107}|(?<=["' =:])(?:[5KLc9]${BASE58}{50,51}))(?!${ALNUM})`,
      'i',
    ),
    severity: 'critical',
    confidence: 'high',
    check: checkWalletKey,
    checkDecides: true,
    remedy: 'Move what the key holds to a new one, and sign outside of the image',
    source: 'BIP-32, Serialization format; Bitcoin, Wallet import format',
    examples: [
      () =>
        `xpriv: ${encodeBase58Check(Buffer.concat([Buffer.from('0488ade4', 'hex'), Buffer.from(sample(BASE62, 74, 'xprv'))]))}`,
      () =>
        `bitcoin-cli importprivkey ${encodeBase58Check(Buffer.concat([Buffer.from([0x80]), Buffer.from(sample(BASE62, 32, 'wif')), Buffer.from([1])]))}`,
    ],
    counterExamples: [() => join('xp', 'rv', sample(BASE62, 107, 'no checksum'))],
  },
  {
    id: 'secrets.age-identity',
    provider: 'age',
    what: 'age identity',
    keywords: ['AGE-SECRET-KEY-'],
    pattern: token('AGE-SECRET-KEY-(?:PQ-)?1[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}'),
    severity: 'critical',
    confidence: 'medium',
    check: checkAgeIdentity,
    remedy: 'Make a new identity, encrypt again to it, and mount it at run time',
    source: 'age specification, The X25519 recipient type; BIP-173',
    examples: [
      () => {
        const data = sample('qpzry9x8gf2tvdw0s3jn54khce6mua7l', 52, 'age');
        return join('AGE-', 'SECRET-KEY-1', (data + bech32Checksum('age-secret-key-', data)).toUpperCase());
      },
    ],
    counterExamples: [
      () => join('AGE-', 'SECRET-KEY-1', '...'),
      () => join('AGE-', 'SECRET-KEY-1', 'Q'.repeat(58)),
    ],
  },
  {
    id: 'secrets.private-jwk',
    provider: 'any',
    what: 'private JSON web key',
    keywords: ['"d":', '"d" :'],
    pattern:
      /"d"\s{0,4}:\s{0,4}"(?<secret>[A-Za-z0-9_-]{40,1400})"(?:(?=[^{}]{0,5000}"kty")|(?<="kty"[^{}]{0,5000}))/,
    severity: 'critical',
    confidence: 'high',
    checkDecides: true,
    check: checkJwkNumber,
    remedy: CHANGE,
    source: 'RFC 7517; RFC 7518, section 6',
    examples: [
      () =>
        JSON.stringify(
          generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' }),
        ),
    ],
    counterExamples: [
      () =>
        JSON.stringify(
          generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' }),
        ),
      () => '{"kty": "RSA", "n": "...", "d": "..."}',
    ],
  },
  {
    id: 'secrets.wireguard-key',
    provider: 'WireGuard',
    what: 'WireGuard private or preshared key',
    keywords: ['PrivateKey', 'PresharedKey'],
    pattern: new RegExp(
      `(?:PrivateKey|PresharedKey)[ \\t]{0,4}=[ \\t]{0,4}(?<secret>[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=)(?!${ALNUM})`,
    ),
    severity: 'high',
    confidence: 'high',
    checkDecides: true,
    check: checkWireGuardKey,
    remedy: 'Make a new key pair, and mount the configuration at run time',
    source: 'wg(8), configuration file format',
    examples: [
      () => `[Interface]\nPrivateKey = ${Buffer.from(sample(URL_SAFE, 32, 'wg')).toString('base64')}\n`,
    ],
    counterExamples: [() => 'PrivateKey = <your key>', () => `PrivateKey = ${'A'.repeat(43)}=`],
  },
];
