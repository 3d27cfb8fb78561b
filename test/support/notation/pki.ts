import { constants, createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import {
  bits,
  boolean,
  flags,
  integer,
  octets,
  oid,
  sequence,
  set,
  time,
  tlv,
  utcTime,
} from './der-writer.ts';

/** The moment at which the tests are. */
export const NOW = new Date('2026-06-01T12:00:00Z');
export const DAY = 86_400_000;
export const OID = {
  codeSigning: '1.3.6.1.5.5.7.3.3',
  timeStamping: '1.3.6.1.5.5.7.3.8',
  ocspSigning: '1.3.6.1.5.5.7.3.9',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  any: '2.5.29.37.0',
} as const;
const ATTRIBUTES: Readonly<Record<string, string>> = {
  CN: '2.5.4.3',
  C: '2.5.4.6',
  L: '2.5.4.7',
  ST: '2.5.4.8',
  O: '2.5.4.10',
  OU: '2.5.4.11',
};

/** Days from `NOW`. */
export function days(count: number): Date {
  return new Date(NOW.getTime() + count * DAY);
}

/** A certificate and its key, made for one test run. */
export interface Identity {
  readonly der: Buffer;
  readonly pem: string;
  readonly key: KeyObject;
  readonly publicKey: KeyObject;
  readonly name: Buffer;
  readonly serial: Buffer;
  readonly issuer?: Identity;
}

export interface Extension {
  readonly oid: string;
  readonly critical?: boolean;
  readonly value: Buffer;
}

export type KeyKind = 'P-256' | 'P-384' | 'P-521' | 'P-224' | 'ed25519' | number;

/** Where a certificate departs from a good one. */
export interface IssueOptions {
  /** absent: itself */
  readonly issuer?: Identity;
  readonly name?: readonly (readonly [string, string])[];
  /** the whole name, in DER */
  readonly rawName?: Buffer;
  /** P-256; bits for RSA */
  readonly kind?: KeyKind;
  readonly notBefore?: Date;
  readonly notAfter?: Date;
  readonly authority?: boolean;
  readonly constraints?: Extension | null;
  readonly usage?: Extension | null;
  readonly purposes?: readonly string[] | Extension | null;
  readonly more?: readonly Extension[];
  readonly algorithm?: 'sha1' | 'sha256' | 'pss';
  /** who signs it in truth */
  readonly signedBy?: KeyObject;
  readonly version?: number;
  /** the name of the issuer, where it is not the issuer's */
  readonly issuerName?: Buffer;
  /** contents of the serial number */
  readonly serial?: Buffer;
  /** instead of the key's own SubjectPublicKeyInfo */
  readonly keyInfo?: Buffer;
  /** what it says to be signed with, inside and outside */
  readonly said?: Buffer;
  /** the same, outside only */
  readonly saidOutside?: Buffer;
}

const keys = new Map<KeyKind, { privateKey: KeyObject; publicKey: KeyObject }>();

/** RSA keys take a second to make: one of each length does for all that depart in other things. */
function makeKeys(kind: KeyKind) {
  const known = keys.get(kind);
  if (known !== undefined) return known;
  if (typeof kind !== 'number')
    return kind === 'ed25519'
      ? generateKeyPairSync('ed25519')
      : generateKeyPairSync('ec', { namedCurve: kind });
  const made = generateKeyPairSync('rsa', { modulusLength: kind });
  keys.set(kind, made);
  return made;
}

export function nameOf(parts: readonly (readonly [string, string])[]): Buffer {
  return sequence(
    ...parts.map(([key, value]) =>
      set(sequence(oid(ATTRIBUTES[key] ?? key), tlv(key === 'C' ? 0x13 : 0x0c, Buffer.from(value)))),
    ),
  );
}

/** `digitalSignature` is 0, `keyCertSign` 5, `cRLSign` 6. */
export function usage(numbers: readonly number[], critical = true): Extension {
  return { oid: '2.5.29.15', critical, value: flags(numbers) };
}

export function constraints(authority: boolean, pathLength?: number, critical = true): Extension {
  const parts = [
    ...(authority ? [boolean(true)] : []),
    ...(pathLength === undefined ? [] : [integer(pathLength)]),
  ];
  return { oid: '2.5.29.19', critical, value: sequence(...parts) };
}

export function purposes(oids: readonly string[], critical = false): Extension {
  return { oid: '2.5.29.37', critical, value: sequence(...oids.map(oid)) };
}

/** Where OCSP responders answer. */
export function responders(...urls: readonly string[]): Extension {
  const value = sequence(
    ...urls.map((url) => sequence(oid('1.3.6.1.5.5.7.48.1'), tlv(0x86, Buffer.from(url)))),
  );
  return { oid: '1.3.6.1.5.5.7.1.1', value };
}

/** Where lists of revocations lie. */
export function lists(...urls: readonly string[]): Extension {
  const points = urls.map((url) => sequence(tlv(0xa0, tlv(0xa0, tlv(0x86, Buffer.from(url))))));
  return { oid: '2.5.29.31', value: sequence(...points) };
}

/** Issues a certificate: one for signing code, or of an authority. */
export function issue(options: IssueOptions = {}): Identity {
  const { issuer, authority = false, notBefore = days(-100), notAfter = days(100) } = options;
  const { privateKey, publicKey } = makeKeys(options.kind ?? 'P-256');
  const name =
    options.rawName ??
    nameOf(
      options.name ?? [
        ['C', 'US'],
        ['ST', 'WA'],
        ['O', 'acme'],
        ['CN', authority ? `authority ${randomBytes(4).toString('hex')}` : 'release'],
      ],
    );
  const serial = options.serial ?? Buffer.concat([Buffer.from([1]), randomBytes(8)]);
  const signer = options.signedBy ?? issuer?.key ?? privateKey;
  const algorithm = options.said ?? algorithmOf(signer, options.algorithm);
  const body = sequence(
    tlv(0xa0, integer(options.version ?? 2)),
    integer(serial),
    algorithm,
    options.issuerName ?? issuer?.name ?? name,
    sequence(utcTime(notBefore), utcTime(notAfter)),
    name,
    options.keyInfo ?? publicKey.export({ type: 'spki', format: 'der' }),
    tlv(0xa3, sequence(...extensionsOf(options).map(encodeExtension))),
  );
  const signature = bits(signBytes(body, signer, options.algorithm));
  const der = sequence(body, options.saidOutside ?? algorithm, signature);
  return {
    der,
    pem: pemOf(der),
    key: privateKey,
    publicKey,
    name,
    serial,
    ...(issuer && { issuer }),
  };
}

/** From a certificate up to its root, DER. */
export function chainOf(identity: Identity): Buffer[] {
  return identity.issuer === undefined ? [identity.der] : [identity.der, ...chainOf(identity.issuer)];
}

export function pemOf(der: Buffer): string {
  const lines = der.toString('base64').replaceAll(/(.{64})/g, '$1\n');
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
}

function extensionsOf(options: IssueOptions): readonly Extension[] {
  const { authority = false } = options;
  const own = [
    options.constraints === undefined ? (authority ? constraints(true) : null) : options.constraints,
    options.usage === undefined ? usage(authority ? [5, 6] : [0]) : options.usage,
    options.purposes === undefined ? (authority ? null : purposes([OID.codeSigning])) : options.purposes,
  ];
  const written = own.map((one) => (Array.isArray(one) ? purposes(one) : (one as Extension | null)));
  return [...written.filter((one) => one !== null), ...(options.more ?? [])];
}

export function encodeExtension({ oid: id, critical = false, value }: Extension): Buffer {
  return sequence(oid(id), ...(critical ? [boolean(true)] : []), octets(value));
}

const NULL = Buffer.from([5, 0]);
const SHA256 = sequence(oid('2.16.840.1.101.3.4.2.1'), NULL);
const PSS = sequence(
  oid('1.2.840.113549.1.1.10'),
  sequence(
    tlv(0xa0, SHA256),
    tlv(0xa1, sequence(oid('1.2.840.113549.1.1.8'), SHA256)),
    tlv(0xa2, integer(32)),
  ),
);

export function algorithmOf(key: KeyObject, how: IssueOptions['algorithm'] = 'sha256'): Buffer {
  if (how === 'pss') return PSS;
  if (key.asymmetricKeyType === 'rsa')
    return sequence(oid(how === 'sha1' ? '1.2.840.113549.1.1.5' : '1.2.840.113549.1.1.11'), NULL);
  if (key.asymmetricKeyType === 'ed25519') return sequence(oid('1.3.101.112'));
  return sequence(oid(how === 'sha1' ? '1.2.840.10045.4.1' : '1.2.840.10045.4.3.2'));
}

export function signBytes(
  bytes: Uint8Array,
  key: KeyObject,
  how: IssueOptions['algorithm'] = 'sha256',
): Buffer {
  if (key.asymmetricKeyType === 'ed25519') return sign(null, bytes, key);
  if (how !== 'pss') return sign(how, bytes, key);
  return sign('sha256', bytes, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 });
}

