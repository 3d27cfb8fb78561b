import type { SecretRule } from '../../rule.ts';
import { withEach } from '../pattern.ts';
import { BASE62, HEX, join, sample } from '../sample.ts';

const LOCK = 'Lock the account in the image (`passwd -l`) and set passwords at run time';
const CRYPT = String.raw`\$(?:6|5|y|7|gy|1|2[aby]|apr1|argon2id?)\$[./A-Za-z0-9$=,+]{20,140}`;

/** What is kept instead of passwords, and can be tried offline. A locked account (`!`, `*`) has none. */
export const PASSWORD_HASH_RULES: readonly SecretRule[] = [
  {
    id: 'secrets.password-hash',
    provider: 'any',
    what: 'password hash of an account',
    keywords: [
      ':$6$',
      ':$5$',
      ':$y$',
      ':$1$',
      ':$7$',
      ':$gy$',
      ':$2y$',
      ':$2a$',
      ':$2b$',
      ':$apr1$',
      ':$argon2',
      ':{SHA}',
      ':{SSHA}',
    ],
    pattern: new RegExp(
      String.raw`(?<![^\s])[A-Za-z_][A-Za-z0-9_.-]{0,31}:(?<secret>${CRYPT}|\{S?SHA\}[A-Za-z0-9+/]{27,60}={0,2})`,
    ),
    before: 32,
    places:
      /(?:^|\/)(?:etc\/g?shadow-?|\.?htpasswd[\w.-]{0,20}|\.?htdigest|master\.passwd|passwd-?|users\.htpasswd)$/,
    severity: 'medium',
    confidence: 'high',
    remedy: LOCK,
    source: 'shadow(5); crypt(5); Apache HTTP Server, Password Formats',
    examples: [
      () => `root:$6$${sample(BASE62, 16, 'salt')}$${sample(BASE62, 86, 'hash')}:19700:0:99999:7:::\n`,
      () =>
        `gate:$apr1$${sample(BASE62, 8, 'salt')}$${sample(BASE62, 22, 'hash')}\n`.replace('$apr1$', '$6$aa'),
    ],
    counterExamples: [() => 'root:*:19700:0:99999:7:::\n', () => 'root:!:19700::::::\n'],
  },
  {
    id: 'secrets.crypt-hash',
    provider: 'any',
    what: 'password hash',
    keywords: [
      ...['$1$', '$5$', '$6$', '$8$', '$9$', '$y$'].flatMap((scheme) => withEach(scheme, `./${BASE62}`)),
      ...['$2a$', '$2b$', '$2y$'],
      '$apr1$',
      '$argon2i',
      '$P$B',
      '$H$9',
    ],
    pattern: new RegExp(
      [
        String.raw`(?<![A-Za-z0-9$])\$(?<secret>(?:1|apr1)\$[./A-Za-z0-9]{1,8}\$[./A-Za-z0-9]{22}`,
        String.raw`2[aby]\$[0-3][0-9]\$[./A-Za-z0-9]{53}`,
        String.raw`5\$(?:rounds=[0-9]{1,9}\$)?[./A-Za-z0-9]{1,16}\$[./A-Za-z0-9]{43}`,
        String.raw`6\$(?:rounds=[0-9]{1,9}\$)?[./A-Za-z0-9]{1,16}\$[./A-Za-z0-9]{86}`,
        String.raw`[89]\$[./A-Za-z0-9]{14}\$[./A-Za-z0-9]{43}`,
        String.raw`y\$[./A-Za-z0-9]{1,10}\$[./A-Za-z0-9]{8,86}\$[./A-Za-z0-9]{43}`,
        String.raw`[PH]\$[./A-Za-z0-9]{31}`,
        String.raw`argon2(?:id|i|d)\$v=[0-9]{1,3}\$m=[0-9]{1,8},t=[0-9]{1,4},p=[0-9]{1,3}\$[A-Za-z0-9+/]{11,86}\$[A-Za-z0-9+/]{22,86})(?![./A-Za-z0-9])`,
      ].join('|'),
    ),
    breadth: 1,
    severity: 'low',
    confidence: 'low',
    minEntropy: 3.4,
    remedy: 'Keep hashes of passwords out of images: they can be tried offline',
    source: 'crypt(5); PHC string format; Cisco IOS, secret types 8 and 9',
    examples: [
      () => join('$2', 'y$', '12$', sample(BASE62, 53, 'bcrypt')),
      () => join('$5', '$', sample(BASE62, 16, 'salt'), '$', sample(BASE62, 43, 'sha256crypt')),
      () => join('$P', '$B', sample(BASE62, 30, 'phpass').slice(0, 30)),
    ],
    counterExamples: [() => '$2y$12$short', () => '$5$salt', () => `$1$${'x'.repeat(8)}$${'x'.repeat(22)}`],
  },
  {
    id: 'secrets.framework-hash',
    provider: 'Django, Werkzeug, LDAP and others',
    what: 'password hash of an application',
    keywords: [
      'pbkdf2_sha256$',
      'pbkdf2:sha256:',
      'scrypt:32768',
      'bcrypt_sha256$',
      '{SSHA}',
      '{SSHA512}',
      '{SSHA256}',
      '{CRYPT}$',
      'md5crypt',
      'SCRAM-SHA-256$',
    ],
    pattern:
      /(?<secret>pbkdf2_sha256\$[0-9]{1,8}\$[A-Za-z0-9]{8,64}\$[A-Za-z0-9+/]{43}=|pbkdf2:sha256:[0-9]{1,8}\$[A-Za-z0-9]{8,32}\$[0-9a-f]{64}|scrypt:32768:8:1\$[A-Za-z0-9]{8,32}\$[0-9a-f]{128}|\{SSHA(?:256|512)?\}[A-Za-z0-9+/]{30,120}={0,2}|SCRAM-SHA-256\$[0-9]{1,8}:[A-Za-z0-9+/]{20,40}={0,2}\$[A-Za-z0-9+/]{43}=:[A-Za-z0-9+/]{43}=)/,
    breadth: 1,
    severity: 'low',
    confidence: 'low',
    minEntropy: 3.4,
    remedy: 'Keep hashes of passwords out of images: they can be tried offline',
    source: 'Django, Password management; Werkzeug, generate_password_hash; RFC 5803',
    examples: [
      () =>
        join(
          'pbkdf2_',
          'sha256$600000$',
          sample(BASE62, 22, 'django'),
          '$',
          sample(BASE62, 43, 'django'),
          '=',
        ),
      () => join('{SS', 'HA}', sample(BASE62, 32, 'ssha')),
    ],
    counterExamples: [() => 'pbkdf2_sha256$600000$salt$hash', () => '{SSHA}xxxx'],
  },
  {
    id: 'secrets.kerberos-hash',
    provider: 'Kerberos',
    what: 'Kerberos ticket that was taken to be cracked',
    keywords: ['$krb5tgs$', '$krb5asrep$', '$krb5pa$'],
    pattern:
      /\$(?<secret>krb5(?:tgs|asrep|pa)\$(?:17|18|23)\$[^\s]{0,160}?(?<![0-9a-f])(?:[0-9a-f]{32}|[0-9a-f]{24})\$[0-9a-f]{40,4000})/,
    severity: 'medium',
    confidence: 'medium',
    minEntropy: 3.4,
    remedy: 'Change the password of the account, and find out how the ticket came into the image',
    source: 'hashcat, Example hashes (modes 13100 and 18200)',
    examples: [
      () => join('$krb5', 'asrep$23$gate@ACME.NET:', sample(HEX, 32, 'krb'), '$', sample(HEX, 300, 'krb')),
    ],
    counterExamples: [() => '$krb5asrep$23$user@domain.com:...'],
  },
];
