import type { SecretRule } from '../../rule.ts';
import { checkMixedBody } from '../../validators/token-body.ts';
import { alnum, hex, joined, upper, url64, uuid } from '../named/named-token.ts';
import { URL64, withEach } from '../pattern.ts';
import { BASE62 } from '../sample.ts';
import { either, formTokens } from './form-token.ts';

/** Keys of what agents and their makers call: voices, memories, sandboxes, searches. */
export const AGENT_FORM_RULES: readonly SecretRule[] = formTokens([
  {
    id: 'brave-search-key',
    provider: 'Brave Search',
    keywords: withEach('BSA', BASE62),
    forms: [joined('BSA', url64(28))],
    check: checkMixedBody,
    tail: URL64,
    confidence: 'medium',
    source: 'Brave Search API documentation, Authentication',
  },
  {
    id: 'cartesia-key',
    provider: 'Cartesia',
    keywords: ['sk_car_'],
    forms: [joined('sk_car_', alnum(20, 60))],
    source: 'Cartesia documentation, API keys',
  },
  {
    id: 'chroma-key',
    provider: 'Chroma Cloud',
    keywords: withEach('ck-', BASE62),
    forms: [joined('ck-', alnum(43, 45))],
    check: checkMixedBody,
    confidence: 'medium',
    source: 'Chroma documentation, Chroma Cloud, Getting started',
  },
  {
    id: 'context7-key',
    provider: 'Context7',
    keywords: ['ctx7sk-'],
    forms: [joined('ctx7sk-', uuid())],
    source: 'Context7 documentation, API keys',
  },
  {
    id: 'cursor-user-key',
    provider: 'Cursor',
    kind: 'user API key',
    keywords: ['crsr_'],
    forms: [joined('crsr_', hex(64))],
    source: 'Cursor documentation, Headless CLI, Authentication',
  },
  {
    id: 'daytona-key',
    provider: 'Daytona',
    keywords: ['dtn_'],
    forms: [joined('dtn_', hex(64))],
    source: 'Daytona documentation, API keys',
  },
  {
    id: 'logfire-token',
    provider: 'Pydantic Logfire',
    kind: 'write token',
    keywords: ['pylf_v'],
    forms: [joined('pylf_v', either('1', '2'), '_', either('us', 'eu'), '_', alnum(40, 48))],
    severity: 'medium',
    source: 'Logfire documentation, Create write tokens',
  },
  {
    id: 'twelvelabs-key',
    provider: 'TwelveLabs',
    keywords: ['tlk_'],
    forms: [joined('tlk_', upper(28, 44))],
    source: 'TwelveLabs documentation, Authentication',
  },
  {
    id: 'vercel-ai-gateway-key',
    provider: 'Vercel AI Gateway',
    keywords: ['vck_'],
    forms: [joined('vck_', alnum(50, 64))],
    source: 'Vercel documentation, AI Gateway, Authentication',
  },
]);
