import { decodeName } from '../../../io/tar/tar-text.ts';

/** A line of `/etc/passwd`. Texts are foreign; bytes that are not UTF-8 are as in the paths of a layer. */
export interface Account {
  readonly name: string;
  /** empty where none is needed, `x` where it stands in `/etc/shadow` */
  readonly password: string;
  /** NaN where it is no number: runtimes take it for 0 */
  readonly uid: number;
  readonly home: string;
  readonly shell: string;
}

const NUMBER = /^[+-]?[0-9]+$/;
/** What Go trims: Unicode's White_Space. `trim` of JavaScript leaves one of these, and takes one that is none: U+FEFF. */
const SPACE = /[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/;

/**
 * The accounts of `/etc/passwd`, as runtimes read it.
 * @param text one character for each byte
 * @see moby/sys/user, `ParsePasswd`; passwd(5)
 */
export function readAccounts(text: string): readonly Account[] {
  const lines = decodeName(text).split('\n').map(withoutSpace);
  const fields = lines.filter((line) => line !== '').map((line) => line.split(':'));
  return fields.map(([name = '', password = '', uid = '', , , home = '', shell = '']) => ({
    name,
    password,
    uid: NUMBER.test(uid) ? Number(uid) : Number.NaN,
    home,
    shell,
  }));
}

/**
 * The passwords of `/etc/shadow` by account, as hashes or marks. Of an account that has several lines an empty one counts:
 * libraries do not agree which of them are lines at all.
 * @param text one character for each byte
 * @see shadow(5)
 */
export function readShadow(text: string): ReadonlyMap<string, string> {
  const passwords = new Map<string, string>();
  for (const line of decodeName(text).split('\n')) {
    const [name = '', password] = line.replace(/^[\t-\r ]+/, '').split(':');
    if (password !== undefined && (password === '' || !passwords.has(name))) passwords.set(name, password);
  }
  return passwords;
}

function withoutSpace(line: string): string {
  let [start, end] = [0, line.length];
  while (start < end && SPACE.test(line.charAt(start))) start++;
  while (end > start && SPACE.test(line.charAt(end - 1))) end--;
  return line.slice(start, end);
}
