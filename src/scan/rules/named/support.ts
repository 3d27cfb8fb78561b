import type { SecretRule } from '../../rule.ts';
import { alnum, base64, hex, namedTokens } from './named-token.ts';

/** Support of customers: keys that only their names tell. */
export const NAMED_SUPPORT_RULES: readonly SecretRule[] = namedTokens([
  {
    id: 'drift-token',
    provider: 'Drift',
    kind: 'access token',
    names: ['driftt.com', 'drift_api', 'drift_token', 'drift_access'],
    value: [alnum(32)],
    source: 'Drift documentation, Authentication',
  },
  {
    id: 'freshbooks-token',
    provider: 'FreshBooks',
    kind: 'access token',
    names: ['freshbooks'],
    value: [hex(64)],
    word: 'TOKEN',
    source: 'FreshBooks documentation, Authentication',
  },
  {
    id: 'freshdesk-key',
    provider: 'Freshdesk',
    names: ['freshdesk', 'freshservice'],
    value: [alnum(20)],
    source: 'Freshdesk documentation, Authentication',
  },
  {
    id: 'helpscout-secret',
    provider: 'Help Scout',
    kind: 'app secret',
    names: ['helpscout', 'help_scout', 'help-scout'],
    value: [alnum(32), alnum(40)],
    word: 'APP_SECRET',
    source: 'Help Scout documentation, Authentication',
  },
  {
    id: 'intercom-token-by-name',
    provider: 'Intercom',
    kind: 'access token',
    names: ['intercom', 'ic_token'],
    value: [base64(59, 60, 1)],
    word: 'ACCESS_TOKEN',
    source: 'Intercom documentation, Authentication',
  },
  {
    id: 'zendesk-token',
    provider: 'Zendesk',
    kind: 'API token',
    names: ['zendesk'],
    value: [alnum(40), hex(64)],
    word: 'API_TOKEN',
    source: 'Zendesk documentation, Authentication',
  },
]);
