import type { SecretRule } from '../../rule.ts';
import { checkEncodedPassword, checkSetting } from '../../validators/chosen-password.ts';
import { checkAssignedSecret } from '../../validators/login.ts';
import { BASE62, BASE64_LETTERS, HEX, join, sample } from '../sample.ts';

const CHANGE = 'Change the password, and keep the file out of the image';
const TOKEN_CACHE =
  /(?:^|\/)(?:msal_token_cache|service_principal_entries|accessTokens|msal_http_cache)[\w.-]{0,20}$/;

/** Secrets that the structure of a well-known file gives away. */
export const KNOWN_FILE_RULES: readonly SecretRule[] = [
  {
    id: 'secrets.filezilla-password',
    provider: 'FileZilla',
    what: 'password in a list of FileZilla servers',
    keywords: ['<Pass encoding="base64">', '<Pass>'],
    pattern: /<Pass(?: encoding="base64")?>(?<secret>[^<>\s]{4,200})<\/Pass>/,
    breadth: 1,
    severity: 'high',
    confidence: 'high',
    check: checkEncodedPassword,
    remedy: CHANGE,
    source: 'FileZilla, sitemanager.xml',
    examples: [
      () =>
        `<Pass encoding="base64">${Buffer.from(sample(BASE62, 14, 'filezilla')).toString('base64')}</Pass>`,
      () => '<Server><Pass>Night-Harbour7</Pass></Server>',
    ],
    counterExamples: [() => '<Pass>password</Pass>', () => '<Pass></Pass>'],
  },
  {
    id: 'secrets.remmina-secret',
    provider: 'Remmina',
    what: 'key that opens the passwords of Remmina',
    keywords: ['secret='],
    pattern: /(?<![^\n])secret=(?<secret>[A-Za-z0-9+/]{43}=)/,
    places: /(?:^|\/)remmina\.pref$/,
    breadth: 1,
    severity: 'high',
    confidence: 'high',
    minEntropy: 4,
    remedy:
      'Change the passwords of the connections, and keep ~/.config/remmina and ~/.local/share/remmina out of the image',
    source: 'Remmina, remmina.pref, secret',
    examples: [() => `secret=${sample(BASE64_LETTERS, 43, 'remmina')}=\n`],
    counterExamples: [() => 'secret=\n'],
  },
  {
    id: 'secrets.jenkins-credential',
    provider: 'Jenkins',
    what: 'credential in a Jenkins home, which the keys beside it decrypt',
    keywords: ['>{AQAAABAAAA'],
    pattern: />\{(?<secret>AQAAABAAAA[A-Za-z0-9+/]{20,12000}={0,2})\}</,
    severity: 'high',
    confidence: 'high',
    remedy: 'Replace the credential, and mount the Jenkins home at run time',
    source: 'Jenkins, hudson.util.Secret',
    examples: [
      () => `<password>{${join('AQAAAB', 'AAAA', sample(BASE64_LETTERS, 50, 'jenkins'))}==}</password>`,
    ],
    counterExamples: [() => '<password>{AQAAABAAAA...}</password>'],
  },
  {
    id: 'secrets.jenkins-first-password',
    provider: 'Jenkins',
    what: 'first password of the Jenkins administrator',
    keywords: ['password to proceed to installation:'],
    pattern: /password to proceed to installation:\s{1,12}(?<secret>[0-9a-f]{32})(?![0-9a-f])/,
    severity: 'high',
    confidence: 'high',
    minEntropy: 3,
    remedy: 'Change the password of the administrator, and keep logs out of the image',
    source: 'Jenkins documentation, Post-installation setup wizard',
    examples: [
      () =>
        `Please use the following password to proceed to installation:\n\n${sample(HEX, 32, 'jenkins first')}\n`,
    ],
    counterExamples: [() => 'Please use the following password to proceed to installation:\n\n<password>\n'],
  },
  {
    id: 'secrets.kaggle-key',
    provider: 'Kaggle',
    what: 'Kaggle API key',
    keywords: ['"username"', 'KAGGLE_KEY'],
    pattern:
      /(?:"username"\s{0,4}:\s{0,4}"[^"\n]{1,80}",\s{0,8}"key"\s{0,4}:\s{0,4}"|KAGGLE_KEY["']?[ ]{0,4}[=:][ ]{0,4}["']?)(?<secret>[0-9a-f]{32})(?![0-9a-f])/,
    severity: 'high',
    confidence: 'high',
    minEntropy: 3,
    remedy: 'Expire the token in Kaggle, under Settings, API',
    source: 'Kaggle documentation, Public API, Authentication',
    examples: [() => `{"username":"gate","key":"${sample(HEX, 32, 'kaggle')}"}`],
    counterExamples: [() => '{"username":"gate","key":"value"}'],
  },
  {
    id: 'secrets.azure-token-cache',
    provider: 'Azure',
    what: 'token or secret in a cache of the Azure command line',
    keywords: ['"secret"', '"client_secret"', '"accessToken"', '"refreshToken"'],
    pattern: /"(?:secret|client_secret|accessToken|refreshToken)"\s{0,4}:\s{0,4}"(?<secret>[^"\s]{20,4000})"/,
    places: TOKEN_CACHE,
    breadth: 2,
    severity: 'critical',
    confidence: 'high',
    minEntropy: 3.4,
    remedy: 'Revoke the sign-in with `az logout`, and keep ~/.azure out of the image',
    source: 'Azure CLI documentation, Sign in; MSAL token cache',
    examples: [() => `{"RefreshToken": {"x": {"secret": "0.${sample(BASE62, 200, 'msal')}"}}}`],
    counterExamples: [() => `{"secret": ""}`],
  },
  {
    id: 'secrets.terraform-state-secret',
    provider: 'Terraform',
    what: 'secret in a Terraform state',
    keywords: ['password":', 'secret":', '_key":', 'token":', 'connection_string":', 'private_key_pem":'],
    pattern:
      /(?:password|secret|_key|token|connection_string|private_key_pem)"\s{0,4}:\s{0,4}"(?<secret>(?!-----)[^"\n]{8,400})"/,
    places: /\.tfstate(?:\.backup)?$/,
    breadth: 3,
    severity: 'high',
    confidence: 'medium',
    minEntropy: 2.75,
    check: checkAssignedSecret,
    remedy: 'Replace the secret, and keep the state in a remote backend',
    source: 'Terraform documentation, Sensitive data in state',
    examples: [() => `"attributes": {"admin_password": "${sample(BASE62, 16, 'tfstate')}"}`],
    counterExamples: [() => '"password": "",', () => '"kms_key": "/alias/gate",'],
  },
  {
    id: 'secrets.sql-password',
    provider: 'databases',
    what: 'password in an SQL statement',
    keywords: ['IDENTIFIED BY ', 'WITH PASSWORD ', 'identified with ', 'LOGIN PASSWORD ', 'USER PASSWORD '],
    pattern:
      /(?:identified (?:with [\w`"']{3,40} )?by (?:password )?|(?:with|login|user) (?:encrypted )?password[ =]{1,3}|with password ?= ?)N?'(?<secret>[^'\s]{4,80})'/i,
    breadth: 3,
    severity: 'high',
    confidence: 'low',
    check: checkSetting,
    remedy: 'Change the password, and create accounts at run time',
    source: 'MySQL, CREATE USER; PostgreSQL, CREATE ROLE; Transact-SQL, CREATE LOGIN',
    examples: [
      () => `CREATE USER 'gate'@'%' IDENTIFIED BY '${sample(BASE62, 12, 'sql')}';`,
      () => `CREATE ROLE gate WITH LOGIN PASSWORD 'quayside7';`,
    ],
    counterExamples: [
      () => `CREATE USER 'gate' IDENTIFIED BY 'password';`,
      () => `ALTER USER gate IDENTIFIED BY '\${PASSWORD}';`,
    ],
  },
];
