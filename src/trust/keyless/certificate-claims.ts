import type { ASN1Obj, X509Certificate } from '@sigstore/core';
import type { CertificateClaims } from '../../model/certificate-claims.ts';
import { type Extension, type Extensions, requireAscii, textIn, UTF8_STRING } from './extension-text.ts';
import { KeylessFault } from './keyless-fault.ts';
import { readWorkflowClaims } from './workflow-claims.ts';

const OID = {
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  extendedKeyUsage: '2.5.29.37',
  codeSigning: '1.3.6.1.5.5.7.3.3',
  /** the issuer as a bare text, and as a DER UTF8String */
  issuerV1: '1.3.6.1.4.1.57264.1.1',
  issuerV2: '1.3.6.1.4.1.57264.1.8',
  username: '1.3.6.1.4.1.57264.1.7',
} as const;
const UNDERSTOOD: ReadonlySet<string> = new Set([
  OID.keyUsage,
  OID.subjectAltName,
  OID.basicConstraints,
  OID.extendedKeyUsage,
]);

/**
 * Reads who signed out of a certificate whose chain has been checked, and makes sure that it is one for signing. Read here and
 * not by the library, which takes the first name of several and clears the eighth bit of every byte: `\xE7` became `g`.
 * @throws {KeylessFault} `bad-certificate`
 * @see Fulcio, docs/oid-info.md; RFC 5280, sections 4.2 and 4.2.1.6
 */
export function readClaims(certificate: X509Certificate): CertificateClaims {
  const extensions = extensionsOf(certificate);
  requireForSigning(certificate, extensions);
  const names = extensions.get(OID.subjectAltName)?.octets.subs[0]?.subs ?? [];
  const [name] = names;
  // Of two names one reader would see the trusted, another the true one.
  if (name === undefined || names.length !== 1) throw bad(`it has ${names.length} names`);
  const identity = requireAscii(textOfName(name), 'name');
  const issuer = readIssuer(extensions);
  const who = { identity, ...(issuer === undefined ? {} : { issuer }) };
  return { ...who, ...readWorkflowClaims(extensions, who) };
}

/** By OID. The first of two that are the same would hide the second, or the other way round. */
function extensionsOf(certificate: X509Certificate): Extensions {
  const all = certificate.extensions.map(readExtension);
  const byOid = new Map(all.map((extension) => [extension.oid, extension]));
  if (byOid.size !== all.length) throw bad('it has an extension twice');
  const strange = all.find(({ critical, oid }) => critical && !UNDERSTOOD.has(oid));
  if (strange !== undefined) throw bad(`its extension ${strange.oid} is critical and not understood`);
  return byOid;
}

function readExtension({ subs }: ASN1Obj): Extension {
  const [oid, octets] = [subs[0], subs.at(-1)];
  if (oid === undefined || octets === undefined || subs.length > 3)
    throw bad('an extension of it cannot be read');
  return { oid: oid.toOID(), critical: subs.length === 3 && subs[1]?.toBoolean() === true, octets };
}

/** An authority may also issue for servers: what such a key signs is no signature over an image. */
function requireForSigning(certificate: X509Certificate, extensions: Extensions): void {
  const purposes = extensions.get(OID.extendedKeyUsage)?.octets.subs[0]?.subs ?? [];
  if (!purposes.some((purpose) => purpose.toOID() === OID.codeSigning))
    throw bad('it is not for signing code');
  if (certificate.extKeyUsage?.digitalSignature !== true) throw bad('its key is not for signatures');
  if (certificate.extBasicConstraints?.isCA === true) throw bad('it is the certificate of an authority');
}

function readIssuer(extensions: Extensions): string | undefined {
  const old = extensions.get(OID.issuerV1)?.octets.value;
  const said = [textIn(extensions, OID.issuerV2, 'issuer'), old].filter((value) => value !== undefined);
  const [issuer, other] = said.map((value) => requireAscii(value, 'issuer'));
  if (other !== undefined && other !== issuer) throw bad('it names two issuers');
  return issuer;
}

/** A URI, a mail address, or the name of a user that Fulcio wraps into an `otherName`. */
function textOfName(name: ASN1Obj): Buffer {
  if (name.tag.isContextSpecific(6) || name.tag.isContextSpecific(1)) return name.value;
  const [oid, wrapped] = name.subs;
  const text = wrapped?.subs[0];
  if (name.tag.isContextSpecific(0) && oid?.toOID() === OID.username && text?.tag.number === UTF8_STRING)
    return text.value;
  throw bad('its name is neither a URI nor an address');
}

function bad(detail: string): KeylessFault {
  return new KeylessFault('bad-certificate', detail);
}
