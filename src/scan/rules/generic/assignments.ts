import type { SecretRule } from '../../rule.ts';
import {
  checkChosenPassword,
  checkLiteralPassword,
  checkRandomValue,
  checkSetting,
} from '../../validators/chosen-password.ts';
import { BASE62, HEX, sample } from '../sample.ts';
import { ELSEWHERE, IN_SETTINGS } from './settings-files.ts';
import { WRONG_FORM } from './told-forms.ts';

const PASSWORDS = [
  'password',
  'passwd',
  'passphrase',
  'passwort',
  'pwd',
  'pass',
  'secret',
  'credential',
  'credentials',
];
const KEYS = ['token', 'key', 'key_base', 'auth', '_pat', '_salt', 'apitoken'];
/** What may come next behind a name that is given a value; a bare name would be found in every text. */
const NEXT = ['=', ':', '"', "'", ' =', ' :', '\\', ' !', ']'];
/** The same in prose, in tables and in XML, for the rarer names. */
const NEXT_OF_RARE = [...NEXT, '>', ' is ', '  '];

/** From the last letter of a name to the first of its value: of shells, properties, JSON, YAML, XML and program texts. */
const GAP = String.raw`\\{0,3}["']?[)\]]?[ \t]{0,12}(?:=>|:=|[!=]={0,2}|:|,(?=[ \t]{0,3}["'\x60\\])|>|is[ \t]|value\s?=)[ \t]{0,12}`;
const QUOTE = String.raw`(?:[@$brfu]?\\{0,3}["'\x60](?:\\{0,3}["'\x60])?)?`;
/** A key that is none: it names, sorts or locks nothing, or everybody may have it. */
const KEY_OF_SECRETS = String.raw`(?<![Pp]ublic[_-]?|[Pp]ublishable[_-]?|PUBLIC[_-]|[Pp]rimary[_-]?|[Ff]oreign[_-]?|[Cc]ache[_-]?|[Hh]ash[_-]?|[Ss]ort[_-]?|[Ss]ite[_-]?|[Gg][Pp][Gg][_-]?|[Hh]ex|[Rr]eg[A-Za-z]{0,10})(?<=[\w.-])key(?:_base)?`;

function anchors(names: readonly string[], next: readonly string[]): readonly string[] {
  return names.flatMap((name) => next.map((sign) => `${name}${sign}`));
}

