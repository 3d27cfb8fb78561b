import type { Judgement } from '../rule.ts';
import { entropyOf } from './entropy.ts';
import { decodeBase64 } from './json-text.ts';
import { isPlaceholder, isTemplate } from './placeholder.ts';
import { isMadeOfSampleWords } from './sample-words.ts';

/** Passwords that documentation and sample files use; none of them keeps anybody out. */
const SAMPLE_PASSWORDS = new Set(
  (
    'password passwd pass pwd secret user username admin root test testing guest demo foo bar baz foobar hunter2 ' +
    'changeit changeme postgres mysql mongo redis rabbitmq amqp none null undefined true false token apikey key ' +
    'example sample default mypassword mypass mysecret yourpassword userpass user1 pass1 password1 password123 ' +
    'pass123 secret123 admin123 test123 abc123 123 1234 12345 123456 12345678 qwerty letmein s3cr3t p4ssw0rd ' +
    'passw0rd gx1fbat3bv opensesame p@ssw0rd pa55word supersecret topsecret toor x xx xxx abc login auth credentials'
  ).split(' '),
);
const LOCAL_HOST =
  /^(?:localhost|local|127(?:\.[0-9]{1,3}){3}|0\.0\.0\.0|\[?::1|host\.docker\.internal|db|database|postgres|mysql|redis|mongo|host|hostname|server|example)(?:[:/]|$)|\.(?:example|test|invalid|local)(?:[:/]|$)/i;
/** Labels of hosts that documentation makes up, whole: `db.examplecorp.net` is somebody's. */
const SAMPLE_LABEL =
  /^(?:example|invalid|placeholder|redacted|dummy|fake|bogus|(?:my)?(?:company|domain)|todo|change[_-]?me|replace[_-]?me|insert[_-].*|your[_-]?(?:host|hostname|server|domain|db|database|registry|cluster|company|org|project|site)?(?:[_-].*)?|x{3,})$/i;

/** Hosts of documentation and nobody else. Source: RFC 2606, section 3; RFC 3849; RFC 5737 */
const DOCUMENTED_HOST =
  /(?:^|\.)example(?:\.(?:com|net|org))?(?:[:/]|$)|^\[2001:0?db8:|^(?:192\.0\.2|198\.51\.100|203\.0\.113)\./i;
/** What is written for a password until there is one. */
const STAND_INS = new Set(
  (
    'password passwd passphrase pass pwd pw user username yourpassword mypassword mypass userpass user1 pass1 userpassword ' +
    'changeit changeme example sample default none null undefined nil true false string text value token key apikey auth ' +
    'login credentials foo bar baz foobar x xx xxx abc dbpassword dbpass databasepassword empty host thepassword'
  ).split(' '),
);
/** Samples of several words, which look like names of something else. */
const SAMPLE_PHRASES = new Set(['opensesame', 'letmein']);
const STANDS_IN =
  /^your|[_-]your|x{3}|\*{3}|\.{3}|change[_-]?me|placeholder|redacted|replace|insert|todo|_here$/i;
const CALLED_SAMPLE = /example|sample|dummy|fake|invalid|wrong|notreal/i;

/** Whether a password stands in documentation rather than on a door. */
export function isSamplePassword(password: string): boolean {
  const plain = decodePercent(password);
  return (
    plain.length < 3 ||
    SAMPLE_PASSWORDS.has(plain.toLowerCase().replace(/[ _]/g, '')) ||
    isMadeOfSampleWords(plain) ||
    isPlaceholder(plain)
  );
}

/** The last `@` is the one before the host: people forget to escape those of a password. */
function splitUserInfo(
  secret: string,
): { readonly user: string; readonly password: string; readonly host: string } | undefined {
  const parts = /^([^:@/]{0,100}):([^/\s]{1,280})@([^@/\s]{1,200})$/.exec(secret);
  if (parts === null) return undefined;
  const [, user = '', password = '', host = ''] = parts;
  // A synopsis of how to write it: `[user][:password]@]host[:port]`.
  return /^\[|\[$/.test(user) || host.startsWith(']') ? undefined : { user, password, host };
}

/**
 * `user:password@host`, as it stands in a URL. Sample passwords and hosts that only exist in examples are refuted:
 * of a host, whole labels count, and of a user nothing does (`app-invalidation`).
 */
export function checkUserInfo(secret: string): Judgement {
  const parts = splitUserInfo(secret);
  if (parts === undefined) return 'refuted';
  const { user, password, host } = parts;
  if (isSamplePassword(password) || isVariable(password) || isSampleHost(host)) return 'refuted';
  if (user !== '' && password.toLowerCase() === user.toLowerCase()) return 'refuted';
  return LOCAL_HOST.test(host) && (password.length < 5 || entropyOf(password) < 3) ? 'refuted' : 'plausible';
}

/** The same on the web: on the machine itself, what holds no digit is an example as often as not. */
export function checkWebUserInfo(secret: string): Judgement {
  const judgement = checkUserInfo(secret);
  const { password = '', host = '' } = splitUserInfo(secret) ?? {};
  return judgement === 'plausible' && LOCAL_HOST.test(host) && !/[0-9]/.test(password)
    ? 'doubtful'
    : judgement;
}

/**
 * The same for databases and brokers. A password that samples use is a hint there, as real images leak it; so is one that
 * no sample uses, on a host that exists in examples or on the machine itself only.
 */
export function checkStoreLogin(secret: string): Judgement {
  if (checkUserInfo(secret) === 'plausible') return 'plausible';
  const { user, password, host } = splitUserInfo(secret) ?? { user: '', password: '', host: '' };
  if (user.toLowerCase() === password.toLowerCase() || isTemplate(host)) return 'refuted';
  const plain = decodePercent(password);
  const judgement = checkLoginPassword(plain);
  if (judgement === 'doubtful') return isMixed(plain) || !DOCUMENTED_HOST.test(host) ? judgement : 'refuted';
  if (judgement === 'refuted' || plain.length < 6 || !/[0-9%!$]/.test(password)) return 'refuted';
  return checkAssignedSecret(plain) === 'refuted' ? 'refuted' : 'doubtful';
}

/**
 * A password where the syntax leaves no doubt that it logs in: whatever is none of the words that stand for one.
 * Those that samples use open doors as well, and are a hint.
 */
export function checkLoginPassword(password: string): Judgement {
  if (password.length < 3 || /\w\(|^[(/~]/.test(password)) return 'refuted';
  if (isVariable(password) || isTemplate(password)) return 'refuted';
  if (!isSamplePassword(password)) return 'plausible';
  const bare = password.toLowerCase().replace(/[\s_-]/g, '');
  if (SAMPLE_PHRASES.has(bare)) return 'doubtful';
  if (STAND_INS.has(bare) || STANDS_IN.test(password) || /^(.)\1+$/.test(bare)) return 'refuted';
  if (/^[A-Z_]+$|[A-Za-z][_-][A-Za-z]/.test(password) || /<|%s/.test(password)) return 'refuted';
  return CALLED_SAMPLE.test(password) && !/[0-9]/.test(password) ? 'refuted' : 'doubtful';
}

/** The same where names and words may stand as well, as in arguments of programs and in settings. */
export function checkTypedPassword(password: string): Judgement {
  const judgement = checkLoginPassword(password);
  return judgement === 'plausible' ? checkAssignedSecret(password) : judgement;
}

/** The same in lines of programs, where members of objects and types stand as well. */
export function checkLoginLine(password: string): Judgement {
  const isMember = /^[A-Za-z_]\w{0,40}(?:\.[A-Za-z_]\w{0,40}){1,6}$/.test(password);
  const isType = /^[A-Za-z][a-z]{0,20}(?:[A-Z]{1,4}[a-z]{1,20}){1,6}$/.test(password);
  return isMember || isType ? 'refuted' : checkTypedPassword(password);
}

/** The same in files that manuals quote: of the passwords that samples use, those with digits. */
export function checkQuotedPassword(password: string): Judgement {
  const judgement = checkTypedPassword(password);
  return judgement === 'doubtful' && !/[0-9]/.test(password) ? 'refuted' : judgement;
}

/** Digits between letters, as nobody writes a word. */
function isMixed(password: string): boolean {
  return /[A-Za-z][0-9]{1,20}[A-Za-z]/.test(password);
}

function isSampleHost(host: string): boolean {
  const labels = host.replace(/:[0-9]{1,5}$/, '').split('.');
  return labels.some((label) => SAMPLE_LABEL.test(label)) || isTemplate(host);
}

/** Base64 of `user:password`, as a registry's login and Basic authentication use it. */
export function checkBasicLogin(secret: string): Judgement {
  const text = decodeBase64(secret)?.toString('latin1');
  const cut = text?.indexOf(':') ?? -1;
  if (text === undefined || cut < 1 || !/^[\x20-\x7e]+$/.test(text)) return 'refuted';
  return isSamplePassword(text.slice(cut + 1)) ? 'refuted' : 'verified';
}

/** The same in a header, where test suites have it as well: never more than plausible. */
export function checkBasicHeader(secret: string): Judgement {
  return checkBasicLogin(secret) === 'refuted' ? 'refuted' : 'plausible';
}

/** The user whose password it is. */
export function detailsOfBasicLogin(secret: string): Readonly<Record<string, string>> {
  const user = decodeBase64(secret)?.toString('latin1').split(':')[0] ?? '';
  return /^[\x21-\x7e]{1,64}$/.test(user) ? { user } : {};
}

/** A value given to something that is named as a secret: not a word, not a path, not a reference to another place. */
export function checkAssignedSecret(secret: string): Judgement {
  if (isVariable(secret)) return 'refuted';
  if (/^(?:https?:|file:|\/|\.\/|~\/)|^[a-z]+(?:[._-][a-z]+)+$|^[A-Z]+(?:_[A-Z]+)+$/.test(secret))
    return 'refuted';
  // An expression of a program, not a value: self._token, config.password.
  if (/^[a-z_]{1,40}(?:\.[A-Za-z_]{1,40}){1,6}$/.test(secret)) return 'refuted';
  if (/^(?:[a-z]{1,19}|[A-Z]{1,19}|[a-zA-Z]{1,11})$/.test(secret)) return 'refuted';
  return isSamplePassword(secret) ? 'refuted' : 'plausible';
}

/** Whether a program puts the value in: `$VAR`, `process.env.X`, `:name`. */
export function isVariable(value: string): boolean {
  return (
    /^(?:\$|%|\{|<|\[|process\.env|os\.environ|env\(|getenv)/.test(value) || /^[%$]\w+$|^:\w+$/.test(value)
  );
}

function decodePercent(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
