import type { SecretRule } from '../../rule.ts';
import { checkNamedValue } from '../../validators/named-value.ts';
import { BASE62, HEX, sample } from '../sample.ts';
import { SERVICES } from './services.ts';
import { spellingSource, spellingsOf } from './spellings.ts';

const NAMES = [
  'agora_',
  'algolia',
  'anypoint',
  'auth0',
  'bitbucket',
  'canva_',
  'censys',
  'clickhouse',
  'cloudinary',
  'confluent',
  'docusign',
  'facebook',
  'fb_app',
  'foursquare',
  'geoip_',
  'helpscout',
  'huawei',
  'kairos',
  'keen_',
  'keycloak',
  'launchdarkly',
  'ld_client',
  'linkedin',
  'livekit',
  'looker',
  'miro_',
  'maxmind',
  'mux_token',
  'okta',
  'onelogin',
  'paypal',
  'pingone',
  'plaid',
  'planetscale',
  'plivo',
  'ringcentral',
  'sendbird',
  'spotify',
  'sumologic',
  'twitter',
  'voiceflow',
  'webex',
  'wechat',
  'wiz_client',
  'x_api_client',
  'zoom_',
];

const OF_LISTED = String.raw`(?:${NAMES.map(spellingSource).join('|')})["':{\s\w.-]{0,30}?(?:ids?|ikey|account_number)`;
/** Of other services, only what says that it is half of a login. */
const OF_ANY = String.raw`["':{\s\w.-]{3,24}?(?:client|consumer|app|application|integration|api|access|auth)[ _.-]?ids?`;

/**
 * The rule for names of applications and accounts: no secrets, but half of a login, and a hint at where the other half
 * may be.
 * @param named the rules of which it takes the names of services
 */
export function makeClientIdRule(named: readonly SecretRule[]): SecretRule {
  const names = [...NAMES, ...SERVICES].flatMap(spellingsOf);
  return {
    id: 'secrets.client-id',
    provider: 'Auth0, DocuSign, OneLogin, PayPal, Zoom and other services',
    what: 'id of a client or an account, half of a login',
    keywords: [...new Set([...names, ...named.flatMap(({ keywords }) => keywords)])],
    pattern: new RegExp(
      String.raw`(?<![A-Za-z0-9])(?:${OF_LISTED}|${OF_ANY})["']?\s{0,4}(?:=>|[=:])\s{0,24}["']?(?=[A-Za-z_-]{0,99}(?:[0-9]|abcde))(?<secret>[A-Za-z0-9_-]{6,100})(?![A-Za-z0-9_.+/=@:-])`,
      'i',
    ),
    breadth: 2,
    severity: 'info',
    confidence: 'low',
    check: checkNamedValue,
    checkDecides: true,
    remedy: 'Look for the secret that belongs to it, and hand both in at run time',
    source: 'RFC 6749, section 2.2; the documentation of each service',
    examples: [
      () => `AUTH0_CLIENT_ID=${sample(BASE62, 32, 'auth0 id')}`,
      () => `docusign:\n  client_id: "${sample(HEX, 32, 'docusign id')}"`,
    ],
    counterExamples: [
      () => `AUTH0_CLIENT_ID=\${CLIENT_ID}`,
      () => 'docusign.client_id: your-client-id',
      () => 'paypal-client-id: https://example.test/',
    ],
  };
}
