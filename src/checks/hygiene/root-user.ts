import type { Finding } from '../../model/finding.ts';
import type { Image } from '../../model/image.ts';
import { quoted } from '../../model/printable.ts';
import type { ImageFiles } from '../../scan/image-files.ts';
import type { FileCheck } from '../check.ts';
import { atField, makeFinding } from '../make-finding.ts';
import { findingWithoutSecrets, withoutSecrets } from '../without-secrets.ts';
import { readAccounts } from './parts/accounts.ts';

const NUMBER = /^[+-]?[0-9]+$/;
const NAME = /^[A-Za-z_][A-Za-z0-9_.-]{0,254}\$?$/;
const HIGHEST = 2_147_483_647; // above it, runtimes have taken the id for 0 (CVE-2024-40635)
const WINDOWS_ADMIN = 'containeradministrator';

/** What a `User` comes to: whoever it names, what is wrong with it, and how grave that is. */
type User =
  | { readonly kind: 'root'; readonly why: string; readonly severity: 'medium' | 'high' }
  | { readonly kind: 'named'; readonly name: string; readonly uid?: number }
  | { readonly kind: 'missing'; readonly name: string }
  | { readonly kind: 'number'; readonly name: string };

/**
 * Finds images whose process starts as user 0, or as nobody knows whom. Who a name is stands in the image's `/etc/passwd`.
 * Source: OCI image-spec v1.1.1, config.md, `config.User`; `user.GetExecUser` of moby/sys/user for its reading.
 */
export const hygieneRootUser: FileCheck = {
  id: 'hygiene.root-user',
  reads: 'files',
  run({ image, files }) {
    const { user: text, os } = image.config;
    const read = readUser(text, os);
    const user = read.kind === 'root' || os === 'windows' ? read : resolveUser(files, read);
    if (user.kind === 'number') return [];
    const found = user.kind === 'root' ? runsAsRoot(image, user) : runsAsName(image, user);
    return [findingWithoutSecrets(found, files.clean)]; // by the policy's own rules, too
  },
};

/** Everything that is not plainly another user counts as root: empty, `0`, `+0`, `00`, negative, overflowing, malformed. */
function readUser(text: string, os: string): User {
  const [user = '', group, ...rest] = text.split(':');
  const root = (why: string, severity: 'medium' | 'high' = 'medium'): User => ({
    kind: 'root',
    why,
    severity,
  });
  if (text === '') return root('it names no user, so it runs as root');
  if (os === 'windows' && user.toLowerCase() === WINDOWS_ADMIN)
    return root('it runs as ContainerAdministrator');
  if (rest.length > 0 || !isUserOrGroup(user) || (group !== undefined && !isUserOrGroup(group)))
    return root(`its user ${shown(text)} is malformed`, 'high');
  if (overflows(user) || (group !== undefined && overflows(group)))
    return root(
      `its user ${shown(text)} is beyond the ids that there are; runtimes have taken such for root`,
      'high',
    );
  if (user === 'root' || (NUMBER.test(user) && Number(user) === 0))
    return root(`it runs as user ${shown(text)}`);
  return { kind: NUMBER.test(user) ? 'number' : 'named', name: user };
}

/**
 * The first line with the name counts; what is no number there is 0 to runtimes. A number is looked for as well: Docker
 * takes the first line that has it as its number or as its name, so `1000:x:0:0::/:` makes 1000 root.
 */
function resolveUser(files: ImageFiles, { kind, name }: User & { readonly name: string }): User {
  const number = kind === 'number' ? Number(name) : undefined;
  const accounts = readAccounts(files.read('etc/passwd')?.text ?? '');
  const account = accounts.find((one) => one.name === name || one.uid === number);
  if (account === undefined) return { kind: kind === 'number' ? kind : 'missing', name };
  const uid = Number.isNaN(account.uid) ? 0 : account.uid;
  const says = `its user ${shown(name)} has number ${uid} in /etc/passwd`;
  if (uid === 0) return { kind: 'root', why: `${says}, so it runs as root`, severity: 'medium' };
  if (uid < 0 || uid > HIGHEST)
    return { kind: 'root', why: `${says}, which runtimes have taken for root`, severity: 'high' };
  return kind === 'number' ? { kind, name } : { kind: 'named', name, uid };
}

function shown(text: string): string {
  return quoted(withoutSecrets(text));
}

function isUserOrGroup(text: string): boolean {
  return NUMBER.test(text) || NAME.test(text);
}

function overflows(text: string): boolean {
  return NUMBER.test(text) && (Number(text) < 0 || Number(text) > HIGHEST);
}

function runsAsRoot(image: Image, { why, severity }: { why: string; severity: 'medium' | 'high' }): Finding {
  return makeFinding(
    {
      rule: 'hygiene.root-user',
      severity,
      confidence: 'verified',
      message: why,
      remedy: 'Set a numeric user that is not 0 as the last USER of the Dockerfile',
      where: atField(image, 'config.User'),
      args: { user: withoutSecrets(image.config.user) },
    },
    [image.config.user],
  );
}

/** Kubernetes knows no names: with `runAsNonRoot` it does not start such an image. */
function runsAsName(image: Image, user: User & { readonly kind: 'named' | 'missing' }): Finding {
  const isMissing = user.kind === 'missing';
  const number = user.kind === 'named' && user.uid !== undefined ? ` (${user.uid} in /etc/passwd)` : '';
  return makeFinding(
    {
      rule: isMissing ? 'hygiene.missing-user' : 'hygiene.named-user',
      severity: isMissing ? 'low' : 'info',
      confidence: 'high',
      message: isMissing
        ? `its user ${shown(user.name)} is not in /etc/passwd, so runtimes refuse to start it`
        : `it runs as ${shown(user.name)}${number}, and Kubernetes can verify only a number`,
      remedy: 'Write the number of the user as the last USER of the Dockerfile',
      where: atField(image, 'config.User'),
      args: { user: withoutSecrets(image.config.user) },
    },
    [image.config.user],
  );
}