/** Values that a name alone tells to be secret, whoever made them. What has a form of its own comes before them. */
export const ASSIGNMENT_RULES: readonly SecretRule[] = [
  {
    id: 'secrets.random-value',
    provider: 'any',
    what: 'random value that is named as a secret',
    keywords: [...anchors(PASSWORDS, NEXT_OF_RARE), ...anchors(KEYS, NEXT)],
    pattern: new RegExp(
      String.raw`(?:pass(?:word|wd|phrase|wort)?|pwd|secret|credentials?|token|auth|_pat|_salt|${KEY_OF_SECRETS})${GAP}${QUOTE}(?!${WRONG_FORM})(?<secret>[A-Za-z0-9+/_.~$!@#%^*-]{16,200}={0,2})(?![\w(\[{=:/+-])`,
      'i',
    ),
    places: ELSEWHERE,
    breadth: 3,
    severity: 'high',
    confidence: 'low',
    check: checkRandomValue,
    remedy: 'Replace the value and hand it in at run time: what is in an image is in every copy of it',
    source: 'Docker documentation, Build secrets',
    examples: [
      () => `const client = connect({ apiKey: "${sample(BASE62, 40, 'random')}" });`,
      () => `<property name="masterSecret" value="${sample(HEX, 40, 'random xml')}"/>`,
      () => `define( 'PORTAL_KEY', '${sample(BASE62, 64, 'random php')}' );`,
      () => `Here is my token: ${sample(BASE62, 32, 'random prose')}`,
    ],
    counterExamples: [
      () => `publicKey: "${sample(BASE62, 40, 'random')}"`,
      () => 'token = node.declarationList.declarations[0].initializer',
      () => 'password: "correct-horse-battery-staple"',
      () => 'api_key = "0123456789abcdef0123456789abcdef"',
      () => `GITHUB_CLIENT_SECRET=${sample(HEX, 32, 'wrong form')}`,
    ],
  },
  {
    id: 'secrets.named-secret',
    provider: 'any',
    what: 'value that is named as a secret',
    keywords: [...anchors(PASSWORDS, NEXT_OF_RARE), ...anchors(['token', 'key', 'key_base'], NEXT)],
    pattern: new RegExp(
      String.raw`(?:pass(?:word|wd|phrase|wort)?|pwd|secret|credentials?|token|${KEY_OF_SECRETS})${GAP}${QUOTE}(?!${WRONG_FORM})(?<secret>[^\s"'\x60,:;&|<>(){}\\=]{8,128}={0,2})(?![(=])`,
      'i',
    ),
    places: IN_SETTINGS,
    breadth: 4,
    severity: 'high',
    confidence: 'medium',
    minEntropy: 2.75,
    check: checkSetting,
    remedy: 'Replace the value and hand it in at run time: what is in an image is in every copy of it',
    source: 'Docker documentation, Build secrets',
    examples: [() => `db.password=quay7-Harbour\n`, () => 'DB_PASSWORD=Night!Harbour'],
    counterExamples: [
      () => 'DB_PASSWORD_FILE=/run/secrets/db',
      () => `API_TOKEN=\${API_TOKEN}`,
      () => 'password=changeme',
      () => 'TOKEN_URL=https://id.acme.test/oauth/token',
      () => 'secret=my-secret-name',
    ],
  },
  {
    id: 'secrets.chosen-password',
    provider: 'any',
    what: 'password in a text',
    keywords: anchors(PASSWORDS, NEXT_OF_RARE),
    pattern: new RegExp(
      String.raw`(?:pass(?:word|wd|phrase|wort)?|pwd|secret|credentials?)${GAP}(?:[@$brfu]?\\{0,3}["'\x60>]|(?<=[=:>]\s{0,8}))(?=[^\s"'<>]{0,79}[0-9!$%^&*@+=?~])(?!${WRONG_FORM})(?<secret>(?<=")[^"\s\\]{6,80}(?=\\{0,3}")|(?<=')[^'\s\\]{6,80}(?=\\{0,3}')|(?<=\x60)[^\x60\s\\]{6,80}(?=\x60)|(?<=>)[^<>\s]{6,80}(?=<)|(?<=[=:\s])[^\s"'\x60,;<>(){}\[\]\\=]{6,80}={0,2}(?![^\r\n]))`,
      'i',
    ),
    places: ELSEWHERE,
    breadth: 4,
    severity: 'high',
    confidence: 'low',
    minEntropy: 2.2,
    check: checkChosenPassword,
    remedy: 'Replace the password and hand it in at run time: what is in an image is in every copy of it',
    source: 'CWE-798, Use of Hard-coded Credentials',
    examples: [
      () => `login({ user: "gate", password: "${sample(BASE62, 5, 'chosen')}Harbour7!" })`,
      () => `<password>${sample(BASE62, 6, 'chosen xml')}-Pier9</password>`,
      () => `password = ${sample(BASE62, 4, 'chosen ini')}quay#17\n`,
    ],
    counterExamples: [
      () => 'password: string;',
      () => '<password>changeme1</password>',
      () => 'password = "Passw0rd!"',
      () => 'password = getPassword("user1")',
    ],
  },
  {
    id: 'secrets.literal-password',
    provider: 'any',
    what: 'password in a line of settings',
    keywords: ['password=', 'passwd=', 'passphrase=', 'pwd=', '_pass='],
    pattern:
      /(?:pass(?:word|wd|phrase)|pwd|_pass)=(?<![^\n\w.$:#\t -][\w.$:#\t -]{0,40}pass(?:word|wd|phrase)?=)(?<secret>[^\s"'`,;&|<>(){}[\]\\=]{4,80})(?![^\s])/i,
    places: ELSEWHERE,
    breadth: 4,
    severity: 'high',
    confidence: 'low',
    check: checkLiteralPassword,
    remedy: 'Replace the password and hand it in at run time: what is in an image is in every copy of it',
    source: 'CWE-798, Use of Hard-coded Credentials',
    examples: [
      () => 'export REPOSITORY_PASSWORD=lighthouse\n',
      () => '[main]\nusername=gate\npassword=quayside\n',
    ],
    counterExamples: [
      () => 'PASSWORD=changeme\n',
      () => 'PASSWORD=$1\n',
      () => 'open(user=name,password=phrase)',
      () => 'password=/run/secrets/db\n',
    ],
  },
];
