import type { SecretRule } from '../../rule.ts';
import { checkHardCodedKey } from '../../validators/chosen-password.ts';
import { BASE62, HEX, sample } from '../sample.ts';
import { IN_OWN_PROGRAMS } from './own-programs.ts';
import { WRONG_FORM } from './told-forms.ts';

const WORDS = ['password', 'passwd', 'passphrase', 'secret', 'token', 'credential', 'key', 'key_base'];
const NEXT = ['=', ':', '"', "'", ' =', ' :', '\\', ']', ' ||', ' ??'];
/** What may stand before a word and makes its value one that everybody may have. */
const NO_SECRET = `(?<!(?:public|publishable|site|search|hash|sha[0-9]{0,3}|md5|checksum|integrity|etag|commit|digest|cache|sort|primary|foreign|csrf|xsrf|cancel|cancellation|page|next|sync|continuation|asset|measurement|version|invalid|expired|fake|mock|dummy|sample|example|test)[_-]?)`;
/** Tokens that tell one request from another open nothing. */
const TOKEN = '(?<!(?:request|client|change|action|idempotency)[_-]?)token';
/** A key opens something if its name says so; others name, sort or lock. */
const KEY = `(?<=(?:api|secret|access|private|auth|client|signing|signature|sign|encryption|encrypt|crypto|cipher|aes|master|service|account|app|license|admin|server|session|consumer|webhook|deploy|jwt|hmac|shared|storage|subscription|ingest|write)[_-]?)key(?:_base)?`;
/** A line of a comment that explains, as tools make manuals of; a line that was commented out is not one. */
const EXPLAINED = String.raw`\n[ \t]{1,24}\*[ \t][^\n]{0,300}`;
const GAP = String.raw`\\{0,3}["']?\]?(?::[ ]?[Ss]tring)?[ \t]{0,12}(?:=>|:=|=|:|,|\|\||\?\?)[ \t]{0,12}`;

/** Keys of which nobody knows whose they are, in the programs that the image is made for. */
export const HARD_CODED_RULES: readonly SecretRule[] = [
  {
    id: 'secrets.hard-coded-key',
    provider: 'any',
    what: 'random value that is named as a secret, in a program',
    keywords: WORDS.flatMap((word) => NEXT.map((next) => `${word}${next}`)),
    pattern: new RegExp(
      String.raw`${NO_SECRET}(?:pass(?:word|wd|phrase)|secret|${TOKEN}|credential|${KEY})${GAP}[@brfu]?\\{0,3}["'\x60](?!${WRONG_FORM})(?<secret>[A-Za-z0-9+/_.~!@#%^*-]{32,200}={0,2})\\{0,3}["'\x60](?<!${EXPLAINED})`,
      'i',
    ),
    places: IN_OWN_PROGRAMS,
    breadth: 2,
    severity: 'high',
    confidence: 'medium',
    check: checkHardCodedKey,
    remedy: 'Replace the value and hand it in at run time: what is in a program is in every copy of it',
    source: 'CWE-798, Use of Hard-coded Credentials',
    examples: [
      () => `const apiKey: string = "${sample(BASE62, 40, 'hard-coded')}";`,
      () => `"ApiKey": "${sample(HEX, 48, 'hard-coded json')}",`,
      () => `const apiKey = process.env.API_KEY || '${sample(BASE62, 40, 'hard-coded default')}';`,
    ],
    counterExamples: [
      () => `const publicKey = "${sample(BASE62, 40, 'hard-coded')}";`,
      () => `const cacheKey = "${sample(BASE62, 40, 'hard-coded')}";`,
      () => `/**\n * apiKey: '${sample(BASE62, 40, 'explained')}'\n */`,
      () => 'const apiKey = "a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6q7r8";',
      () => 'const token = "urn:ietf:params:oauth:token-type:access_token";',
    ],
  },
];
