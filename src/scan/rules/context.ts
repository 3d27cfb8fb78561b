import type { SecretRule } from '../rule.ts';
import { checkJwt, detailsOfJwt } from '../validators/jwt.ts';
import {
  checkAssignedSecret,
  checkBasicHeader,
  checkUserInfo,
  detailsOfBasicLogin,
} from '../validators/login.ts';
import { token, URL64 } from './pattern.ts';
import { BASE62, encodeJson, HEX, join, sample, URL_SAFE } from './sample.ts';

/** Fields of the configuration, and files that are there to hold settings and logins. */
const SETTINGS =
  /^(?:config\.|history\[|manifest\.|index\.)|(?:^|\/)\.env(?:\.[\w-]{1,30})?$|\.(?:env|properties|tfvars|secrets?)$|(?:^|\/)(?:application|bootstrap|secrets?|credentials?|database|settings)(?:[.-][\w-]{1,30})?\.(?:ya?ml|json|toml|ini|conf)$|(?:^|\/)(?:local_)?settings\.py$|(?:^|\/)(?:\.?credentials?|\.my\.cnf|wp-config\.php|docker-compose(?:\.[\w-]{1,30})?\.ya?ml|\.pypirc|\.s3cfg|\.boto|rclone\.conf|\.bash_history|\.zsh_history|\.htpasswd|\.envrc)$/;

/** Secrets that only their surroundings give away; whatever has a form of its own comes before them. */
export const CONTEXT_RULES: readonly SecretRule[] = [
  {
    id: 'secrets.jwt',
    provider: 'any',
    what: 'signed JSON web token',
    keywords: [
      'eyJhbGciOi',
      'eyJ0eXAiOi',
      'eyJraWQiOi',
      'eyJ4NXQiOi',
      'eyJqa3UiOi',
      'eyJjdHkiOi',
      'ewogICJhbGciOi',
    ],
    pattern: token(
      String.raw`e(?:yJ|wog)[A-Za-z0-9_-]{10,1000}\.e(?:yJ|wog)[A-Za-z0-9_-]{6,4000}\.[A-Za-z0-9_-]{20,1400}`,
      URL64,
    ),
    breadth: 1,
    severity: 'medium',
    confidence: 'medium',
    check: checkJwt,
    details: detailsOfJwt,
    remedy: 'Revoke the token at its issuer, or let it expire, and mint tokens at run time',
    source: 'RFC 7519',
    examples: [
      () =>
        join(
          encodeJson({ alg: 'ES256', typ: 'JWT' }),
          '.',
          encodeJson({ sub: 'gate', exp: 1893456000 }),
          '.',
          sample(URL_SAFE, 86, 'jwt'),
        ),
    ],
    counterExamples: [
      () =>
        join(encodeJson({ alg: 'none' }), '.', encodeJson({ sub: 'gate' }), '.', sample(URL_SAFE, 43, 'jwt')),
      () =>
        join(
          'eyJhbGciOi',
          sample(URL_SAFE, 40, 'jwt'),
          '.eyJ',
          sample(URL_SAFE, 60, 'jwt'),
          '.',
          sample(URL_SAFE, 40, 'jwt'),
        ),
    ],
  },
  {
    id: 'secrets.url-password',
    provider: 'any',
    what: 'address with a user name and a password',
    keywords: [
      'http://',
      'https://',
      'ssh://',
      'git://',
      'ws://',
      'wss://',
      'mqtt://',
      'mqtts://',
      'socks5://',
      'svn://',
    ],
    pattern:
      /(?:https?|ssh|git|wss?|mqtts?|socks5|svn):\/\/(?<secret>[^\s:@/'"<>`\\?#]{0,80}:[^\s@/'"<>`\\]{1,160}@[A-Za-z0-9._\-[\]:]{1,120})/i,
    breadth: 1,
    severity: 'high',
    confidence: 'medium',
    check: checkUserInfo,
    checkDecides: true,
    remedy: 'Change the password and hand it in at run time',
    source: 'RFC 3986, section 3.2.1',
    examples: [
      () => `pip install --index-url https://gate:${sample(BASE62, 20, 'url')}@packages.acme-prod.net/simple`,
      () => `git clone https://oauth2:${sample(BASE62, 24, 'url 2')}@git.acme-prod.net/app.git`,
    ],
    counterExamples: [
      () => 'https://user:password@example.com/',
      () => `https://\${USER}:\${PASS}@git.acme-prod.net/`,
      () => 'http://host:8080/path@2x.png',
      () => 'http://[::1]:8080/',
    ],
  },
  {
    id: 'secrets.basic-authorization',
    provider: 'any',
    what: 'Basic authorization header',
    keywords: ['Authorization'],
    pattern:
      /authorization\\{0,2}["']?\s{0,3}[:=,]\s{0,3}\\{0,2}["']?Basic\s{1,3}(?<secret>[A-Za-z0-9+/]{8,400}={0,2})(?![A-Za-z0-9+/=])/i,
    breadth: 1,
    severity: 'high',
    confidence: 'high',
    check: checkBasicHeader,
    details: detailsOfBasicLogin,
    remedy: 'Change the password and hand it in at run time',
    source: 'RFC 7617',
    examples: [
      () =>
        `curl -H "Authorization: Basic ${Buffer.from(`gate:${sample(BASE62, 18, 'basic')}`).toString('base64')}"`,
    ],
    counterExamples: [
      () => `Authorization: Basic ${Buffer.from('user:password').toString('base64')}`,
      () => 'Authorization: Basic authentication',
    ],
  },
  {
    id: 'secrets.bearer-authorization',
    provider: 'any',
    what: 'Bearer authorization header',
    keywords: ['Authorization'],
    pattern:
      /authorization\\{0,2}["']?\s{0,3}[:=,]\s{0,3}\\{0,2}["']?Bearer\s{1,3}(?<secret>[A-Za-z0-9._~+/-]{24,600}={0,2})(?![A-Za-z0-9._~+/=-])/i,
    breadth: 2,
    severity: 'medium',
    confidence: 'medium',
    minEntropy: 3.8,
    check: checkAssignedSecret,
    remedy: 'Revoke the token at its issuer and hand the next one in at run time',
    source: 'RFC 6750',
    examples: [() => `curl -H 'Authorization: Bearer ${sample(BASE62, 40, 'bearer')}'`],
    counterExamples: [
      () => `Authorization: Bearer \${TOKEN}`,
      () => 'Authorization: Bearer your-access-token-goes-here',
    ],
  },
  {
    id: 'secrets.netrc',
    provider: 'any',
    what: 'login in a .netrc file',
    keywords: ['machine '],
    pattern:
      /machine[ \t]{1,8}[^\s]{1,120}\s{1,8}login\s{1,8}[^\s]{1,100}\s{1,8}password\s{1,8}(?<secret>[^\s"'\\]{3,200})/,
    breadth: 1,
    severity: 'high',
    confidence: 'high',
    check: checkAssignedSecret,
    remedy: 'Change the password and mount the file as a build secret',
    source: 'GNU inetutils manual, The .netrc file',
    examples: [() => `machine git.acme-prod.net login gate password ${sample(BASE62, 20, 'netrc')}\n`],
    counterExamples: [
      () => 'machine example.com login me password secret\n',
      () => 'machine example.com login me password $TOKEN\n',
    ],
  },
  {
    id: 'secrets.command-password',
    provider: 'any',
    what: 'password on a command line',
    keywords: ['curl ', 'sshpass ', 'docker login', 'wget '],
    pattern:
      /(?:curl (?:(?!curl )[^\n]){0,200}?(?:-u|--user)[ =]?["']?[^\s:"'$@/]{1,80}:|sshpass -p ?["']?|docker login (?:(?!docker login)[^\n]){0,120}?(?:-p|--password)[ =]["']?|wget (?:(?!wget )[^\n]){0,160}?--(?:http-|ftp-)?password[ =]["']?)(?<secret>[^\s"'\x60|;<>]{4,200})/,
    breadth: 1,
    severity: 'high',
    confidence: 'medium',
    minEntropy: 2.6,
    check: checkAssignedSecret,
    remedy: 'Change the password and read it from a build secret or the standard input',
    source: 'curl(1), --user; sshpass(1), -p; docker login, --password',
    examples: [
      () => `curl -sf -u gate:${sample(BASE62, 16, 'curl')} https://packages.acme-prod.net/`,
      () => `sshpass -p ${sample(BASE62, 12, 'sshpass')} ssh gate@10.4.1.9`,
    ],
    counterExamples: [
      () => 'curl -u user:password https://api.acme-prod.net',
      () => 'docker login -u gate -p $TOKEN',
      () => 'sshpass -p "$PASS" ssh',
    ],
  },
  {
    id: 'secrets.password-hash',
    provider: 'any',
    what: 'password hash of an account',
    keywords: [':$6$', ':$5$', ':$y$', ':$1$', ':$2y$', ':$2a$', ':$2b$', ':$apr1$'],
    pattern:
      /(?<![^\s])[A-Za-z_][A-Za-z0-9_.-]{0,31}:(?<secret>\$(?:6|5|y|1|2[aby]|apr1)\$[./A-Za-z0-9$=,]{20,140})/,
    before: 32,
    places: /(?:^|\/)(?:etc\/shadow-?|\.htpasswd|htpasswd|master\.passwd)$/,
    severity: 'medium',
    confidence: 'high',
    remedy: 'Lock the account in the image (`passwd -l`) and set passwords at run time',
    source: 'shadow(5); crypt(5)',
    examples: [
      () => `root:$6$${sample(BASE62, 16, 'salt')}$${sample(BASE62, 86, 'hash')}:19700:0:99999:7:::\n`,
    ],
    counterExamples: [() => 'root:*:19700:0:99999:7:::\n', () => 'root:!:19700::::::\n'],
  },
  {
    id: 'secrets.named-secret',
    provider: 'any',
    what: 'value that is named as a secret',
    keywords: [
      'password',
      'passwd',
      'passphrase',
      'secret',
      'token',
      'api_key',
      'apikey',
      'api-key',
      'access_key',
      'private_key',
      'encryption_key',
      'credential',
    ],
    pattern:
      /(?:password|passwd|passphrase|secret|token|api[_-]?key|access_key|private_key|encryption_key|credentials?)(?:_(?:key|token|value|prod|production|dev|staging|[0-9]))?(?:_base)?["']?[ \t]{0,3}(?:=>|[=:])[ \t]{0,3}["'`]?(?<secret>[^\s"'`,;&|<>(){}\\]{8,256})(?![(])/i,
    places: SETTINGS,
    breadth: 2,
    severity: 'high',
    confidence: 'medium',
    minEntropy: 3,
    check: checkAssignedSecret,
    remedy: 'Replace the value and hand it in at run time: what is in an image is in every copy of it',
    source: 'Docker documentation, Build secrets',
    examples: [
      () => `APP_SECRET_KEY=${sample(BASE62, 40, 'env')}`,
      () => `db.password=${sample(BASE62, 14, 'env 2')}`,
      () => `api_token: ${sample(HEX, 32, 'env 3')}`,
    ],
    counterExamples: [
      () => 'DB_PASSWORD_FILE=/run/secrets/db',
      () => `API_TOKEN=\${API_TOKEN}`,
      () => 'password=changeme',
      () => 'TOKEN_URL=https://id.acme.test/oauth/token',
      () => 'secret=my-secret-name',
    ],
  },
];
