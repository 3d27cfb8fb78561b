import type { ASN1Obj } from '@sigstore/core';
import { KeylessFault } from './keyless-fault.ts';

/** One extension: whether it must be understood, and the octet string of its value, parsed where it can be. */
export type Extension = { readonly oid: string; readonly critical: boolean; readonly octets: ASN1Obj };
/** By OID, each once. */
export type Extensions = ReadonlyMap<string, Extension>;

export const UTF8_STRING = 0x0c;
const ASCII = /^[!-~]+$/;

/**
 * The bytes of an extension whose value is a text in DER; `undefined` where there is no such extension. One that is there and is
 * something else is not passed over: the older extension beside it would then speak alone.
 * @throws {KeylessFault} `bad-certificate`
 */
export function textIn(extensions: Extensions, oid: string, what: string): Buffer | undefined {
  const extension = extensions.get(oid);
  if (extension === undefined) return undefined;
  const [text, ...more] = extension.octets.subs;
  if (text === undefined || more.length > 0 || !text.tag.isUniversal() || text.tag.number !== UTF8_STRING)
    throw bad(`its ${what} is no text`);
  return text.value;
}

/**
 * Bytes as the text that they are, where they are printable ASCII: two letters that look alike are two.
 * @param form what else it may hold; no space by default
 * @throws {KeylessFault} `bad-certificate`
 */
export function requireAscii(bytes: Buffer, what: string, form = ASCII): string {
  const text = bytes.toString('latin1');
  if (form.test(text)) return text;
  throw bad(`its ${what} has other characters than ASCII`);
}

function bad(detail: string): KeylessFault {
  return new KeylessFault('bad-certificate', detail);
}
