import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { describe } from 'vitest';
import { readDer } from '../../../src/io/der.ts';
import { parseSubject } from '../../../src/model/subject-pattern.ts';
import { readSigned } from '../../../src/trust/notation/x509/signed.ts';
import { octets, oid, sequence, set, tlv } from '../../support/notation/der-writer.ts';
import {
  constraints,
  days,
  type Identity,
  type IssueOptions,
  issue,
  nameOf,
  OID,
  sha256,
  usage,
} from '../../support/notation/pki.ts';
import { type Attempt, intermediate, leaf, root } from '../../support/notation/sign.ts';
import { rejects } from './rejects.ts';

/** Signed by a certificate that departs from the good one. */
function certified(options: IssueOptions): Attempt {
  return { by: issue({ issuer: intermediate, ...options }) };
}

/** Signed under an authority that departs from the good one. */
function under(options: IssueOptions): Attempt {
  return { by: issue({ issuer: issue({ authority: true, issuer: root, ...options }) }) };
}

/** Under a root of the policy that departs from the good one. */
function underRoot(options: IssueOptions): Attempt {
  const own = issue({ authority: true, ...options });
  return { by: issue({ issuer: own }), trust: { authorities: [own.der.toString('base64')] } };
}

function named(name: IssueOptions['name'], ...identities: string[]): Attempt {
  return {
    ...certified(name === undefined ? {} : { name }),
    ...(identities.length > 0 && { trust: { identities: identities.map(parseSubject) } }),
  };
}

const unknown = { oid: '1.2.3.4', critical: true, value: Buffer.from([5, 0]) };
const otherRoot = issue({ authority: true });
const chain = (...identities: Identity[]) => identities.map(({ der }) => der);

