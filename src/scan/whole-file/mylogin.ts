import { createDecipheriv } from 'node:crypto';
import type { KeyInFile } from '../rule.ts';

const SEED_BYTES = 20;
const KEY_BYTES = 16;

/**
 * The logins that `mysql_config_editor` stores: encrypted with a key that stands in front of them.
 * @see MySQL, mysql_config_editor.cc: four zeros, 20 bytes that fold into the key, lines with their length
 */
export function readMyloginFile(file: Buffer, isWhole: boolean): KeyInFile | undefined {
  const start = 4 + SEED_BYTES;
  if (!isWhole || file.length < start + 4 || file.readUInt32LE(0) !== 0) return undefined;
  const key = myloginKey(file.subarray(4, start));
  const lines: string[] = [];
  for (let at = start; at + 4 <= file.length; ) {
    const length = file.readInt32LE(at);
    const line = decrypt(file.subarray(at + 4, at + 4 + length), key);
    if (length <= 0 || line === undefined) return undefined;
    lines.push(line);
    at += 4 + length;
  }
  const password = /^\s*password\s*=\s*"?(.+?)"?\s*$/m.exec(lines.join('\n'))?.[1];
  return password === undefined ? undefined : { secret: Buffer.from(password), isVerified: true };
}

/** The key: 20 bytes laid over 16. */
export function myloginKey(seed: Uint8Array): Buffer {
  const key = Buffer.alloc(KEY_BYTES);
  for (const [at, byte] of seed.entries()) key[at % KEY_BYTES] = (key[at % KEY_BYTES] ?? 0) ^ byte;
  return key;
}

function decrypt(bytes: Buffer, key: Buffer): string | undefined {
  try {
    const decipher = createDecipheriv('aes-128-ecb', key, null);
    return Buffer.concat([decipher.update(bytes), decipher.final()]).toString('utf8');
  } catch {
    return undefined;
  }
}
