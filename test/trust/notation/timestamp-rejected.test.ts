import { describe } from 'vitest';
import { integer, octets, oid, sequence, set, tlv } from '../../support/notation/der-writer.ts';
import {
  constraints,
  days,
  type IssueOptions,
  issue,
  OID,
  placeOf,
  purposes,
  type StampOptions,
  stamp,
  usage,
} from '../../support/notation/pki.ts';
import { type Attempt, intermediate, root, STAMPED, tsa, tsaRoot } from '../../support/notation/sign.ts';
import { rejects } from './rejects.ts';

const forStamps = purposes([OID.timeStamping], true);
const otherRoot = issue({ authority: true });
const unknown = { oid: '1.2.3.4', critical: true, value: Buffer.from([5, 0]) };

/** A timestamp that departs from the good one. */
function stamped(timestamp: StampOptions): Attempt {
  return { timestamp, trust: STAMPED };
}

/** By an authority whose certificate departs from the good one. */
function stampedBy(options: IssueOptions, how: StampOptions = {}): Attempt {
  const by = issue({ issuer: tsaRoot, purposes: forStamps, ...options });
  return { timestamp: (signature) => stamp(by, signature, how), trust: STAMPED };
}

/** By a certificate that expired, or will be valid. */
function expired(at: Date, how: Omit<StampOptions, 'at'> = {}): Attempt {
  return {
    by: issue({ issuer: intermediate, notBefore: days(-50), notAfter: days(-10) }),
    ...stamped({ ...how, at }),
  };
}

