import { createPrivateKey } from 'node:crypto';
import type { KeyInFile } from '../rule.ts';
import { isTestKey } from '../validators/test-keys.ts';
import { DER, type DerValue, readDer, readDerParts } from './der.ts';

/** A file that is a private key in DER and nothing else: verified where it parses. */
export function readDerKey(file: Buffer, isWhole: boolean): KeyInFile | undefined {
  const outer = isWhole ? readDer(file) : undefined;
  if (outer === undefined || outer.end !== file.length) return undefined;
  const type = kindOf(outer);
  if (type === undefined || isTestKey(file)) return undefined;
  try {
    const { asymmetricKeyType = 'unknown', asymmetricKeyDetails = {} } = createPrivateKey({
      key: file,
      format: 'der',
      type,
    });
    const size = asymmetricKeyDetails.modulusLength ?? asymmetricKeyDetails.namedCurve;
    const key = size === undefined ? asymmetricKeyType : `${asymmetricKeyType} ${size}`;
    return { secret: file, isVerified: true, details: { key } };
  } catch {
    return undefined;
  }
}

/** @see RFC 5958, section 2; RFC 8017, appendix A.1.2; RFC 5915, section 3 */
function kindOf(outer: DerValue): 'pkcs8' | 'pkcs1' | 'sec1' | undefined {
  const [version, second, third] = (outer.tag === DER.sequence && readDerParts(outer)) || [];
  if (version?.tag !== DER.integer || version.content.length !== 1) return undefined;
  if (second?.tag === DER.sequence && third?.tag === DER.octets) return 'pkcs8';
  if (second?.tag === DER.integer && third?.tag === DER.integer) return 'pkcs1';
  return second?.tag === DER.octets && version.content[0] === 1 ? 'sec1' : undefined;
}

/** A file that is a private key under a pass phrase. @see RFC 5958, section 3 */
export function readEncryptedDerKey(file: Buffer, isWhole: boolean): KeyInFile | undefined {
  const outer = isWhole ? readDer(file) : undefined;
  const parts = outer?.end === file.length ? readDerParts(outer) : undefined;
  const [how, what] = parts ?? [];
  if (parts?.length !== 2 || how?.tag !== DER.sequence || what?.tag !== DER.octets) return undefined;
  return what.content.length < 40 ? undefined : { secret: what.content };
}
