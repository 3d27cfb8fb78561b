/** One value in DER. @see ITU-T X.690, section 8.1 */
export interface DerValue {
  readonly tag: number;
  readonly content: Buffer;
  /** position just behind it */
  readonly end: number;
}

export const DER = { integer: 0x02, octets: 0x04, oid: 0x06, sequence: 0x30, first: 0xa0 } as const;

/** The value that begins at a position; `undefined` where there is none, or its length is not told beforehand. */
export function readDer(bytes: Buffer, at = 0): DerValue | undefined {
  const tag = bytes[at];
  const first = bytes[at + 1];
  if (tag === undefined || first === undefined) return undefined;
  const more = first < 0x80 ? 0 : first - 0x80;
  const start = at + 2 + more;
  if (first === 0x80 || more > 4 || start > bytes.length) return undefined;
  const length = more === 0 ? first : bytes.readUIntBE(at + 2, more);
  const end = start + length;
  return end > bytes.length ? undefined : { tag, content: bytes.subarray(start, end), end };
}

/** The values that a sequence is made of; `undefined` where its content is anything else. */
export function readDerParts({ content }: DerValue): readonly DerValue[] | undefined {
  const parts: DerValue[] = [];
  for (let at = 0; at < content.length; ) {
    const part = readDer(content, at);
    if (part === undefined) return undefined;
    parts.push(part);
    at = part.end;
  }
  return parts;
}
