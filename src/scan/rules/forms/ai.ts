import type { SecretRule } from '../../rule.ts';
import { checkMixedBody, checkMixedCase } from '../../validators/token-body.ts';
import { alnum, hex, joined, lower, upper, url64, uuid } from '../named/named-token.ts';
import { URL64, withEach } from '../pattern.ts';
import { BASE62, URL_SAFE } from '../sample.ts';
import { either, formTokens, maybe, some, withHexDigit } from './form-token.ts';

/** base64 of "OpenAI", which the rule for keys that carry it is made for. */
const WITHOUT_MARK = `(?![A-Za-z0-9_-]{0,90}${['T3Bl', 'bkFJ'].join('')})`;

/** Services of machine learning whose keys have a form of their own; more in `ai.ts`. */
export const AI_FORM_RULES: readonly SecretRule[] = formTokens([
  {
    id: 'openai-plain-key',
    provider: 'OpenAI, Stability AI or Moonshot',
    keywords: withEach('sk-', BASE62),
    forms: [
      {
        ...alnum(48),
        source: `${WITHOUT_MARK}sk-[A-Za-z0-9]{48}`,
        make: (seed) => `sk-${alnum(48).make(seed)}`,
      },
    ],
    check: checkMixedBody,
    tail: URL64,
    severity: 'critical',
    source: 'OpenAI help, API keys; Stability AI documentation, Authentication',
  },
  {
    id: 'openai-prefixed-key',
    provider: 'OpenAI',
    kind: 'API key of a project, a service account or an administrator',
    keywords: ['sk-None-', 'sk-proj-', 'sk-svcacct-', 'sk-admin-', 'sk-service-'],
    forms: [
      {
        source: `${WITHOUT_MARK}sk-(?:proj|None|svcacct|admin|service)-[A-Za-z0-9_-]{40,200}`,
        make: (seed) => `sk-proj-${url64(48).make(seed)}`,
      },
    ],
    check: checkMixedBody,
    tail: URL64,
    severity: 'critical',
    source: 'OpenAI help, API keys',
  },
  {
    id: 'deepseek-key',
    provider: 'DeepSeek or DashScope',
    keywords: withHexDigit('sk-'),
    forms: [joined('sk-', hex(32))],
    check: checkMixedCase,
    tail: URL64,
    source: 'DeepSeek documentation, Your first API call; Alibaba Cloud Model Studio, Get an API key',
  },
  {
    id: 'anthropic-admin-key',
    provider: 'Anthropic',
    kind: 'administration key',
    keywords: ['sk-ant-admin'],
    forms: [joined('sk-ant-admin', either('01', '02', '03'), '-', url64(70, 120))],
    tail: URL64,
    severity: 'critical',
    source: 'Anthropic documentation, Admin API',
  },
  {
    id: 'together-key',
    provider: 'Together AI',
    keywords: ['tgp_v1_'],
    forms: [joined('tgp_v1_', url64(43))],
    tail: URL64,
    source: 'Together AI documentation, API keys',
  },
  {
    id: 'tavily-key',
    provider: 'Tavily',
    keywords: ['tvly-'],
    forms: [
      joined('tvly-', maybe(either('dev-', 'prod-')), some('A-Za-z0-9-', URL_SAFE.replace('_', ''), 20, 60)),
    ],
    check: checkMixedBody,
    tail: URL64,
    source: 'Tavily documentation, Quickstart',
  },
  {
    id: 'fireworks-key',
    provider: 'Fireworks AI',
    keywords: ['fw_3'],
    forms: [joined('fw_3', alnum(21, 23))],
    check: checkMixedBody,
    source: 'Fireworks AI documentation, API keys',
  },
  {
    id: 'jina-key',
    provider: 'Jina AI',
    keywords: ['jina_'],
    forms: [joined('jina_', hex(32), url64(28)), joined('jina_', alnum(60, 64))],
    tail: URL64,
    source: 'Jina AI documentation, Reader API, Authentication',
  },
  {
    id: 'voyage-key',
    provider: 'Voyage AI',
    keywords: withEach('pa-', URL_SAFE),
    forms: [joined('pa-', url64(43))],
    check: checkMixedBody,
    tail: URL64,
    source: 'Voyage AI documentation, API Key and Python Client',
  },
  {
    id: 'cursor-key',
    provider: 'Cursor',
    keywords: withHexDigit('key_'),
    forms: [joined('key_', hex(64))],
    source: 'Cursor documentation, Admin API, Authentication',
  },
  {
    id: 'runway-key',
    provider: 'Runway',
    keywords: withHexDigit('key_'),
    forms: [joined('key_', hex(128))],
    source: 'Runway API documentation, Setup',
  },
  {
    id: 'retell-key',
    provider: 'Retell AI',
    keywords: withHexDigit('key_'),
    forms: [joined('key_', hex(28))],
    check: checkMixedCase,
    tail: URL64,
    source: 'Retell AI documentation, Authentication',
  },
  {
    id: 'ai71-key',
    provider: 'AI71',
    keywords: ['ai71-api-'],
    forms: [joined('ai71-api-', uuid())],
    source: 'AI71 documentation, API keys',
  },
  {
    id: 'cerebras-key',
    provider: 'Cerebras',
    keywords: ['csk-'],
    forms: [joined('csk-', lower(48))],
    check: checkMixedCase,
    tail: URL64,
    source: 'Cerebras inference documentation, Quickstart',
  },
  {
    id: 'elevenlabs-key',
    provider: 'ElevenLabs',
    keywords: withHexDigit('sk_'),
    forms: [joined('sk_', hex(48))],
    source: 'ElevenLabs documentation, API authentication',
  },
  {
    id: 'friendli-token',
    provider: 'Friendli',
    kind: 'personal access token',
    keywords: ['flp_'],
    forms: [joined('flp_', alnum(46))],
    check: checkMixedBody,
    source: 'Friendli documentation, Personal access tokens',
  },
  {
    id: 'gamma-key',
    provider: 'Gamma',
    keywords: ['sk-gamma-'],
    forms: [joined('sk-gamma-', alnum(28, 64))],
    source: 'Gamma developer documentation, Get access',
  },
  {
    id: 'hackclub-ai-key',
    provider: 'Hack Club AI',
    keywords: ['sk-hc-v1-'],
    forms: [joined('sk-hc-v1-', hex(64))],
    source: 'Hack Club AI documentation, Authentication',
  },
  {
    id: 'pollinations-key',
    provider: 'Pollinations',
    keywords: ['plln_sk_', 'plln_pk_'],
    forms: [joined('plln_', either('sk', 'pk'), '_', alnum(24, 40))],
    source: 'Pollinations API documentation, Authentication',
  },
  {
    id: 'minimax-key',
    provider: 'MiniMax',
    keywords: ['MINIMAX-'],
    forms: [joined('MINIMAX-', upper(8), '-', upper(8), '-', upper(8), '-', upper(8))],
    check: checkMixedCase,
    source: 'MiniMax documentation, Quickstart',
  },
]);
