import type { SecretRule } from '../../rule.ts';
import { NAMED_AI_RULES } from './ai.ts';
import { NAMED_ANALYTICS_RULES } from './analytics.ts';
import { NAMED_CALLS_RULES } from './calls.ts';
import { NAMED_CHAINS_RULES } from './chains.ts';
import { NAMED_CODE_HOSTS_RULES } from './code-hosts.ts';
import { NAMED_CONTENT_RULES } from './content.ts';
import { NAMED_DATA_RULES } from './data.ts';
import { NAMED_DATABASES_RULES } from './databases.ts';
import { NAMED_EXCHANGES_RULES } from './exchanges.ts';
import { NAMED_HALVES_RULES } from './halves.ts';
import { NAMED_HOSTING_RULES } from './hosting.ts';
import { NAMED_IDENTITY_RULES } from './identity.ts';
import { makeClientIdRule } from './ids.ts';
import { NAMED_MAIL_RULES } from './mail.ts';
import { NAMED_MARKET_DATA_RULES } from './market-data.ts';
import { NAMED_MARKETING_RULES } from './marketing.ts';
import { NAMED_MESSAGING_RULES } from './messaging.ts';
import { NAMED_MONITORING_RULES } from './monitoring.ts';
import { NAMED_NETWORKS_RULES } from './networks.ts';
import { NAMED_PAYMENT_RULES } from './payment.ts';
import { NAMED_PIPELINES_RULES } from './pipelines.ts';
import { NAMED_PORTALS_RULES } from './portals.ts';
import { NAMED_SCRAPING_RULES } from './scraping.ts';
import { NAMED_SECURITY_RULES } from './security.ts';
import { makeServiceKeyRule } from './service-key.ts';
import { NAMED_SHOPS_RULES } from './shops.ts';
import { NAMED_SIGNATURES_RULES } from './signatures.ts';
import { NAMED_SOCIAL_RULES } from './social.ts';
import { NAMED_SUPPORT_RULES } from './support.ts';
import { NAMED_TRAVEL_RULES } from './travel.ts';
import { NAMED_WORK_RULES } from './work.ts';

const KNOWN_FORMS: readonly SecretRule[] = [
  ...NAMED_AI_RULES,
  ...NAMED_ANALYTICS_RULES,
  ...NAMED_CALLS_RULES,
  ...NAMED_CHAINS_RULES,
  ...NAMED_CODE_HOSTS_RULES,
  ...NAMED_CONTENT_RULES,
  ...NAMED_DATA_RULES,
  ...NAMED_DATABASES_RULES,
  ...NAMED_EXCHANGES_RULES,
  ...NAMED_HALVES_RULES,
  ...NAMED_HOSTING_RULES,
  ...NAMED_IDENTITY_RULES,
  ...NAMED_MAIL_RULES,
  ...NAMED_MARKET_DATA_RULES,
  ...NAMED_MARKETING_RULES,
  ...NAMED_MESSAGING_RULES,
  ...NAMED_MONITORING_RULES,
  ...NAMED_NETWORKS_RULES,
  ...NAMED_PAYMENT_RULES,
  ...NAMED_PIPELINES_RULES,
  ...NAMED_PORTALS_RULES,
  ...NAMED_SCRAPING_RULES,
  ...NAMED_SECURITY_RULES,
  ...NAMED_SHOPS_RULES,
  ...NAMED_SIGNATURES_RULES,
  ...NAMED_SOCIAL_RULES,
  ...NAMED_SUPPORT_RULES,
  ...NAMED_TRAVEL_RULES,
  ...NAMED_WORK_RULES,
];

/** All rules for keys that only the name of their service tells. */
export const NAMED_RULES: readonly SecretRule[] = [
  ...KNOWN_FORMS,
  makeClientIdRule(KNOWN_FORMS),
  makeServiceKeyRule(KNOWN_FORMS),
];
