import type { FileNode } from '../../model/filesystem/filesystem.ts';
import type { Finding, Severity } from '../../model/finding.ts';
import { quoted } from '../../model/printable.ts';
import type { ImageFiles } from '../../scan/image-files.ts';
import type { FileCheck } from '../check.ts';
import { makeFinding } from '../make-finding.ts';
import { type Account, readAccounts, readShadow } from './parts/accounts.ts';
import { tellFew } from './parts/few.ts';

/** Shells that end at once: nobody gets a prompt by them. */
const NO_SHELL = /(?:^|\/)(?:nologin|false|true|sync|shutdown|halt)$/;
/** Marks in `/etc/passwd` that send whoever asks to `/etc/shadow`; `*` sends BusyBox there. @see libbb/correct_password.c */
const SHADOWED = /^(?:[x*]$|##)/;
const SEVERITIES: readonly Severity[] = ['high', 'medium', 'low'];

interface Told {
  readonly rule: 'hygiene.empty-password' | 'hygiene.second-root';
  readonly severity: Severity;
  readonly message: string;
  readonly remedy: string;
  readonly account: Account;
  readonly file: FileNode;
}

/**
 * Finds accounts that need no password, and those that are root under another name.
 * Source: passwd(5), shadow(5); CVE-2019-5021 for images of Alpine whose root had an empty password.
 */
export const hygieneAccounts: FileCheck = {
  id: 'hygiene.accounts',
  reads: 'files',
  run({ files }) {
    const passwd = files.read('etc/passwd');
    const shadow = files.read('etc/shadow');
    if (passwd === undefined) return [];
    const accounts = readAccounts(passwd.text).filter(({ name }) => !/^[+-]/.test(name)); // NIS
    const passwords = readShadow(shadow?.text ?? '');
    const found = [
      ...accounts.flatMap((account) => {
        const isShadowed = SHADOWED.test(account.password);
        const password = isShadowed ? passwords.get(account.name) : account.password;
        const file = isShadowed ? shadow?.file : passwd.file;
        return password === '' && file ? [needsNoPassword(files, account, file)] : [];
      }),
      ...accounts
        .filter(({ uid, name }) => uid === 0 && name !== 'root')
        .map((account) => isSecondRoot(files, account, passwd.file)),
    ];
    found.sort((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity));
    return tellFew(found, (one) => findingOf(files, one));
  },
};

function needsNoPassword(files: ImageFiles, account: Account, file: FileNode): Told {
  const isRoot = !(account.uid > 0);
  const opens = NO_SHELL.test(account.shell) ? 'low' : 'medium';
  return {
    rule: 'hygiene.empty-password',
    severity: isRoot ? 'high' : opens,
    message: `the account ${shown(files, account)} has an empty password${isRoot ? ', and is root' : ''}`,
    remedy: 'Lock the account: passwd -l, or a * in place of its password',
    account,
    file,
  };
}

function isSecondRoot(files: ImageFiles, account: Account, file: FileNode): Told {
  return {
    rule: 'hygiene.second-root',
    severity: 'low',
    message: `the account ${shown(files, account)} has number 0: it is root under another name`,
    remedy: 'Give the account a number of its own, or remove it',
    account,
    file,
  };
}

function findingOf(files: ImageFiles, { rule, severity, message, remedy, account, file }: Told): Finding {
  return makeFinding(
    {
      rule,
      severity,
      confidence: 'verified',
      message,
      remedy,
      where: files.locate(file),
      args: { account: files.clean(account.name) },
    },
    [file.path, account.name],
  );
}

function shown(files: ImageFiles, { name }: Account): string {
  return quoted(files.clean(name));
}
