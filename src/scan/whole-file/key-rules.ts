import type { FileRule } from '../rule.ts';
import { readDerKey, readEncryptedDerKey } from './der-key.ts';
import { readDebugKeystore, readLockedKeystore, readOpenKeystore } from './keystore-kinds.ts';
import { readKeytab } from './keytab.ts';
import { readLockedPgpKey, readOpenPgpKey } from './openpgp.ts';
import { readGnupgKey, readLockedGnupgKey } from './plain-keys.ts';
import {
  sampleBytes,
  sampleDerKey,
  sampleJks,
  sampleKeytab,
  sampleOpenPgpKey,
  samplePkcs12,
} from './samples.ts';

const STORES = [
  'feedfeed000000',
  'cececece000000',
  '30??020103',
  '3080020103',
  '3081??020103',
  '3082????020103',
  '3083??????020103',
];
const PGP = ['95', '94', '96', 'c5'];
/** `KEYGRIP.key` */
const agentPath = `root/.gnupg/private-keys-v1.d/${'0A'.repeat(20)}.key`;
const NEW_PAIR = 'Make a new key pair, and hand the private key in at run time';
const PASSWORD_GUESSED = 'Keep the key out of the image: its pass phrase can be tried offline';

/** Private keys that are bytes and no text. */
export const KEY_FILE_RULES: readonly FileRule[] = [
  {
    id: 'secrets.der-private-key',
    provider: 'any',
    what: 'private key in DER',
    magic: ['3082????0201', '3081??0201', '30??0201'],
    severity: 'critical',
    confidence: 'high',
    judge: readDerKey,
    remedy: NEW_PAIR,
    source: 'RFC 5958; RFC 8017, appendix A.1.2; RFC 5915',
    examples: (['pkcs8', 'pkcs1', 'sec1'] as const).map((type) => () => ({
      path: 'srv/tls/server.der',
      bytes: sampleDerKey(type),
    })),
    counterExamples: [
      () => ({ path: 'srv/tls/locked.der', bytes: sampleDerKey('pkcs8', 'harbour') }),
      () => ({ path: 'srv/tls/cut.der', bytes: sampleDerKey('pkcs8').subarray(0, -1) }),
      () => ({ path: 'srv/store.p12', bytes: samplePkcs12(2, 'x') }),
    ],
  },
  {
    id: 'secrets.encrypted-der-key',
    provider: 'any',
    what: 'private key in DER under a pass phrase',
    magic: [
      '3082????30??06092a864886f70d0105',
      '3081??30??06092a864886f70d0105',
      '3082????30??060a2a864886f70d010c01',
      '3081??30??060a2a864886f70d010c01',
    ],
    severity: 'low',
    confidence: 'high',
    judge: readEncryptedDerKey,
    remedy: PASSWORD_GUESSED,
    source: 'RFC 5958, section 3; RFC 8018',
    examples: [() => ({ path: 'srv/tls/server.key', bytes: sampleDerKey('pkcs8', 'harbour') })],
    counterExamples: [() => ({ path: 'srv/tls/server.key', bytes: sampleDerKey('pkcs8') })],
  },
  {
    id: 'secrets.open-keystore',
    provider: 'any',
    what: 'keystore with a private key that opens with a well-known password or none',
    magic: STORES,
    severity: 'critical',
    confidence: 'high',
    judge: readOpenKeystore,
    remedy: 'Make a new key pair, and hand the store in at run time, under a password of your own',
    source: 'OpenJDK, JavaKeyStore; RFC 7292',
    examples: [
      () => ({ path: 'app/keystore.jks', bytes: sampleJks(['certificate', 'key'], 'changeit') }),
      () => ({ path: 'app/keystore.p12', bytes: samplePkcs12(2, 'changeit') }),
      () => ({ path: 'app/keystore.pfx', bytes: samplePkcs12(1, 'Harbour-Night-7') }),
    ],
    counterExamples: [
      () => ({ path: 'etc/ssl/certs/java/cacerts', bytes: sampleJks(['certificate'], 'changeit') }),
      () => ({ path: 'app/truststore.p12', bytes: samplePkcs12(3, 'changeit') }),
      () => ({ path: 'root/.android/debug.keystore', bytes: sampleJks(['key'], 'android') }),
    ],
  },
  {
    id: 'secrets.keystore',
    provider: 'any',
    what: 'keystore with a private key under a password',
    magic: STORES,
    severity: 'low',
    confidence: 'high',
    judge: readLockedKeystore,
    remedy: 'Hand the store in at run time: its password can be tried offline, and often lies beside it',
    source: 'OpenJDK, JavaKeyStore; RFC 7292',
    examples: [
      () => ({ path: 'app/keystore.jks', bytes: sampleJks(['key'], 'Harbour-Night-7') }),
      () => ({ path: 'app/keystore.p12', bytes: samplePkcs12(2, 'Harbour-Night-7') }),
    ],
    counterExamples: [
      () => ({ path: 'app/truststore.jks', bytes: sampleJks(['certificate', 'certificate'], 'Harbour-7') }),
      () => ({ path: 'app/keystore.p12', bytes: samplePkcs12(2, 'changeit') }),
    ],
  },
  {
    id: 'secrets.android-debug-keystore',
    provider: 'Android',
    what: 'keystore with the key that signs what is not released',
    magic: STORES,
    severity: 'info',
    confidence: 'high',
    judge: readDebugKeystore,
    remedy: 'Leave it out: the SDK makes a new one where there is none',
    source: 'Android documentation, Sign your app, Sign your debug build',
    examples: [() => ({ path: 'root/.android/debug.keystore', bytes: sampleJks(['key'], 'android') })],
    counterExamples: [() => ({ path: 'app/release.keystore', bytes: sampleJks(['key'], 'Harbour-7') })],
  },
  {
    id: 'secrets.openpgp-secret-key',
    provider: 'OpenPGP',
    what: 'OpenPGP secret key without a pass phrase',
    magic: PGP,
    severity: 'critical',
    confidence: 'high',
    judge: readOpenPgpKey,
    remedy: 'Revoke the key, and keep the new one out of the image',
    source: 'RFC 4880, sections 4.2 and 5.5.3',
    examples: [() => ({ path: 'root/.gnupg/secring.gpg', bytes: sampleOpenPgpKey(0) })],
    counterExamples: [
      () => ({ path: 'srv/key.gpg', bytes: sampleOpenPgpKey(254) }),
      () => ({ path: 'srv/any', bytes: Buffer.concat([Buffer.from([0x95]), sampleBytes(2000, 'any')]) }),
    ],
  },
  {
    id: 'secrets.locked-openpgp-key',
    provider: 'OpenPGP',
    what: 'OpenPGP secret key under a pass phrase',
    magic: PGP,
    severity: 'low',
    confidence: 'high',
    judge: readLockedPgpKey,
    remedy: PASSWORD_GUESSED,
    source: 'RFC 4880, section 5.5.3',
    examples: [() => ({ path: 'root/.gnupg/secring.gpg', bytes: sampleOpenPgpKey(254) })],
    counterExamples: [() => ({ path: 'srv/key.gpg', bytes: sampleOpenPgpKey(0) })],
  },
  {
    id: 'secrets.gnupg-key',
    provider: 'GnuPG',
    what: 'private key of GnuPG without a pass phrase',
    path: /(?:^|\/)private-keys-v1\.d\/[0-9A-F]{40}\.key$/,
    severity: 'critical',
    confidence: 'high',
    judge: readGnupgKey,
    remedy: 'Revoke the key, and keep the new one out of the image',
    source: 'GnuPG, agent/keyformat.txt',
    examples: ['Key: (private-key (ecc (curve Ed25519)', '(11:private-key(3:ecc(5:curve7:Ed25519'].map(
      (text) => () => ({ path: agentPath, bytes: Buffer.from(`${text}(d #${'5A'.repeat(32)}#)))`) }),
    ),
    counterExamples: [
      () => ({ path: agentPath, bytes: Buffer.from('(21:protected-private-key(3:rsa(1:n257:') }),
      () => ({ path: agentPath, bytes: Buffer.from('(20:shadowed-private-key(3:rsa(1:n257:') }),
    ],
  },
  {
    id: 'secrets.locked-gnupg-key',
    provider: 'GnuPG',
    what: 'private key of GnuPG under a pass phrase',
    path: /(?:^|\/)private-keys-v1\.d\/[0-9A-F]{40}\.key$/,
    severity: 'low',
    confidence: 'high',
    judge: readLockedGnupgKey,
    remedy: PASSWORD_GUESSED,
    source: 'GnuPG, agent/keyformat.txt',
    examples: [() => ({ path: agentPath, bytes: Buffer.from('(21:protected-private-key(3:rsa(1:n257:') })],
    counterExamples: [
      () => ({ path: agentPath, bytes: Buffer.from('(20:shadowed-private-key(3:rsa(1:n257:') }),
      () => ({ path: agentPath, bytes: Buffer.from('Key: (private-key (ecc (curve Ed25519)') }),
    ],
  },
  {
    id: 'secrets.keytab',
    provider: 'Kerberos',
    what: 'keytab with keys of Kerberos principals',
    magic: ['05020000', '0502ffff'],
    severity: 'critical',
    confidence: 'high',
    judge: readKeytab,
    remedy: 'Change the keys of the principals, and mount the keytab at run time',
    source: 'MIT Kerberos documentation, The keytab file format',
    examples: [
      () => ({ path: 'etc/krb5.keytab', bytes: sampleKeytab() }),
      () => ({
        path: 'etc/krb5.keytab',
        bytes: Buffer.concat([sampleKeytab(), Buffer.alloc(4), sampleBytes(9, 'x')]),
      }),
    ],
    counterExamples: [
      () => ({ path: 'etc/krb5.keytab', bytes: Buffer.from('0502', 'hex') }),
      () => ({
        path: 'srv/any',
        bytes: Buffer.concat([Buffer.from('050200000040', 'hex'), Buffer.alloc(64)]),
      }),
    ],
  },
];
