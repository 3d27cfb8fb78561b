import type { SecretRule } from '../../rule.ts';
import { checkChosenPassword, checkLiteralPassword } from '../../validators/chosen-password.ts';
import { checkLoginPassword } from '../../validators/login.ts';
import { BASE62, sample } from '../sample.ts';

/** An argument that is a literal, and the comma behind it. */
const ARGUMENT = String.raw`[@$brf]?["'][^"'\n]{0,120}["'][ ]{0,3},\s{0,20}`;
/** The password, a literal to its end. */
const LITERAL = String.raw`[@$brf]?["'](?<secret>[^"'\s\\]{4,120})["']`;
const REMEDY = 'Replace the password and hand it in at run time: what is in a program is in every copy of it';
const CWE = 'CWE-798, Use of Hard-coded Credentials';

/** Passwords that programs pass to functions, whose names tell which argument it is. */
export const CALL_RULES: readonly SecretRule[] = [
  {
    id: 'secrets.login-call',
    provider: 'any',
    what: 'user name and password in a call',
    keywords: [
      ...[
        'NetworkCredential(',
        'DirectoryEntry(',
        'BasicAWSCredentials(',
        'UsernamePasswordCredentials(',
        'HTTPBasicAuth(',
      ],
      ...[
        'HTTPDigestAuth(',
        'BasicCredentials(',
        'PasswordAuthentication(',
        'PlainAuthProvider(',
        'PlainCredentials(',
      ],
      ...['.basic_auth(', '.basicAuth(', '.setBasicAuth(', 'SetBasicAuth(', 'BasicAuthentication(', 'auth=('],
      ...[
        'mysqli_connect(',
        'mysql_connect(',
        'new mysqli(',
        'new PDO(',
        'getConnection(',
        'ldap_bind(',
        'ftp_login(',
      ],
    ],
    pattern: new RegExp(
      String.raw`(?:(?:NetworkCredential|BasicAWSCredentials|UsernamePasswordCredentials|HTTPBasicAuth|HTTPDigestAuth|BasicCredentials|PasswordAuthentication|PlainAuthProvider|PlainCredentials|\.basic_auth|\.basicAuth|\.setBasicAuth|SetBasicAuth|BasicAuthentication|auth=)\(\s{0,20}${ARGUMENT}|(?:DirectoryEntry|mysqli_connect|mysql_connect|new mysqli|new PDO|getConnection)\(\s{0,20}${ARGUMENT}${ARGUMENT}|(?:ldap_bind|ftp_login)\([ ]?\$\w{1,30},\s{0,20}${ARGUMENT})${LITERAL}`,
    ),
    breadth: 1,
    severity: 'high',
    confidence: 'medium',
    check: checkLiteralPassword,
    remedy: REMEDY,
    source: CWE,
    examples: [
      () => `sender.Credentials = new NetworkCredential("gate", "${sample(BASE62, 14, 'call')}");`,
      () => `requests.get(url, auth=('gate', '${sample(BASE62, 14, 'call 2')}'))`,
      () => `$db = new PDO('mysql:host=db1;dbname=gate', 'gate', '${sample(BASE62, 12, 'call 3')}');`,
    ],
    counterExamples: [
      () => 'new NetworkCredential("user", "password")',
      () => 'new NetworkCredential(user, "text")',
      () => `auth=('user', 'secret123')`,
    ],
  },
  {
    id: 'secrets.password-call',
    provider: 'any',
    what: 'password in a call',
    keywords: [
      ...[
        'setPassword(',
        'set_password(',
        'SetPassword(',
        'withPassword(',
        '.password(',
        'ConvertTo-SecureString ',
        'setPasswd(',
      ],
      ...[
        'check_password(',
        'set_credentials(',
        '.setSecret',
        'setSecretKey(',
        'setApiKey(',
        'storePassword(',
        '->SetPassword(',
      ],
    ],
    pattern: new RegExp(
      String.raw`(?:set_?passw(?:or)?d\(|withPassword\(|\.password\(|ConvertTo-SecureString (?:-String )?|check_password\(|set_credentials\(|\.setSecret(?:Key)?\(|setApiKey\(|storePassword\()\s{0,8}${LITERAL}`,
      'i',
    ),
    breadth: 4,
    severity: 'high',
    confidence: 'low',
    check: checkChosenPassword,
    remedy: REMEDY,
    source: CWE,
    examples: [
      () => `config.setPassword("${sample(BASE62, 6, 'set')}-Pier9");`,
      () => `ConvertTo-SecureString "${sample(BASE62, 6, 'secure')}-Pier9" -AsPlainText -Force`,
    ],
    counterExamples: [() => 'config.setPassword("password");', () => 'config.setPassword(password);'],
  },
  {
    id: 'secrets.compared-password',
    provider: 'any',
    what: 'password that a program compares with, or keeps in a variable of that name',
    keywords: [
      ...['password ==', 'password==', 'password !=', 'password!=', 'passwd ==', 'secret ==', 'secret !='],
      ...['$password =', '$password=', '$passwd =', '$passwd=', '$db_pass =', '$dbpass ='],
    ],
    pattern:
      /(?:\$(?:password|passwd|db_?pass)[ ]{0,12}=[ ]{0,4}\\?["'](?=[^"'\s]{5,60}["'];)|(?:password|passwd|secret)[ ]?[!=]={1,2}[ ]?["'])(?<secret>[^\s"'\\<>(){}$]{5,60})\\?["']/i,
    breadth: 4,
    severity: 'high',
    confidence: 'low',
    check: checkComparedPassword,
    remedy: REMEDY,
    source: CWE,
    examples: [
      () => `if username == 'gate' and password == 'lighthouse':`,
      () => `$user = "gate"; $password = "quayside";`,
    ],
    counterExamples: [
      () => `if (type.password === 'password') {`,
      () => `$password == ""`,
      () => `if (token.secret !== 'undefined') {`,
      () => '$password = "$entered";',
    ],
  },
  {
    id: 'secrets.password-in-prose',
    provider: 'any',
    what: 'password told in a text',
    keywords: ['password is ', 'password for ', 'passwort ist ', 'password was ', 'password of '],
    pattern:
      /passwor[dt] (?:(?:for|of) (?:the )?(?:user |account |login )?["'`]?[\w@.-]{1,40}["'`]? )?(?:is|was|ist) (?:set to )?["'`](?<secret>[^\s"'`<>(){}]{4,60})["'`]/i,
    breadth: 4,
    severity: 'medium',
    confidence: 'low',
    check: checkLoginPassword,
    remedy: 'Change the password, and tell it to nobody who reads the image',
    source: CWE,
    examples: [
      () => 'The default password is "lighthouse".',
      () => `the password for user 'gate' is 'quayside'`,
    ],
    counterExamples: [() => 'The password is "password".', () => 'the password is required'],
  },
];

/** Words of programs stand there, too: types, states, parts of forms. */
const WORDS_OF_PROGRAMS =
  /^(?:strings?|numbers?|objects?|boolean|function|undefined|hidden|required|optional|visible|missing|expired|unset|manual|external|inherit|always|never|prompt|plain|basic|digest|bearer|https?|input|field|reset|forgot|change|locked|disabled|enabled)$/i;

function checkComparedPassword(secret: string): 'plausible' | 'refuted' {
  const isName = /^[A-Z]+(?:_[A-Z]+)*$|^[a-z]+(?:[A-Z][a-z]+)+$|[._:/][A-Za-z]/.test(secret);
  if (isName || WORDS_OF_PROGRAMS.test(secret)) return 'refuted';
  return checkLoginPassword(secret) === 'plausible' ? 'plausible' : 'refuted';
}
