import type { SecretRule } from '../../rule.ts';
import { checkLiteralPassword } from '../../validators/chosen-password.ts';
import { checkAssignedSecret, checkLoginPassword, checkTypedPassword } from '../../validators/login.ts';
import { BASE62, sample } from '../sample.ts';

const CHANGE = 'Change the password and read it from a build secret or the standard input';
/** A word of a command line, quoted or not. */
const ARGUMENT = String.raw`[^\s"'\x60|;<>&\\]{4,120}`;
const WORD = `["']?(?<secret>${ARGUMENT})`;

/** Passwords among the arguments of programs. */
export const COMMAND_RULES: readonly SecretRule[] = [
  {
    id: 'secrets.command-password',
    provider: 'any',
    what: 'password on a command line',
    keywords: ['curl ', 'sshpass ', 'docker login', 'podman login', 'helm registry login', 'wget '],
    pattern:
      /(?:curl (?:(?!curl )[^\n]){0,200}?(?:-u|--user|--proxy-user)[ =]?["']?[^\s:"'$/]{1,80}:|sshpass -p ?["']?|(?:docker|podman|helm registry) login (?:(?! login)[^\n]){0,120}?(?:-p|--password)[ =]["']?|wget (?:(?!wget )[^\n]){0,160}?--(?:http-|ftp-)?password[ =]["']?)(?<secret>[^\s"'\x60|;<>]{4,200})/,
    breadth: 1,
    severity: 'high',
    confidence: 'medium',
    minEntropy: 2.6,
    check: checkTypedPassword,
    remedy: CHANGE,
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
    id: 'secrets.flag-password',
    provider: 'any',
    what: 'password given by an argument of that name',
    keywords: [
      ...[
        '--password ',
        '--password=',
        '-password ',
        '--passwd ',
        '--passwd=',
        '--passphrase ',
        '--passphrase=',
      ],
      ...[
        '--pass ',
        '--pass=',
        '--requirepass ',
        '--secret ',
        '--secret=',
        '--token ',
        '--token=',
        '-vaultToken ',
      ],
      ...[
        '--api-key ',
        '--api-key=',
        '--apikey ',
        '--apiKey ',
        '--auth-token ',
        '--auth-token=',
        '--unlock-key ',
      ],
    ],
    pattern: new RegExp(
      String.raw`--?(?:pass(?:word|wd|phrase)?|secret|(?:auth-|vault)?token|api-?key|unlock-key)[ =](?![-=@])(?=["']?[^\s"'\x60|;<>&\\]{0,119}[0-9!$#%^*@])${WORD}(?![\w/:.])`,
      'i',
    ),
    breadth: 4,
    severity: 'high',
    confidence: 'low',
    minEntropy: 2.6,
    check: checkFlagPassword,
    remedy: CHANGE,
    source: 'CWE-214, Invocation of Process Using Visible Sensitive Information',
    examples: [
      () => `gate serve --passphrase ${sample(BASE62, 9, 'flag')}`,
      () => `Connect-VIServer -Server 10.4.1.9 -User gate -Password Quay-${sample(BASE62, 6, 'flag 2')}`,
    ],
    counterExamples: [
      () => 'mysql --password "$PASSWORD"',
      () => 'gate --password VALUE',
      () => 'gate --token <token>',
      () => 'the option --password takes one argument',
    ],
  },
  {
    id: 'secrets.windows-command-password',
    provider: 'Microsoft',
    what: 'password on a command line of Windows',
    keywords: [
      'psexec',
      'net use ',
      'net user ',
      'runas ',
      'cmdkey ',
      'schtasks ',
      'wmic ',
      'sqlcmd ',
      'bcp ',
      'osql ',
    ],
    pattern: new RegExp(
      String.raw`(?:psexec(?:64)?(?:\.exe)?[ ]{1,4}(?:(?!psexec)[^\n]){2,160}?[ ]-p[ ]{1,4}|net use (?:(?!net use)[^\n]){0,120}?/user:[^\s]{1,80}[ ]{1,4}|net use (?:[^\s]{1,4} )?\\\\[^\s]{1,100} (?=[^\s/*]{4,60} /user:)|net user [^\s/]{1,40}[ ]{1,4}(?=[^\n]{1,80}/add)|cmdkey (?:(?!cmdkey)[^\n]){0,120}?/pass:|schtasks (?:(?!schtasks)[^\n]){0,160}?/rp[ ]{1,4}|wmic (?:(?!wmic)[^\n]){0,120}?/password:|(?:sqlcmd|bcp|osql) (?:(?!sqlcmd|bcp|osql)[^\n]){0,160}?[ ]-P[ ]{0,4})${WORD}(?![\w%$])`,
      'i',
    ),
    breadth: 1,
    severity: 'high',
    confidence: 'medium',
    check: checkLoginPassword,
    remedy: CHANGE,
    source: 'Microsoft, PsExec; net use; schtasks; sqlcmd',
    examples: [
      () => String.raw`psexec \\10.4.1.9 -u Administrator -p quayside cmd /c dir`,
      () => String.raw`net use Z: \\10.4.1.9\share quay-7side /user:acme\gate`,
      () => `sqlcmd -S db1 -U sa -P ${sample(BASE62, 10, 'sqlcmd')}`,
    ],
    counterExamples: [
      () => String.raw`psexec \\host -u user -p %PASSWORD% cmd`,
      () => String.raw`psexec \\host -u user -p password cmd`,
      () => 'net use',
    ],
  },
  {
    id: 'secrets.client-password',
    provider: 'databases',
    what: 'password among the arguments of a database client',
    keywords: [
      'mysql -',
      'mysqldump -',
      'mysqladmin -',
      'mariadb -',
      'redis-cli -',
      'mongo -',
      'mongosh ',
      'ldapsearch ',
      'ldapmodify ',
      'ldapadd ',
      'smbclient ',
      'sqlplus ',
      'rabbitmqctl add_user',
      'rabbitmqctl change_pass',
    ],
    pattern: new RegExp(
      String.raw`(?:(?:mysql(?:dump|admin)?|mariadb) (?=-)(?:(?!mysql)[^\n]){0,120}?(?<=\s)-p(?=[^\s-])(?!(?:rotocol|ager|rompt|lugin|ort|ipe)(?![\w]))|redis-cli (?=-)(?:(?!redis-cli)[^\n]){0,80}?(?<=\s)-a[ ]{1,3}|(?:mongo|mongosh) (?:(?!mongo)[^\n]){0,120}?[ ]-p[ ]{1,3}|ldap(?:search|modify|add) (?:(?!ldap)[^\n]){0,160}?[ ]-w[ ]{1,3}|smbclient (?:(?!smbclient)[^\n]){0,120}?-U[ ]?["']?[^\s%"']{1,60}%|sqlplus (?:-\w{1,6} ){0,1}[\w$]{1,40}/(?=[^\s@/"']{4,60}@)|rabbitmqctl (?:add_user|change_password) [^\s]{1,60}[ ]{1,3})["']?(?<secret>(?<=sqlplus [\w$ -]{1,60}/)[^\s@/"']{4,60}(?=@)|${ARGUMENT})(?![\w%$])`,
    ),
    breadth: 1,
    severity: 'high',
    confidence: 'medium',
    minEntropy: 2.5,
    check: checkLoginPassword,
    remedy: CHANGE,
    source: 'the client documentation of each database, options',
    examples: [
      () => `mysqldump -u gate -p${sample(BASE62, 12, 'mysql')} gate > all.sql`,
      () => 'mysql -uroot -ps3cr3t gate',
      () => 'sqlplus -s gate/quayside7@db1:1521/GATE @report.sql',
      () => `redis-cli -a ${sample(BASE62, 12, 'redis-cli')} ping`,
      () => `rabbitmqctl add_user gate ${sample(BASE62, 12, 'rabbit')}`,
    ],
    counterExamples: [
      () => 'mysql -u root -p gate < dump.sql',
      () => 'mysql -u root -p$PASSWORD gate',
      () => 'redis-cli -a "$REDIS_PASSWORD" ping',
    ],
  },
];

/** A flag stands in documentation as often as in scripts: a word alone is what it takes, not what it was given. */
function checkFlagPassword(secret: string): 'plausible' | 'refuted' {
  if (!/[0-9]|[A-Za-z][!$#%^*@][A-Za-z0-9]/.test(secret) || /^[\d.]+$|^-/.test(secret)) return 'refuted';
  return checkLiteralPassword(secret) === 'refuted'
    ? 'refuted'
    : checkAssignedSecret(secret) === 'refuted'
      ? 'refuted'
      : 'plausible';
}
