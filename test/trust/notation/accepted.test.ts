import { describe, expect, test } from 'vitest';
import { parseSubject } from '../../../src/model/subject-pattern.ts';
import { isSignature } from '../../../src/model/trusted.ts';
import { integer, sequence } from '../../support/notation/der-writer.ts';
import { days, issue, NOW, OID, placeOf, purposes, stamp } from '../../support/notation/pki.ts';
import {
  ARTIFACT,
  type Attempt,
  intermediate,
  judge,
  notationSigner,
  root,
  STAMPED,
  tsa,
  tsaRoot,
} from '../../support/notation/sign.ts';

const FORMATS = ['jws', 'cose'] as const;
const expiredLeaf = issue({ issuer: intermediate, notAfter: days(-10) });
const authorityTrust = { store: 'signing-authority' } as const;

describe.each(FORMATS)('a signature of Notation as %s counts', (format) => {
  test.each<readonly [string, Attempt]>([
    ['by ECDSA on P-256', {}],
    ['by ECDSA on P-384', { by: issue({ issuer: intermediate, kind: 'P-384' }) }],
    ['by ECDSA on P-521', { by: issue({ issuer: intermediate, kind: 'P-521' }) }],
    ['by RSA of 2048 bits', { by: issue({ issuer: intermediate, kind: 2048 }) }],
    ['by RSA of 3072 bits', { by: issue({ issuer: intermediate, kind: 3072 }) }],
    ['by RSA of 4096 bits', { by: issue({ issuer: intermediate, kind: 4096 }) }],
    ['that expires tomorrow', { expiry: days(1) }],
    [
      'with the type in the config only',
      {
        manifest: ({ artifactType: _, ...rest }) => ({
          ...rest,
          config: { ...(rest['config'] as object), mediaType: ARTIFACT },
        }),
      },
    ],
    [
      'under an authority with RSASSA-PSS',
      withRoot(issue({ authority: true, kind: 2048, algorithm: 'pss' }), 'pss'),
    ],
    ['straight under the root', { by: issue({ issuer: root }) }],
    ['by a certificate that is its own root', alone()],
    ['by a certificate that names no purpose', { by: issue({ issuer: intermediate, purposes: null }) }],
    [
      'with a field that need not be understood',
      { header: (header) => ({ ...header, 'com.example.note': 'x' }) },
    ],
    ['that says of its making what cannot be', { signingTime: days(-5000) }],
    [
      'by one of two identities',
      {
        trust: {
          identities: [parseSubject('C=DE, ST=BE, O=other'), parseSubject('C=US, ST=WA, O=acme, CN=release')],
        },
      },
    ],
    [
      'by whomever the authority certifies',
      { by: issue({ issuer: intermediate, name: [['CN', 'who']] }), trust: { identities: 'any' } },
    ],
  ])('%s', async (_what, attempt) => {
    const evidence = await judge({ ...attempt, format });
    expect(evidence).toMatchObject([
      {
        state: 'verified',
        form: 'notation',
        signer: 'acme',
        unchecked: expect.stringContaining('not asked'),
      },
    ]);
    expect(evidence.every(isSignature)).toBe(true);
  });

  test('with what the signer wrote beside it', async () => {
    const target = (one: object) => ({ ...one, artifactType: 'a/b', annotations: { build: '17' } });
    expect(await judge({ format, target })).toMatchObject([
      { state: 'verified', annotations: { build: '17' } },
    ]);
  });

  test('by a signing authority, which says when, although its certificate has expired', async () => {
    const made = { scheme: 'notary.x509.signingAuthority', signingTime: days(-50) };
    expect(await judge({ format, ...made, by: expiredLeaf, trust: authorityTrust })).toMatchObject([
      { state: 'verified' },
    ]);
  });

  test.each<readonly [string, Attempt]>([
    ['always demanded', { timestamp: {}, trust: STAMPED }],
    [
      'of the time before its certificate expired',
      { by: expiredLeaf, timestamp: { at: days(-20) }, trust: STAMPED },
    ],
    [
      'of that time, where it is demanded only then',
      { by: expiredLeaf, timestamp: { at: days(-20) }, trust: { ...STAMPED, timestamp: 'after-expiry' } },
    ],
    [
      'with an accuracy that stays within',
      { timestamp: { accuracy: sequence(integer(60)) }, trust: STAMPED },
    ],
    [
      'with an extension that need not be understood',
      { timestamp: { extensions: [{ oid: '1.2.3.4', value: integer(1) }] }, trust: STAMPED },
    ],
    ['by an authority whose certificate has expired since', expiredAuthority()],
    ['by RSA', rsaAuthority()],
    ['by RSA, with the hash named elsewhere', rsaAuthority('1.2.840.113549.1.1.1')],
    ['that names the place of its certificate', { timestamp: { place: placeOf(tsa) }, trust: STAMPED }],
    ['that carries its root, too', { timestamp: { carries: [tsa.der, tsaRoot.der] }, trust: STAMPED }],
  ])('with a timestamp %s', async (_what, attempt) => {
    expect(await judge({ ...attempt, format })).toMatchObject([{ state: 'verified' }]);
  });

  test('without a timestamp, where none is demanded before a certificate expires', async () => {
    const trust = { ...STAMPED, timestamp: 'after-expiry' } as const;
    expect(await judge({ format, trust })).toMatchObject([{ state: 'verified' }]);
    expect(await judge({ format, trust, timestamp: () => Buffer.from('ignored') })).toMatchObject([
      { state: 'verified' },
    ]);
  });
});

test('one that two signers of the policy could have made is by both', async () => {
  const other = notationSigner({ identities: 'any' }, 'anyone');
  const stranger = notationSigner(
    { authorities: [issue({ authority: true }).der.toString('base64')] },
    'stranger',
  );
  const signers = new Map([
    ['stranger', stranger],
    ['acme', notationSigner()],
    ['anyone', other],
  ] as const);
  expect((await judge({ signers })).map((one) => 'signer' in one && one.signer)).toEqual(['acme', 'anyone']);
});

test('a span of time ends with its last second', async () => {
  expect(await judge({ by: issue({ issuer: intermediate, notAfter: NOW }) })).toMatchObject([
    { state: 'verified' },
  ]);
  expect(await judge({ by: issue({ issuer: intermediate, notBefore: NOW }) })).toMatchObject([
    { state: 'verified' },
  ]);
});

function withRoot(authority: ReturnType<typeof issue>, algorithm?: 'pss'): Attempt {
  return {
    by: issue({ issuer: authority, ...(algorithm && { algorithm }) }),
    trust: { authorities: [authority.der.toString('base64')] },
  };
}

function alone(): Attempt {
  const by = issue();
  return { by, trust: { authorities: [by.der.toString('base64')] } };
}

function expiredAuthority(): Attempt {
  const old = issue({ issuer: tsaRoot, purposes: purposes([OID.timeStamping], true), notAfter: days(-5) });
  return { timestamp: (signature) => stamp(old, signature, { at: days(-6) }), trust: STAMPED };
}

function rsaAuthority(algorithm?: string): Attempt {
  const by = issue({ issuer: tsaRoot, purposes: purposes([OID.timeStamping], true), kind: 2048 });
  return {
    timestamp: (signature) => stamp(by, signature, algorithm === undefined ? {} : { algorithm }),
    trust: STAMPED,
  };
}