/** Where a timestamp departs from a good one. */
export interface StampOptions {
  readonly at?: Date;
  /** over what in truth */
  readonly imprint?: Buffer;
  readonly accuracy?: Buffer;
  readonly policy?: string;
  /** certificates that it carries; its maker's chain without the root */
  readonly carries?: readonly Buffer[];
  /** whom `signing-certificate-v2` names; `null`: it is left out */
  readonly named?: Identity | null;
  /** what it names it by: the hash's OID and Node's name; SHA-256, unsaid, where absent */
  readonly namedBy?: readonly [oid: string, hash: string];
  /** whether there is a second signer, the same */
  readonly twice?: boolean;
  readonly signedBy?: KeyObject;
  readonly contentType?: string;
  /** the issuer and the serial number beside that name */
  readonly place?: Buffer;
  readonly digest?: Buffer;
  readonly digestAlgorithm?: string;
  /** what it says to be signed with */
  readonly algorithm?: string;
  /** type of the whole */
  readonly outerType?: string;
  /** type that is said of the content, outside of what is signed */
  readonly innerType?: string;
  readonly version?: number;
  readonly attributes?: readonly Buffer[];
  readonly extensions?: readonly Extension[];
  readonly imprintAlgorithm?: string;
  /** contents of the number that the request asks to repeat */
  readonly nonce?: Buffer;
}