describe('the certificates of a signature of Notation do not count', () => {
  rejects([
    [
      'under a root that the signer has made (item 14)',
      'other-key',
      'the policy does not name',
      { by: issue({ issuer: otherRoot }) },
    ],
    ['that are their own root', 'other-key', 'the policy does not name', { by: issue() }],
    ['without the root', 'other-key', 'the policy does not name', { chain: chain(leaf, intermediate) }],
    [
      'with the root of the policy behind a chain of others',
      'bad-certificate',
      'is not issued by',
      { by: issue({ issuer: otherRoot }), chain: chain(issue({ issuer: otherRoot }), root) },
    ],
    ['without one in between', 'bad-certificate', 'is not issued by', { chain: chain(leaf, root) }],
    ['in another order', 'bad-certificate', '', { chain: chain(intermediate, leaf, root) }],
    [
      'with one that has nothing to do with it',
      'bad-certificate',
      'is not issued by',
      { chain: chain(leaf, intermediate, otherRoot, root) },
    ],
    [
      'with the root twice',
      'bad-certificate',
      'does not end the chain',
      { chain: chain(leaf, intermediate, root, root) },
    ],
    [
      'with the name of an authority and the key of another',
      'bad-certificate',
      'is not issued by',
      certified({ signedBy: otherRoot.key }),
    ],
    [
      'that have expired, with nothing to prove when',
      'bad-certificate',
      'it expired at',
      certified({ notAfter: days(-1) }),
    ],
    ['that are not valid yet', 'bad-certificate', 'only since', certified({ notBefore: days(1) })],
    [
      'under an authority that has expired',
      'bad-certificate',
      'it expired at',
      under({ notAfter: days(-1) }),
    ],
    ['under a root that has expired', 'bad-certificate', 'it expired at', underRoot({ notAfter: days(-1) })],
    [
      'of an authority',
      'bad-certificate',
      'of an authority, and signed itself',
      certified({ constraints: constraints(true) }),
    ],
    [
      'that do not say what their key is for',
      'bad-certificate',
      'does not say critically',
      certified({ usage: null }),
    ],
    [
      'that do not say it critically',
      'bad-certificate',
      'does not say critically',
      certified({ usage: usage([0], false) }),
    ],
    [
      'for certificates, too',
      'bad-certificate',
      'for more than signatures',
      certified({ usage: usage([0, 5]) }),
    ],
    [
      'for encrypting, too',
      'bad-certificate',
      'for more than signatures',
      certified({ usage: usage([0, 2]) }),
    ],
    ['not for signatures', 'bad-certificate', 'not for signatures', certified({ usage: usage([1]) })],
    [
      'for servers, too',
      'bad-certificate',
      'purpose 1.3.6.1.5.5.7.3.1',
      certified({ purposes: [OID.codeSigning, OID.serverAuth] }),
    ],
    [
      'for timestamps, too',
      'bad-certificate',
      'purpose 1.3.6.1.5.5.7.3.8',
      certified({ purposes: [OID.codeSigning, OID.timeStamping] }),
    ],
    [
      'for answering OCSP, too',
      'bad-certificate',
      'purpose 1.3.6.1.5.5.7.3.9',
      certified({ purposes: [OID.codeSigning, OID.ocspSigning] }),
    ],
    [
      'for anything',
      'bad-certificate',
      'purpose 2.5.29.37.0',
      certified({ purposes: [OID.codeSigning, OID.any] }),
    ],
    ['for something else', 'bad-certificate', 'not for signing code', certified({ purposes: ['1.2.3.4'] })],
    [
      'with an extension that has to be understood',
      'bad-certificate',
      'critical extension 1.2.3.4',
      certified({ more: [unknown] }),
    ],
    [
      'under an authority with such an extension',
      'bad-certificate',
      'critical extension 1.2.3.4',
      under({ more: [unknown] }),
    ],
    ['with an extension twice', 'bad-certificate', 'extension twice', certified({ more: [usage([0])] })],
    [
      'under what is no authority',
      'bad-certificate',
      'is no authority',
      under({ constraints: constraints(false) }),
    ],
    [
      'under what says nothing of being one',
      'bad-certificate',
      'is no authority',
      under({ constraints: null }),
    ],
    [
      'under what does not say it critically',
      'bad-certificate',
      'is no authority',
      under({ constraints: constraints(true, undefined, false) }),
    ],
    [
      'under an authority whose key is not for certificates',
      'bad-certificate',
      'not for certificates',
      under({ usage: usage([6]) }),
    ],
    [
      'under an authority for servers',
      'bad-certificate',
      'authority for other purposes',
      under({ purposes: [OID.serverAuth] }),
    ],
    ['under one more authority than the root allows', 'bad-certificate', 'allows 0 authorities', tooLong()],
    ['signed with SHA-1', 'bad-certificate', 'such as with SHA-1', certified({ algorithm: 'sha1' })],
    [
      'under a root signed with SHA-1 and RSA, as Certum has one',
      'bad-certificate',
      'such as with SHA-1',
      underRoot({ kind: 2048, algorithm: 'sha1' }),
    ],
    ['of a curve that does not count', 'bad-certificate', 'kind or length', certified({ kind: 'P-224' })],
    ['with a key of another kind', 'bad-certificate', 'kind or length', certified({ kind: 'ed25519' })],
    ['with a key of a length between', 'bad-certificate', 'kind or length', certified({ kind: 2560 })],
    ['with a short key', 'bad-certificate', 'kind or length', certified({ kind: 1024 })],
    [
      'under an authority with a short key',
      'bad-certificate',
      'a key that is too short',
      under({ kind: 1024 }),
    ],
    [
      'under an authority with a key of another kind',
      'bad-certificate',
      'of a kind that does not count',
      under({ kind: 'ed25519' }),
    ],
    [
      'with a key that takes minutes to check with',
      'bad-certificate',
      'too short, or of a kind',
      certified({ kind: 2048, keyInfo: rsaKey(Buffer.alloc(250, 0xff)) }),
    ],
    [
      'with a key under which everybody can sign, its exponent being 1',
      'bad-certificate',
      'too short, or of a kind',
      certified({ kind: 2048, keyInfo: rsaKey(Buffer.from([1])) }),
    ],
    [
      'under an authority with such a key',
      'bad-certificate',
      'too short, or of a kind',
      underOpenAuthority(),
    ],
    [
      'with the key of an authority and the name of another',
      'bad-certificate',
      'is not issued by',
      certified({ issuerName: otherRoot.name }),
    ],
    [
      'that are too large',
      'bad-certificate',
      'more than 16384 bytes',
      certified({ more: [{ oid: '1.2.3.5', value: Buffer.alloc(17_000) }] }),
    ],
    [
      'that say outside that they are signed in another way',
      'bad-certificate',
      'algorithms differ',
      certified({ saidOutside: sequence(oid('1.2.840.10045.4.3.3')) }),
    ],
    [
      'whose serial number is not the one that a list of revocations has, although it is the same number',
      'bad-certificate',
      'not in its shortest form',
      certified({ serial: Buffer.from([0, 0, 1]) }),
    ],
    [
      'with a hundred extensions',
      'bad-certificate',
      'too many extensions',
      certified({
        more: Array.from({ length: 100 }, (_, at) => ({ oid: `1.2.3.${at}`, value: Buffer.from([5, 0]) })),
      }),
    ],
    ['without a key', 'bad-certificate', 'its key cannot be read', certified({ keyInfo: sequence() })],
    [
      'signed in a way with strange parameters',
      'bad-certificate',
      'strange parameters',
      certified({ said: sequence(oid('1.2.840.10045.4.3.2'), oid('1.2.3')) }),
    ],
    [
      'with a name of forty parts',
      'bad-certificate',
      'too many attributes',
      named(Array.from({ length: 40 }, (_, at) => [`1.2.3.${at}`, 'x'] as const)),
    ],
    [
      'with a part of the name in another alphabet',
      'bad-certificate',
      'a type that is not read',
      certified({ rawName: sequence(set(attribute('2.5.4.10', 0x1e, Buffer.from('acme')))) }),
    ],
    ['of version 1', 'bad-certificate', 'version 3', certified({ version: 0 })],
    [
      'with bytes behind them',
      'bad-certificate',
      'bytes follow',
      { chain: [Buffer.concat([leaf.der, Buffer.from([0])]), intermediate.der, root.der] },
    ],
    [
      'of somebody else',
      'other-identity',
      'whom the policy does not name',
      named([
        ['C', 'US'],
        ['ST', 'WA'],
        ['O', 'evil'],
      ]),
    ],
    [
      'of somebody whose name begins like it',
      'other-identity',
      'acme-evil',
      named([
        ['C', 'US'],
        ['ST', 'WA'],
        ['O', 'acme-evil'],
      ]),
    ],
    [
      'of somebody in other letters',
      'other-identity',
      'ACME',
      named([
        ['C', 'US'],
        ['ST', 'WA'],
        ['O', 'ACME'],
      ]),
    ],
    [
      'that lack a part of the name',
      'other-identity',
      'whom',
      named([
        ['C', 'US'],
        ['O', 'acme'],
      ]),
    ],
    ['of another unit', 'other-identity', 'whom', named(undefined, 'C=US, ST=WA, O=acme, OU=release')],
    [
      'whose name has the wanted one inside another part',
      'other-identity',
      'whom',
      named([
        ['C', 'US'],
        ['ST', 'WA'],
        ['O', 'evil'],
        ['CN', 'x, O=acme'],
      ]),
    ],
    [
      'with a part of the name twice',
      'bad-certificate',
      'O twice',
      named([
        ['C', 'US'],
        ['ST', 'WA'],
        ['O', 'evil'],
        ['O', 'acme'],
      ]),
    ],
    [
      'with two parts of the name in one',
      'bad-certificate',
      'more in it',
      certified({ rawName: twoInOne() }),
    ],
    ['with a name that is no UTF-8', 'bad-certificate', 'UTF-8', certified({ rawName: badText() })],
  ]);
});

