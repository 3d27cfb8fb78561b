/** A line of `/etc/passwd`. Texts are foreign, one character for each byte. */
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

/** The accounts of `/etc/passwd`, as runtimes read it. @see moby/sys/user, `ParsePasswd`; passwd(5) */
export function readAccounts(text: string): readonly Account[] {
  return fieldsOf(text).map(([name = '', password = '', uid = '', , , home = '', shell = '']) => ({
    name,
    password,
    uid: NUMBER.test(uid) ? Number(uid) : Number.NaN,
    home,
    shell,
  }));
}

/** The passwords of `/etc/shadow` by account, as hashes or marks; of a name that comes twice the first. @see shadow(5) */
export function readShadow(text: string): ReadonlyMap<string, string> {
  const passwords = new Map<string, string>();
  for (const [name = '', password] of fieldsOf(text))
    if (password !== undefined && !passwords.has(name)) passwords.set(name, password);
  return passwords;
}

function fieldsOf(text: string): readonly (readonly string[])[] {
  const lines = text.split('\n').map((line) => line.trim());
  return lines.filter((line) => line !== '').map((line) => line.split(':'));
}
