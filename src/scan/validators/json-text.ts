const BASE64 = /^[A-Za-z0-9+/_-]+={0,2}$/;

/** Decodes base64 or base64url; `undefined` where the text is neither. */
export function decodeBase64(text: string): Buffer | undefined {
  if (!BASE64.test(text) || text.replace(/=+$/, '').length % 4 === 1) return undefined;
  return Buffer.from(text, 'base64');
}

/** Reads a JSON object out of base64 or base64url; `undefined` where there is none. */
export function decodeJsonObject(text: string): ReadonlyMap<string, unknown> | undefined {
  const bytes = decodeBase64(text);
  return bytes === undefined ? undefined : parseJsonObject(bytes.toString('utf8'));
}

/** Reads a JSON object; `undefined` for anything else. A map, so that `__proto__` is a key like any other. */
export function parseJsonObject(text: string): ReadonlyMap<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    return new Map(Object.entries(value));
  } catch {
    return undefined;
  }
}