/** A TimeStampToken over a signature, by a timestamp authority. */
export function stamp(by: Identity, signature: Uint8Array, options: StampOptions = {}): Buffer {
  const info = sequence(
    integer(options.version ?? 1),
    oid(options.policy ?? '1.2.3.4'),
    sequence(
      sequence(oid(options.imprintAlgorithm ?? '2.16.840.1.101.3.4.2.1'), NULL),
      octets(options.imprint ?? sha256(signature)),
    ),
    integer(7),
    time(options.at ?? NOW),
    ...(options.accuracy ? [options.accuracy] : []),
    ...(options.nonce ? [integer(options.nonce)] : []),
    ...(options.extensions ? [tlv(0xa1, ...options.extensions.map(encodeExtension))] : []),
  );
  const type = options.contentType ?? '1.2.840.113549.1.9.16.1.4';
  const named = options.named === undefined ? by : options.named;
  const [namedOid, namedHash] = options.namedBy ?? [undefined, 'sha256'];
  const attributes = [
    sequence(oid('1.2.840.113549.1.9.3'), set(oid(type))),
    sequence(oid('1.2.840.113549.1.9.4'), set(octets(options.digest ?? sha256(info)))),
    ...(named === null
      ? []
      : [
          sequence(
            oid('1.2.840.113549.1.9.16.2.47'),
            set(
              sequence(
                sequence(
                  sequence(
                    namedOid === undefined ? Buffer.alloc(0) : sequence(oid(namedOid)),
                    octets(createHash(namedHash).update(named.der).digest()),
                    options.place ?? Buffer.alloc(0),
                  ),
                ),
              ),
            ),
          ),
        ]),
    ...(options.attributes ?? []),
  ];
  const signer = options.signedBy ?? by.key;
  const info1 = sequence(
    integer(1),
    sequence((by.issuer ?? by).name, integer(by.serial)),
    options.digestAlgorithm === undefined ? SHA256 : sequence(oid(options.digestAlgorithm)),
    tlv(0xa0, ...attributes),
    options.algorithm === undefined ? algorithmOf(signer) : sequence(oid(options.algorithm), NULL),
    octets(signBytes(set(...attributes), signer)),
  );
  const data = sequence(
    integer(3),
    set(SHA256),
    sequence(oid(options.innerType ?? '1.2.840.113549.1.9.16.1.4'), tlv(0xa0, octets(info))),
    tlv(0xa0, ...(options.carries ?? chainOf(by).slice(0, -1))),
    set(info1, options.twice ? info1 : Buffer.alloc(0)),
  );
  return sequence(oid(options.outerType ?? '1.2.840.113549.1.7.2'), tlv(0xa0, data));
}

/** Issuer and serial number of a certificate, as they stand beside its digest. */
export function placeOf({ issuer, name, serial }: Identity): Buffer {
  return sequence(sequence(tlv(0xa4, issuer?.name ?? name)), integer(serial));
}

