import type { SecretRule } from '../../rule.ts';
import { checkSetting } from '../../validators/chosen-password.ts';
import { BASE62, sample } from '../sample.ts';

/** What somebody typed: in the histories of shells and clients a literal is no sample. */
export const HISTORY_RULES: readonly SecretRule[] = [
  {
    id: 'secrets.history-password',
    provider: 'databases',
    what: 'password in an SQL statement that somebody typed',
    keywords: ["password '", "password='", "password = '", "identified by '"],
    pattern: /(?:password|identified by)[ =]{1,3}'(?<secret>[^'\s\\]{6,80})'/i,
    places: /(?:^|\/)\.(?:[\w-]{2,20}_history|dbshell)$/,
    breadth: 2,
    severity: 'high',
    confidence: 'medium',
    check: checkSetting,
    remedy: 'Change the password, and leave histories out of the image',
    source: 'PostgreSQL, psql, Files; MySQL, mysql Client Logging',
    examples: [
      () => `ALTER USER gate WITH PASSWORD '${sample(BASE62, 16, 'history')}';`,
      () => `alter user gate identified by '${sample(BASE62, 14, 'history 2')}';`,
    ],
    counterExamples: [
      () => `ALTER USER gate WITH PASSWORD 'password';`,
      () => `ALTER USER gate WITH PASSWORD '\${PASSWORD}';`,
    ],
  },
];
