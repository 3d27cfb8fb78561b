import { constants, type KeyObject, verify } from 'node:crypto';

interface Algorithm {
  readonly hash: 'sha256' | 'sha384' | 'sha512';
  readonly type: 'rsa' | 'ec';
  /** the one length or curve that goes with it */
  readonly size: number | string;
  /** COSE's number */
  readonly cose: number;
}

/**
 * The algorithms of Notation, by their names in JWS. Kind and length of the key decide which, never the signature.
 * @see Notary Project, signature-specification.md, "Algorithm Selection"
 */
export const ALGORITHMS = {
  PS256: { hash: 'sha256', type: 'rsa', size: 2048, cose: -37 },
  PS384: { hash: 'sha384', type: 'rsa', size: 3072, cose: -38 },
  PS512: { hash: 'sha512', type: 'rsa', size: 4096, cose: -39 },
  ES256: { hash: 'sha256', type: 'ec', size: 'prime256v1', cose: -7 },
  ES384: { hash: 'sha384', type: 'ec', size: 'secp384r1', cose: -35 },
  ES512: { hash: 'sha512', type: 'ec', size: 'secp521r1', cose: -36 },
} as const satisfies Readonly<Record<string, Algorithm>>;

export type AlgorithmName = keyof typeof ALGORITHMS;

/** The algorithm that goes with a key; `undefined` where none does. */
export function algorithmFor({
  asymmetricKeyType: type,
  asymmetricKeyDetails: details,
}: KeyObject): AlgorithmName | undefined {
  const size = type === 'ec' ? details?.namedCurve : details?.modulusLength;
  const names = Object.keys(ALGORITHMS) as AlgorithmName[];
  return names.find((name) => ALGORITHMS[name].type === type && ALGORITHMS[name].size === size);
}

/** Whether a signature is by this key, over exactly these bytes. Never throws. */
export function isRawSignature(
  name: AlgorithmName,
  key: KeyObject,
  bytes: Uint8Array,
  signature: Uint8Array,
): boolean {
  const { hash, type } = ALGORITHMS[name];
  const how =
    type === 'ec'
      ? ({ dsaEncoding: 'ieee-p1363' } as const)
      : { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
  try {
    return verify(hash, bytes, { key, ...how }, signature);
  } catch {
    return false;
  }
}