/** Where a list departs from a good one. */
export interface ListOptions {
  readonly revoked?: readonly Identity[];
  readonly thisUpdate?: Date;
  readonly nextUpdate?: Date | null;
  readonly extensions?: readonly Extension[];
  readonly entryExtensions?: readonly Extension[];
  readonly signedBy?: KeyObject;
  readonly name?: Buffer;
  readonly version?: number;
  /** what it says outside to be signed with */
  readonly saidOutside?: Buffer;
}

/** A list of revocations by an authority. */
export function listBy(issuer: Identity, options: ListOptions = {}): Buffer {
  const algorithm = algorithmOf(options.signedBy ?? issuer.key);
  const entries = (options.revoked ?? []).map(({ serial }) =>
    sequence(
      integer(serial),
      utcTime(days(-1)),
      ...(options.entryExtensions ? [sequence(...options.entryExtensions.map(encodeExtension))] : []),
    ),
  );
  const next = options.nextUpdate === undefined ? days(1) : options.nextUpdate;
  const body = sequence(
    integer(options.version ?? 1),
    algorithm,
    options.name ?? issuer.name,
    utcTime(options.thisUpdate ?? days(-1)),
    ...(next === null ? [] : [utcTime(next)]),
    ...(entries.length > 0 ? [sequence(...entries)] : []),
    ...(options.extensions ? [tlv(0xa0, sequence(...options.extensions.map(encodeExtension)))] : []),
  );
  const signature = bits(signBytes(body, options.signedBy ?? issuer.key));
  return sequence(body, options.saidOutside ?? algorithm, signature);
}

/** Where an answer departs from a good one. */
export interface AnswerOptions {
  readonly status?: 'good' | 'revoked' | 'unknown';
  readonly thisUpdate?: Date;
  readonly nextUpdate?: Date | null;
  /** who answers, with its certificate in the answer; the issuer itself where absent */
  readonly by?: Identity;
  readonly about?: Identity;
  /** the issuer that it names */
  readonly issuerName?: Buffer;
  /** the issuer's key that it names */
  readonly issuerKey?: Buffer;
  /** of the one answer in it */
  readonly answerExtensions?: readonly Extension[];
  readonly carries?: readonly Buffer[];
  /** how often the answer is in there */
  readonly times?: number;
  readonly type?: string;
  readonly signedBy?: KeyObject;
  readonly extensions?: readonly Extension[];
  /** instead of an answer */
  readonly outer?: number;
}

/** An OCSP answer about a certificate. */
export function answerFor(certificate: Identity, options: AnswerOptions = {}): Buffer {
  if (options.outer !== undefined) return sequence(tlv(0x0a, Buffer.from([options.outer])));
  const issuer = certificate.issuer ?? certificate;
  const sha1 = (bytes: Uint8Array) => createHash('sha1').update(bytes).digest();
  const spki = issuer.publicKey.export({ type: 'spki', format: 'der' });
  const keyBytes = spki.subarray(spki.length - 65); // P-256
  const id = sequence(
    sequence(oid('1.3.14.3.2.26'), NULL),
    octets(sha1(options.issuerName ?? issuer.name)),
    octets(sha1(options.issuerKey ?? keyBytes)),
    integer((options.about ?? certificate).serial),
  );
  const statuses = {
    good: tlv(0x80),
    revoked: tlv(0xa1, time(days(-2))),
    unknown: tlv(0x82),
  };
  const next = options.nextUpdate === undefined ? days(1) : options.nextUpdate;
  const single = sequence(
    id,
    statuses[options.status ?? 'good'],
    time(options.thisUpdate ?? days(-1)),
    ...(next === null ? [] : [tlv(0xa0, time(next))]),
    ...(options.answerExtensions
      ? [tlv(0xa1, sequence(...options.answerExtensions.map(encodeExtension)))]
      : []),
  );
  const responder = options.by ?? issuer;
  const signer = options.signedBy ?? responder.key;
  const data = sequence(
    tlv(0xa1, responder.name),
    time(NOW),
    sequence(...Array.from({ length: options.times ?? 1 }, () => single)),
    ...(options.extensions ? [tlv(0xa1, sequence(...options.extensions.map(encodeExtension)))] : []),
  );
  const basic = sequence(
    data,
    algorithmOf(signer),
    bits(signBytes(data, signer)),
    ...(options.by || options.carries
      ? [tlv(0xa0, sequence(...(options.by ? [options.by.der] : []), ...(options.carries ?? [])))]
      : []),
  );
  return sequence(
    tlv(0x0a, Buffer.from([0])),
    tlv(0xa0, sequence(oid(options.type ?? '1.3.6.1.5.5.7.48.1.1'), octets(basic))),
  );
}

export function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}
