import type { Finding } from '../../model/finding.ts';
import type { Image } from '../../model/image.ts';
import { quoted } from '../../model/printable.ts';
import type { ConfigCheck } from '../check.ts';
import { atField, makeFinding } from '../make-finding.ts';
import { withoutSecrets } from '../without-secrets.ts';

const NUMBER = /^[+-]?[0-9]+$/;
const NAME = /^[A-Za-z_][A-Za-z0-9_.-]{0,254}\$?$/;
const HIGHEST = 2_147_483_647; // above it, runtimes have taken the id for 0 (CVE-2024-40635)
const WINDOWS_ADMIN = 'containeradministrator';

/** What a `User` comes to: whoever it names, what is wrong with it, and how grave that is. */
type User =
  | { readonly kind: 'root'; readonly why: string; readonly severity: 'medium' | 'high' }
  | { readonly kind: 'named'; readonly name: string }
  | { readonly kind: 'number' };

/**
 * Finds images whose process starts as user 0, or as nobody knows whom.
 * Source: OCI image-spec v1.1.1, config.md, `config.User`; `user.GetExecUser` of runc for its reading.
 */
export const hygieneRootUser: ConfigCheck = {
  id: 'hygiene.root-user',
  reads: 'config',
  run(image) {
    const user = readUser(image.config.user, image.config.os);
    if (user.kind === 'number') return [];
    return [user.kind === 'root' ? runsAsRoot(image, user) : runsAsName(image, user.name)];
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
  return NUMBER.test(user) ? { kind: 'number' } : { kind: 'named', name: user };
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

/** Who a name is stands in the image's /etc/passwd, which can say 0. */
function runsAsName(image: Image, name: string): Finding {
  return makeFinding(
    {
      rule: 'hygiene.named-user',
      severity: 'info',
      confidence: 'medium',
      message: `it runs as ${shown(name)}, and only a numeric user shows that this is not root`,
      remedy: 'Write the number of the user as the last USER of the Dockerfile',
      where: atField(image, 'config.User'),
      args: { user: withoutSecrets(image.config.user) },
    },
    [image.config.user],
  );
}
