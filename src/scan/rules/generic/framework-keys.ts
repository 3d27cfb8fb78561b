import type { SecretRule } from '../../rule.ts';
import { checkFrameworkKey } from '../../validators/chosen-password.ts';
import { BASE62, BASE64_LETTERS, join, sample } from '../sample.ts';

const NEW_KEY = 'Make a new key, and hand it in at run time: who has it can forge sessions';
/** Keys with which web frameworks sign and encrypt. */
export const FRAMEWORK_RULES: readonly SecretRule[] = [
  {
    id: 'secrets.django-secret-key',
    provider: 'Django',
    what: 'Django secret key',
    keywords: ['SECRET_KEY'],
    pattern:
      /SECRET_KEY["']?\]?[ \t]{0,8}[=:,][ \t]{0,8}(?:os\.environ[^,\n]{1,60},[ ]?|config\([^,\n]{1,60}default[ ]?=[ ]?)?[rbu]?["'](?<secret>[^"'\n]{24,120})["']/,
    breadth: 1,
    severity: 'high',
    confidence: 'medium',
    check: checkFrameworkKey,
    checkDecides: true,
    remedy: NEW_KEY,
    source: 'Django documentation, SECRET_KEY',
    examples: [
      () => `SECRET_KEY = '${join('django-', 'insecure-', sample(`${BASE62}!@#$%^&*(-_=+)`, 50, 'django'))}'`,
      () => `os.environ.get('DJANGO_SECRET_KEY', '${sample(BASE62, 50, 'django env')}')`,
    ],
    counterExamples: [
      () => `SECRET_KEY = 'your-secret-key-goes-here-please-change'`,
      () => `SECRET_KEY = os.environ['SECRET_KEY']`,
    ],
  },
  {
    id: 'secrets.laravel-app-key',
    provider: 'Laravel',
    what: 'Laravel application key in a program',
    keywords: ['APP_KEY'],
    pattern:
      /APP_KEY["']?(?:,[ ]?["']|[ ]?[=:][ ]?["']?)(?<secret>base64:[A-Za-z0-9+/]{40,44}={0,2}|[A-Za-z0-9]{32}(?![A-Za-z0-9]))/,
    breadth: 1,
    severity: 'high',
    confidence: 'high',
    minEntropy: 3.6,
    remedy: NEW_KEY,
    source: 'Laravel documentation, Encryption',
    examples: [() => `'key' => env('APP_KEY', 'base64:${sample(BASE64_LETTERS, 43, 'laravel 2')}=')`],
    counterExamples: [() => `'key' => env('APP_KEY', 'SomeRandomString')`],
  },
  {
    id: 'secrets.wordpress-key',
    provider: 'WordPress',
    what: 'WordPress key, salt or database password',
    keywords: [
      `'AUTH_KEY'`,
      `'SECURE_AUTH_KEY'`,
      `'LOGGED_IN_KEY'`,
      `'NONCE_KEY'`,
      `AUTH_SALT'`,
      `LOGGED_IN_SALT'`,
      `NONCE_SALT'`,
    ],
    pattern:
      /(?:'(?:SECURE_)?(?:AUTH|LOGGED_IN|NONCE)_KEY|(?:AUTH|LOGGED_IN|NONCE)_SALT)',[ \t]{0,16}'(?<secret>[ !#-&(-[\]-~"]{48,72})'/,
    breadth: 1,
    severity: 'medium',
    confidence: 'high',
    minEntropy: 4,
    remedy: 'Make new keys and salts, and hand them in at run time',
    source: 'WordPress documentation, wp-config.php, Authentication keys and salts',
    examples: [
      () => `define('AUTH_KEY',         '${sample(`${BASE62}!@#%^&*()-_[]{}<>~+=,.;:/?|`, 64, 'wp')}');`,
    ],
    counterExamples: [() => `define('AUTH_KEY',         'put your unique phrase here');`],
  },
  {
    id: 'secrets.signing-secret',
    provider: 'any',
    what: 'secret with which tokens or sessions are signed',
    keywords: [
      'jwtsecret',
      'jwt_secret',
      'jwt-secret',
      'JWT_SIGNING',
      'session_secret',
      'sessionsecret',
      'cookie_secret',
      'jwt:',
      'signing_key',
    ],
    pattern:
      /(?:(?:jwt[_-]?|session_?|cookie_)secret(?:_key)?|jwt_signing(?:_key)?|signing_key|jwt:\r?\n\s{1,8}secret)["']?\]?[ \t]{0,4}[=:][ \t]{0,4}["']?(?<secret>(?<=")[^"\n]{12,200}(?=")|(?<=')[^'\n]{12,200}(?=')|[^\s"'`,;&|<>(){}\\$=]{12,200}={0,2}(?![(.[=]))/i,
    breadth: 2,
    severity: 'high',
    confidence: 'medium',
    minEntropy: 3,
    check: checkFrameworkKey,
    remedy: NEW_KEY,
    source: 'RFC 8725, section 3.5',
    examples: [
      () => `JWT_SECRET=${sample(BASE62, 13, 'jwt secret')}`,
      () => `jwt:\n  secret: "harbour#Night-${sample(BASE62, 4, 'jwt 2')}"`,
    ],
    counterExamples: [
      () => `JWT_SECRET=\${JWT_SECRET}`,
      () => 'jwtSecret: config.get("jwt")',
      () => 'JWT_SECRET=change-me-please',
    ],
  },
];
