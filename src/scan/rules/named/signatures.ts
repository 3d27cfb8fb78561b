import type { SecretRule } from '../../rule.ts';
import { alnum, hex, namedTokens, uuid } from './named-token.ts';

/** Signatures: keys that only their names tell. */
export const NAMED_SIGNATURES_RULES: readonly SecretRule[] = namedTokens([
  {
    id: 'docusign-secret',
    provider: 'DocuSign',
    kind: 'secret or integration key',
    names: ['docusign'],
    value: [uuid()],
    keyed: true,
    word: 'SECRET_KEY',
    source: 'DocuSign documentation, Authentication',
  },
  {
    id: 'hellosign-key',
    provider: 'Dropbox Sign',
    names: ['hellosign', 'dropbox_sign', 'dropboxsign'],
    value: [hex(64)],
    source: 'Dropbox Sign documentation, Authentication',
  },
  {
    id: 'pandadoc-key',
    provider: 'PandaDoc',
    names: ['pandadoc'],
    value: [hex(40)],
    source: 'PandaDoc documentation, Authentication',
  },
  {
    id: 'yousign-key',
    provider: 'Yousign',
    names: ['yousign'],
    value: [alnum(32)],
    keyed: true,
    source: 'Yousign documentation, Authentication',
  },
]);
