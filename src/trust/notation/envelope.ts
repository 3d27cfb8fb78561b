import { quoted } from '../../model/printable.ts';
import { NotationFault } from './notation-fault.ts';
import { ALGORITHMS, type AlgorithmName } from './signature-algorithm.ts';

/** What a Notation signature holds, whichever of the two envelopes it came in. Nothing of it is verified yet. */
export interface NotationEnvelope {
  /** signed; what the signature claims to be made with */
  readonly algorithm: AlgorithmName;
  /** signed */
  readonly scheme: Scheme;
  /** signed; when its maker says that it was made. Proves something only under `notary.x509.signingAuthority` */
  readonly signingTime: Date;
  /** signed; from this moment on it does not count */
  readonly expiry?: Date;
  /** signed; JSON */
  readonly payload: Uint8Array;
  /** the bytes that the signature is over */
  readonly signedBytes: Uint8Array;
  /** raw: RSASSA-PSS, or r and s of ECDSA one after the other */
  readonly signature: Uint8Array;
  /** DER, from the certificate that signed to the root */
  readonly chain: readonly Uint8Array[];
  /** a TimeStampToken over `signature`; absent where there is none */
  readonly timestamp?: Uint8Array;
}

/** Who vouches for when a signature was made: a timestamp authority, or the signer itself. */
export type Scheme = 'notary.x509' | 'notary.x509.signingAuthority';

export const HEADER = {
  scheme: 'io.cncf.notary.signingScheme',
  signingTime: 'io.cncf.notary.signingTime',
  authenticTime: 'io.cncf.notary.authenticSigningTime',
  expiry: 'io.cncf.notary.expiry',
  timestamp: 'io.cncf.notary.timestampSignature',
} as const;
const PAYLOAD_TYPE = 'application/vnd.cncf.notary.payload.v1+json';
const PLUGIN = 'io.cncf.notary.verificationPlugin';
const UNDERSTOOD: ReadonlySet<string> = new Set([
  HEADER.scheme,
  HEADER.signingTime,
  HEADER.authenticTime,
  HEADER.expiry,
]);

/** The signed header, as either envelope reads it. */
export interface ProtectedHeader {
  readonly algorithm: string;
  readonly contentType: string;
  readonly scheme: string;
  /** names of the header's fields that must be understood */
  readonly critical: readonly string[];
  /** names of all fields */
  readonly names: readonly string[];
  readonly signingTime?: Date;
  readonly authenticTime?: Date;
  readonly expiry?: Date;
}

/**
 * What a signed header says, once everything in it that must be understood is.
 * @throws {NotationFault} `unsupported` where something critical is not understood, or a type or scheme is another;
 *   `malformed` where what the specification demands is missing or does not fit together
 * @see Notary Project, signature-specification.md, "Signed Attributes"
 */
export function understandHeader(
  header: ProtectedHeader,
): Pick<NotationEnvelope, 'algorithm' | 'scheme' | 'signingTime' | 'expiry'> {
  const { algorithm, contentType, scheme, expiry } = header;
  if (contentType !== PAYLOAD_TYPE) throw unsupported(`its payload has the type ${quoted(contentType)}`);
  if (scheme !== 'notary.x509' && scheme !== 'notary.x509.signingAuthority')
    throw unsupported(`its signing scheme is ${quoted(scheme)}`);
  requireCritical(header, scheme);
  if (!isAlgorithm(algorithm)) throw unsupported(`its algorithm is ${quoted(algorithm)}`);
  const isAuthentic = scheme === 'notary.x509.signingAuthority';
  const signingTime = isAuthentic ? header.authenticTime : header.signingTime;
  const other = isAuthentic ? header.signingTime : header.authenticTime;
  if (signingTime === undefined || other !== undefined)
    throw malformed('it does not say when it was made, in the way of its scheme and in no other');
  if (expiry !== undefined && expiry <= signingTime) throw malformed('it expires before it was made');
  return { algorithm, scheme, signingTime, ...(expiry && { expiry }) };
}

/** Both ways: what is critical is understood, and what has to be critical is. */
function requireCritical({ critical, names }: ProtectedHeader, scheme: Scheme): void {
  // Only the plugin would know what else has to hold; the specification then demands to fail.
  const plugin = names.find((name) => name.startsWith(PLUGIN));
  if (plugin !== undefined)
    throw unsupported(`only a plugin of notation can verify it, and none is run here: ${quoted(plugin)}`);
  const strange = critical.find((name) => !UNDERSTOOD.has(name));
  if (strange !== undefined) throw unsupported(`it has the critical field ${quoted(strange)}`);
  if (critical.some((name) => !names.includes(name)) || new Set(critical).size !== critical.length)
    throw malformed('it names a critical field that is not there, or twice');
  const needed = [
    HEADER.scheme,
    ...(scheme === 'notary.x509.signingAuthority' ? [HEADER.authenticTime] : []),
    ...(names.includes(HEADER.expiry) ? [HEADER.expiry] : []),
  ];
  const missing = needed.find((name) => !critical.includes(name));
  if (missing !== undefined) throw malformed(`its field ${missing} is not critical`);
}

function isAlgorithm(name: string): name is AlgorithmName {
  return Object.hasOwn(ALGORITHMS, name);
}

/** A signature in a form from elsewhere, or one that asks for what is not done here. */
export function unsupported(detail: string): NotationFault {
  return new NotationFault('unsupported', detail);
}

/** A signature that cannot be read. */
export function malformed(detail: string): NotationFault {
  return new NotationFault('malformed', detail);
}
