import type { KeyInFile } from '../rule.ts';
import { isPlaceholder } from '../validators/placeholder.ts';

/** Bytes of the largest file of one plain key, line ends included. */
const MOST_BYTES = 4096;

/** 32 hex digits and nothing else, as Rails writes its keys. */
export function readRailsKey(file: Buffer): KeyInFile | undefined {
  return hexKey(file, 32);
}

/** 256 hex digits and nothing else, as Jenkins writes its master key. */
export function readJenkinsMasterKey(file: Buffer): KeyInFile | undefined {
  return hexKey(file, 256);
}

/** Bytes that nobody can tell from random ones, in blocks of a cipher. */
export function readJenkinsUtilSecret(file: Buffer): KeyInFile | undefined {
  return file.length % 16 === 0 ? randomKey(file, 128) : undefined;
}

/** Bytes that nobody can tell from random ones. @see MUNGE, mungekey(8): 32 to 1024 bytes */
export function readMungeKey(file: Buffer): KeyInFile | undefined {
  return randomKey(file, 32);
}

/** One word that is no word. @see Erlang, Distributed Erlang: letters of the file, line end or not */
export function readErlangCookie(file: Buffer): KeyInFile | undefined {
  const word = textOf(file);
  const isDrawn = /^[A-Z]{20}$/.test(word) || (/^[\w+/=.-]{16,255}$/.test(word) && /\d/.test(word));
  return isDrawn && new Set(word).size >= 8 ? { secret: Buffer.from(word) } : undefined;
}

/** Passwords of accounts: lines of client, server, secret and addresses. @see pppd(8), "Authentication" */
export function readPppSecrets(file: Buffer): KeyInFile | undefined {
  const secrets = file
    .toString('latin1')
    .split('\n')
    .flatMap(
      (line) => /^\s*(?:"[^"#]*"|[^\s"#]+)\s+(?:"[^"]*"|[^\s"]+)\s+"?([^\s"]{4,128})"?/.exec(line)?.[1] ?? [],
    )
    .filter((secret) => !isPlaceholder(secret) && !secret.startsWith('@'));
  if (secrets.length === 0) return undefined;
  return { secret: Buffer.from(secrets.join('\n')), details: { accounts: secrets.length } };
}

/** A key that an agent of GnuPG keeps in clear. @see GnuPG, agent/keyformat.txt */
export function readGnupgKey(file: Buffer): KeyInFile | undefined {
  const text = file.toString('latin1');
  return /\((?:11:)?private-key[\s(]/.test(text) ? { secret: file, isVerified: true } : undefined;
}

/** A key that an agent of GnuPG keeps under a pass phrase; not one that is on a card. */
export function readLockedGnupgKey(file: Buffer): KeyInFile | undefined {
  const text = file.toString('latin1');
  return /\((?:21:)?protected-private-key[\s(]/.test(text) ? { secret: file } : undefined;
}

/** Any file of the format: the first bytes have told it, and all of it is one ciphertext. */
export function readSealedStore(file: Buffer): KeyInFile | undefined {
  return file.length < 64 ? undefined : { secret: file.subarray(0, 1024) };
}

function hexKey(file: Buffer, digits: number): KeyInFile | undefined {
  const text = textOf(file);
  const isKey = text.length === digits && /^[0-9a-f]+$/.test(text) && new Set(text).size >= 8;
  return isKey ? { secret: Buffer.from(text) } : undefined;
}

/** Of 32 bytes drawn at random some 30 differ; text is never so dense in bytes past ASCII. */
function randomKey(file: Buffer, least: number): KeyInFile | undefined {
  if (file.length < least || file.length > MOST_BYTES) return undefined;
  const high = file.reduce((sum, byte) => sum + (byte >>> 7), 0);
  const isDrawn = new Set(file).size >= Math.min(file.length, 128) * 0.6 && high > file.length / 4;
  return isDrawn ? { secret: file } : undefined;
}

function textOf(file: Buffer): string {
  return file.length > MOST_BYTES ? '' : file.toString('latin1').trim();
}
