import type { SecretRule } from '../../rule.ts';
import { checkRandomValue } from '../../validators/chosen-password.ts';
import { checkLoginLine } from '../../validators/login.ts';
import { BASE62, HEX, sample } from '../sample.ts';

/** What gives a name its value: a sign, or a blank before a quoted literal, as in Groovy. */
const GIVES = String.raw`(?:[ \t]{0,24}(?:=>|:=|[=:])[ \t]{0,8}|[ ](?=["']))`;
/** A line of a comment between the two. */
const COMMENT = String.raw`(?:[ \t]{0,16}(?:\/\/|#|;)[^\n]{0,80}\r?\n)?`;
/** What may come next behind the name of a password. */
const NEXT = ['=', ':', ' =', ' :', '"', "'", " '", ' "'];
/** Words that a heading or a table puts before the key itself. */
const HEADINGS = [
  'api key',
  'api secret',
  'secret key',
  'access key',
  'access token',
  'secret token',
  'client secret',
  'auth token',
];
const ENDS = ['\n', '\r\n', ': ', ':\n', ' |', '\t'];

/** Logins and keys that stand in lines of their own, one below the other. */
export const LOGIN_RULES: readonly SecretRule[] = [
  {
    id: 'secrets.login-lines',
    provider: 'any',
    what: 'user name and password in neighbouring lines',
    keywords: ['password', 'passwd', 'pwd'].flatMap((name) => NEXT.map((next) => `${name}${next}`)),
    pattern: new RegExp(
      String.raw`(?<=(?:user(?:[_-]?name|id)?|login)["']?${GIVES}["']?[\w.@+\\-]{2,60}["']?[ \t]{0,4}[,;]?\r?\n${COMMENT}${COMMENT}[ \t]{0,16}["']?(?:[A-Za-z]\w{0,23}[._-]?)?)(?:password|passwd|pwd)["']?${GIVES}["']?(?<secret>(?<=")[^"\n\\]{4,80}(?=")|(?<=')[^'\n\\]{4,80}(?=')|(?<!["'])[^\s"',;(){}[\]<>$]{4,80}(?=[,;]?[ \t]{0,4}(?:\r?\n|(?![\s\S]))))`,
      'i',
    ),
    breadth: 4,
    severity: 'medium',
    confidence: 'low',
    check: checkLoginLine,
    checkDecides: true,
    remedy: 'If it is in use, change the password, and hand it in at run time',
    source: 'CWE-798, Use of Hard-coded Credentials',
    examples: [
      () => `user = 'gate'\npassword = 'night harbour ${sample(BASE62, 3, 'lines')}'\n`,
      () => `  username: "gate"\n  # of the store\n  password: "open sesame"\n`,
    ],
    counterExamples: [
      () => 'user = name\npassword = phrase\n',
      () => 'username: url.username,\npassword: url.password,\n',
      () => 'username: ResultOfPattern;\npassword: ResultOfPattern;\n',
      () => `user: "gate"\npassword: "\${PASSWORD}"\n`,
      () => 'username: "user"\npassword: "password"\n',
    ],
  },
  {
    id: 'secrets.headed-key',
    provider: 'any',
    what: 'random value below the words "API key" or the like',
    keywords: HEADINGS.flatMap((words) => ENDS.map((end) => `${words}${end}`)),
    pattern: new RegExp(
      String.raw`(?:${HEADINGS.join('|')})(?::?[ \t]{0,8}\r?\n[ \t]{0,8}|:[ \t]{1,8}|[ \t]{0,8}\|[ \t]{0,8}|\t{1,4})(?<secret>[A-Za-z0-9_-]{20,128})(?![\w.(/=:-])`,
      'i',
    ),
    breadth: 3,
    severity: 'high',
    confidence: 'low',
    check: checkRandomValue,
    remedy: 'Replace the value and hand it in at run time: what is in an image is in every copy of it',
    source: 'CWE-798, Use of Hard-coded Credentials',
    examples: [
      () => `API Key\n${sample(HEX, 32, 'headed')}\n`,
      () => `| Client Secret | ${sample(BASE62, 40, 'headed 2')} |`,
    ],
    counterExamples: [
      () => 'API Key\nThe_key_of_the_application\n',
      () => 'access token: see_the_documentation_1',
    ],
  },
];
