// Names are handled as binary strings (one character for each byte) until they leave the reader.
const ASCII = /^[\u0000-\u007f]*$/;
/** A UTF-8 sequence, or a byte that is part of none. @see RFC 3629, section 4 */
const SEQUENCE =
  /[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|\xed[\x80-\x9f][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2}|[\x80-\xff]/g;
/** An empty, `.` or `..` part, a leading or a trailing slash. */
const UNCLEAN = /(?:^|\/)(?:\.\.?)?(?:\/|$)/;

/**
 * Bytes to text so that different bytes stay different texts: UTF-8 as it is, any other byte as
 * U+DC00 + byte, which UTF-8 itself can never give.
 * @param binary one character (0 to 255) for each byte
 */
export function decodeName(binary: string): string {
  if (ASCII.test(binary)) return binary;
  return binary.replace(SEQUENCE, (bytes) =>
    bytes.length === 1
      ? String.fromCharCode(0xdc00 + bytes.charCodeAt(0))
      : Buffer.from(bytes, 'latin1').toString('utf8'),
  );
}

/** Whether a decoded name holds bytes that were not UTF-8. */
export function hasForeignBytes(name: string): boolean {
  return !name.isWellFormed();
}

/** A binary string up to its first NUL. */
export function untilNul(binary: string): string {
  const end = binary.indexOf('\0');
  return end < 0 ? binary : binary.slice(0, end);
}

/**
 * A path as it lies under the root, by its letters alone: no leading or trailing slash, no empty, `.` or
 * `..` part; what would climb over the root stays in it. Empty for the root.
 * @see Go path/filepath, `Clean`, and containerd archive/tar.go, which joins the result to its root
 */
export function cleanPath(path: string): string {
  const trimmed = path.endsWith('/') ? path.slice(0, -1) : path;
  if (!UNCLEAN.test(trimmed)) return trimmed;
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return parts.join('/');
}
