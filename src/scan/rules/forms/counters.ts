import type { SecretRule } from '../../rule.ts';
import { checkMixedBody, checkMixedCase } from '../../validators/token-body.ts';
import { alnum, base64, hex, joined, lower, url64 } from '../named/named-token.ts';
import { URL64, withEach } from '../pattern.ts';
import { BASE62, URL_SAFE } from '../sample.ts';
import { apart, either, formTokens, some } from './form-token.ts';

/** Keys of those who take money, and of those who keep the books of coins. */
export const COUNTER_FORM_RULES: readonly SecretRule[] = formTokens([
  {
    id: 'adyen-key',
    provider: 'Adyen',
    keywords: withEach('AQE', BASE62),
    forms: [joined(apart('+/'), 'AQE', base64(60, 120, 2), '-', base64(40, 60, 1), '-', alnum(8, 24))],
    severity: 'critical',
    source: 'Adyen documentation, API credentials',
  },
  {
    id: 'blockfrost-key',
    provider: 'Blockfrost',
    kind: 'project token',
    keywords: ['mainnet', 'preprod', 'preview', 'testnet'],
    forms: [joined(either('mainnet', 'preprod', 'preview', 'testnet'), alnum(32))],
    check: checkMixedBody,
    severity: 'medium',
    confidence: 'medium',
    source: 'Blockfrost documentation, Getting started; Making first call',
  },
  {
    id: 'circle-key',
    provider: 'Circle',
    keywords: ['LIVE_API_KEY:', 'TEST_API_KEY:'],
    forms: [joined(either('LIVE', 'TEST'), '_API_KEY:', hex(32), ':', hex(32))],
    source: 'Circle developer documentation, API keys',
  },
  {
    id: 'coingecko-key',
    provider: 'CoinGecko',
    keywords: withEach('CG-', BASE62),
    forms: [joined('CG-', alnum(24))],
    check: checkMixedBody,
    severity: 'medium',
    confidence: 'medium',
    source: 'CoinGecko API documentation, Authentication',
  },
  {
    id: 'gocardless-token',
    provider: 'GoCardless',
    kind: 'access token',
    keywords: ['live_', 'sandbox_'],
    forms: [joined(either('live', 'sandbox'), '_', some('A-Za-z0-9_=-', URL_SAFE, 40, 42))],
    check: checkMixedCase,
    tail: '[A-Za-z0-9_=-]',
    severity: 'critical',
    confidence: 'medium',
    source: 'GoCardless developer documentation, Access tokens',
  },
  {
    id: 'klarna-key',
    provider: 'Klarna',
    keywords: ['klarna_live_', 'klarna_test_', 'klarna_playground_'],
    forms: [joined('klarna_', either('live', 'test', 'playground'), '_api_', url64(30, 200))],
    tail: URL64,
    severity: 'critical',
    source: 'Klarna documentation, API authentication',
  },
  {
    id: 'mollie-key',
    provider: 'Mollie',
    keywords: ['live_', 'test_'],
    forms: [joined(either('live', 'test'), '_', alnum(30))],
    check: checkMixedBody,
    tail: URL64,
    severity: 'critical',
    confidence: 'medium',
    source: 'Mollie documentation, Authentication',
  },
  {
    id: 'omise-key',
    provider: 'Omise',
    kind: 'secret key',
    keywords: ['skey_'],
    forms: [joined('skey_', lower(19)), joined('skey_test_', lower(19))],
    check: checkMixedCase,
    severity: 'critical',
    source: 'Omise documentation, Authentication',
  },
  {
    id: 'square-sandbox-secret',
    provider: 'Square',
    kind: 'sandbox application secret',
    keywords: ['sandbox-sq0csb-'],
    forms: [joined('sandbox-sq0csb-', url64(43, 44))],
    tail: URL64,
    severity: 'low',
    source: 'Square developer documentation, Access tokens and other credentials',
  },
]);