describe.each(['jws', 'cose'] as const)(
  'the timestamp of a signature of Notation as %s does not count',
  (format) => {
    rejects(
      [
        ['that is not there', 'bad-timestamp', 'carries no timestamp', { trust: STAMPED }],
        [
          'that is not there, after the certificate expired',
          'bad-timestamp',
          'carries no timestamp',
          {
            by: issue({ issuer: intermediate, notAfter: days(-1) }),
            trust: { ...STAMPED, timestamp: 'after-expiry' },
          },
        ],
        [
          'over another signature',
          'bad-timestamp',
          'over another signature',
          stamped({ imprint: Buffer.alloc(32) }),
        ],
        [
          'over a digest by SHA-1',
          'bad-timestamp',
          'over another signature',
          stamped({ imprintAlgorithm: '1.3.14.3.2.26' }),
        ],
        [
          'by another key',
          'bad-timestamp',
          'its signature does not hold',
          stamped({ signedBy: otherRoot.key }),
        ],
        ['over other content', 'bad-timestamp', 'over other content', stamped({ digest: Buffer.alloc(32) })],
        [
          'over content of another type',
          'bad-timestamp',
          'signs something else',
          stamped({ contentType: '1.2.840.113549.1.7.1' }),
        ],
        [
          'with a hash that does not count',
          'bad-timestamp',
          'its hash does not count',
          stamped({ digestAlgorithm: '1.3.14.3.2.26' }),
        ],
        [
          'that is no signed data',
          'bad-timestamp',
          'no signed data',
          stamped({ outerType: '1.2.840.113549.1.7.1' }),
        ],
        [
          'that says outside of what is signed that it is something else',
          'bad-timestamp',
          'it signs something else',
          stamped({ innerType: '1.2.840.113549.1.7.1' }),
        ],
        ['of another version', 'bad-timestamp', 'another version', stamped({ version: 2 })],
        [
          'with an attribute twice',
          'bad-timestamp',
          'attribute twice',
          stamped({ attributes: [sequence(oid('1.2.840.113549.1.9.4'), set(octets(Buffer.alloc(32))))] }),
        ],
        [
          'accurate to a year',
          'bad-timestamp',
          'accurate to days',
          stamped({ accuracy: sequence(integer(31_536_000)) }),
        ],
        [
          'that names its certificate and the place of another',
          'bad-timestamp',
          'names another certificate',
          stamped({ place: placeOf(otherRoot) }),
        ],
        [
          'that names its certificate and the serial number of another',
          'bad-timestamp',
          'names another certificate',
          stamped({ place: placeOf({ ...tsa, serial: otherRoot.serial }) }),
        ],
        [
          'that names its certificate by SHA-1',
          'bad-timestamp',
          'names another certificate',
          stamped({ namedBy: ['1.3.14.3.2.26', 'sha1'] }),
        ],
        ['with two signers', 'bad-timestamp', 'exactly one', stamped({ twice: true })],
        [
          'that does not name its certificate',
          'bad-timestamp',
          'lacks the attribute',
          stamped({ named: null }),
        ],
        [
          'that names another certificate',
          'bad-timestamp',
          'names another certificate',
          stamped({ named: otherRoot }),
        ],
        ['that carries no certificate', 'bad-timestamp', 'does not carry', stamped({ carries: [] })],
        [
          'that carries twenty certificates',
          'bad-timestamp',
          'more than 10',
          stamped({ carries: Array.from({ length: 20 }, () => tsa.der) }),
        ],
        [
          'with a critical extension',
          'bad-timestamp',
          'critical extension',
          stamped({ extensions: [unknown] }),
        ],
        [
          'by an authority that the policy does not name',
          'bad-timestamp',
          'no timestamp authority of the policy',
          stampedBy({ issuer: otherRoot }),
        ],
        [
          'by the authority of the signer',
          'bad-timestamp',
          'no timestamp authority of the policy',
          stampedBy({ issuer: root }),
        ],
        [
          'by a certificate for signing code',
          'bad-timestamp',
          'not for timestamps alone',
          stampedBy({ purposes: [OID.codeSigning] }),
        ],
        [
          'by a certificate that is for timestamps and not critically',
          'bad-timestamp',
          'not for timestamps alone',
          stampedBy({ purposes: [OID.timeStamping] }),
        ],
        [
          'by a certificate for timestamps and more',
          'bad-timestamp',
          'not for timestamps alone',
          stampedBy({ purposes: purposes([OID.timeStamping, OID.codeSigning], true) }),
        ],
        [
          'by a certificate that says nothing of purposes',
          'bad-timestamp',
          'not for timestamps alone',
          stampedBy({ purposes: null }),
        ],
        [
          'by an authority itself',
          'bad-timestamp',
          'of an authority',
          stampedBy({ constraints: constraints(true) }),
        ],
        [
          'by a key for certificates',
          'bad-timestamp',
          'for more than signatures',
          stampedBy({ usage: usage([0, 5]) }),
        ],
        [
          'by a certificate that was not valid then',
          'bad-timestamp',
          'when it made the timestamp',
          stampedBy({ notBefore: days(-5) }, { at: days(-6) }),
        ],
        [
          'by a certificate that had expired (CVE-2026-39984)',
          'bad-timestamp',
          'when it made the timestamp',
          stampedBy({ notAfter: days(-5) }, { at: days(-4) }),
        ],
        [
          'by a certificate signed with SHA-1',
          'bad-timestamp',
          'no timestamp authority of the policy',
          stampedBy({ algorithm: 'sha1' }),
        ],
        ['of the future', 'bad-timestamp', 'of the future', stamped({ at: days(1) })],
        [
          'of a time when the certificate had expired (CVE-2026-54787)',
          'bad-certificate',
          'it expired at',
          expired(days(-9)),
        ],
        ['of a time before the certificate', 'bad-certificate', 'only since', expired(days(-51))],
        [
          'whose accuracy reaches past the certificate',
          'bad-certificate',
          'it expired at',
          expired(new Date(days(-10).getTime() - 1000), { accuracy: sequence(integer(5)) }),
        ],
        [
          'whose accuracy reaches past the certificate by a microsecond',
          'bad-certificate',
          'it expired at',
          expired(days(-10), { accuracy: sequence(tlv(0x81, Buffer.from([1]))) }),
        ],
        [
          'under the policy that promises a second, in the last one',
          'bad-certificate',
          'it expired at',
          expired(days(-10), { policy: '0.4.0.2023.1.1' }),
        ],
        [
          'that is none',
          'bad-timestamp',
          'cannot be read',
          { timestamp: () => Buffer.from('no timestamp'), trust: STAMPED },
        ],
        [
          'that is cut',
          'bad-timestamp',
          'cannot be read',
          { timestamp: (signature) => stamp(tsa, signature).subarray(0, -1), trust: STAMPED },
        ],
        [
          'that is too long',
          'bad-timestamp',
          'more than 65536',
          { timestamp: () => Buffer.alloc(70_000), trust: STAMPED },
        ],
        [
          'of another signature, moved here',
          'bad-timestamp',
          'over another signature',
          { timestamp: () => stamp(tsa, Buffer.from('another')), trust: STAMPED },
        ],
      ],
      format,
    );
  },
);

describe('what a signing authority says of the time does not count', () => {
  const made = { scheme: 'notary.x509.signingAuthority', trust: { store: 'signing-authority' } } as const;
  rejects([
    ['before its certificate', 'bad-certificate', 'only since', { ...made, signingTime: days(-101) }],
    [
      'after its certificate',
      'bad-certificate',
      'it expired at',
      { ...made, by: issue({ issuer: intermediate, notAfter: days(-10) }), signingTime: days(-9) },
    ],
    ['in the future', 'bad-timestamp', 'in the future', { ...made, signingTime: days(1) }],
  ]);
});
