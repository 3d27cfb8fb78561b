import type { SecretRule } from '../../rule.ts';
import { alnum, base64, hex, namedTokens, upper, url64, uuid } from './named-token.ts';

/** Mail: keys that only their names tell. */
export const NAMED_MAIL_RULES: readonly SecretRule[] = namedTokens([
  {
    id: 'aweber-key',
    provider: 'AWeber',
    names: ['aweber'],
    value: [alnum(32, 48)],
    keyed: true,
    source: 'AWeber documentation, Authentication',
  },
  {
    id: 'elasticemail-key',
    provider: 'Elastic Email',
    names: ['elasticemail', 'elastic_email', 'elastic-email'],
    value: [uuid(), upper(96)],
    keyed: true,
    source: 'Elastic Email documentation, Authentication',
  },
  {
    id: 'mailgun-key-by-name',
    provider: 'Mailgun',
    names: ['mailgun'],
    value: [hex(72)],
    source: 'Mailgun documentation, Authentication',
  },
  {
    id: 'mailjet-secret',
    provider: 'Mailjet',
    kind: 'API secret',
    names: ['mailjet'],
    value: [alnum(32), base64(80, 100, 1)],
    between: '[ ](?=[A-Z0-9]{32}(?![A-Za-z0-9]))',
    source: 'Mailjet documentation, Authentication',
  },
  {
    id: 'mandrill-key-by-name',
    provider: 'Mandrill',
    names: ['mandrill'],
    value: [url64(22)],
    source: 'Mandrill documentation, Authentication',
  },
  {
    id: 'pepipost-key',
    provider: 'Pepipost',
    names: ['pepipost', 'netcore_api'],
    value: [hex(32)],
    source: 'Pepipost documentation, Authentication',
  },
  {
    id: 'sparkpost-key',
    provider: 'SparkPost',
    names: ['sparkpost'],
    value: [hex(40)],
    source: 'SparkPost documentation, Authentication',
  },
]);