function tooLong(): Attempt {
  const top = issue({ authority: true, constraints: constraints(true, 0) });
  const middle = issue({ authority: true, issuer: top });
  return { by: issue({ issuer: middle }), trust: { authorities: [top.der.toString('base64')] } };
}

function attribute(type: string, tag: number, value: Buffer): Buffer {
  return sequence(oid(type), tlv(tag, value));
}

function twoInOne(): Buffer {
  const both = set(
    attribute('2.5.4.10', 0x0c, Buffer.from('acme')),
    attribute('2.5.4.11', 0x0c, Buffer.from('x')),
  );
  return sequence(
    ...[
      nameOf([
        ['C', 'US'],
        ['ST', 'WA'],
      ]).subarray(2),
      both,
    ],
  );
}

function badText(): Buffer {
  return sequence(
    nameOf([
      ['C', 'US'],
      ['ST', 'WA'],
    ]).subarray(2),
    set(attribute('2.5.4.10', 0x0c, Buffer.from([0xc3, 0x28]))),
  );
}

/** An RSA key with this exponent. */
function rsaKey(exponent: Buffer): Buffer {
  const { n } = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ format: 'jwk' });
  const e = exponent.toString('base64url');
  const key = createPublicKey({ key: { kty: 'RSA', n: n ?? '', e }, format: 'jwk' });
  return key.export({ type: 'spki', format: 'der' });
}

/** A certificate that nobody issued, under an authority whose exponent is 1: a signature is then what it is over, padded. */
function underOpenAuthority(): Attempt {
  const open = issue({ authority: true, issuer: root, kind: 2048, keyInfo: rsaKey(Buffer.from([1])) });
  const by = issue({ issuer: open });
  const { content, signature } = readSigned(readDer(by.der), 'a certificate').signed;
  const info = sequence(
    sequence(oid('2.16.840.1.101.3.4.2.1'), Buffer.from([5, 0])),
    octets(sha256(content.raw)),
  );
  const padding = Buffer.alloc(signature.length - info.length - 3, 0xff);
  const forged = Buffer.concat([Buffer.from([0, 1]), padding, Buffer.from([0]), info]);
  const der = Buffer.concat([by.der.subarray(0, -signature.length), forged]);
  return { by: { ...by, der } };
}
