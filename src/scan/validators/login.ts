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
  /^(?:localhost|127(?:\.[0-9]{1,3}){3}|0\.0\.0\.0|\[?::1|host\.docker\.internal|db|database|postgres|mysql|redis|mongo|host|hostname|server|example)(?:[:/]|$)|\.(?:example|test|invalid|local)(?:[:/]|$)/i;
/** Labels of hosts that documentation makes up, whole: `db.examplecorp.net` is somebody's. */
const SAMPLE_LABEL =
  /^(?:example|invalid|placeholder|redacted|dummy|fake|bogus|(?:my)?(?:company|domain)|todo|change[_-]?me|replace[_-]?me|insert[_-].*|your[_-]?(?:host|hostname|server|domain|db|database|registry|cluster|company|org|project|site)?(?:[_-].*)?|x{3,})$/i;

/** Whether a password stands in documentation rather than on a door. */
export function isSamplePassword(password: string): boolean {
  const plain = decodePercent(password);
  return (
    plain.length < 3 ||
    SAMPLE_PASSWORDS.has(plain.toLowerCase().replaceAll(' ', '')) ||
    isMadeOfSampleWords(plain) ||
    isPlaceholder(plain)
  );
}

/**
 * `user:password@host`, as it stands in a URL. Sample passwords and hosts that only exist in examples are refuted:
 * of a host, whole labels count, and of a user nothing does (`app-invalidation`).
 */
export function checkUserInfo(secret: string): Judgement {
  const parts = /^([^:@/]{0,100}):([^@/\s]{1,200})@([^@/\s]{1,200})$/.exec(secret);
  if (parts === null) return 'refuted';
  const [, user = '', password = '', host = ''] = parts;
  if (isSamplePassword(password) || isVariable(password) || isSampleHost(host)) return 'refuted';
  if (user !== '' && password.toLowerCase() === user.toLowerCase()) return 'refuted';
  return LOCAL_HOST.test(host) && (password.length < 5 || entropyOf(password) < 3) ? 'refuted' : 'plausible';
}

/**
 * The same where the host exists in examples or on the machine itself only: a password that no sample uses is worth a
 * hint, as it may have come from elsewhere.
 */
export function checkSampleHostLogin(secret: string): Judgement {
  if (checkUserInfo(secret) === 'plausible') return 'refuted';
  const parts = /^([^:@/]{0,100}):([^@/\s]{6,200})@([^@/\s]{1,200})$/.exec(secret);
  const [, user = '', password = '', host = ''] = parts ?? [];
  if (parts === null || user.toLowerCase() === password.toLowerCase() || isTemplate(host)) return 'refuted';
  return checkAssignedSecret(decodePercent(password)) === 'refuted' || !/[0-9%!$]/.test(password)
    ? 'refuted'
    : 'plausible';
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
