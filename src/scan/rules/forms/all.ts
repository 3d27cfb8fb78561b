import type { SecretRule } from '../../rule.ts';
import { AGENT_FORM_RULES } from './agents.ts';
import { AI_FORM_RULES } from './ai.ts';
import { AI_TOOL_FORM_RULES } from './ai-tools.ts';
import { ANNOUNCED_RULES } from './announced.ts';
import { BUILD_FORM_RULES } from './builds.ts';
import { CLOUD_FORM_RULES } from './cloud.ts';
import { COUNTER_FORM_RULES } from './counters.ts';
import { DEVELOPER_FORM_RULES } from './developers.ts';
import { HOSTING_FORM_RULES } from './hosting.ts';
import { MEDIA_FORM_RULES } from './media.ts';
import { OFFICE_FORM_RULES } from './office.ts';
import { OPERATION_FORM_RULES } from './operations.ts';
import { PAYMENT_FORM_RULES } from './payment.ts';
import { WEBHOOK_RULES } from './webhooks.ts';

/** Tokens that have a form of their own, one row each. */
export const FORM_RULES: readonly SecretRule[] = [
  ...AI_FORM_RULES,
  ...ANNOUNCED_RULES,
  ...AI_TOOL_FORM_RULES,
  ...HOSTING_FORM_RULES,
  ...MEDIA_FORM_RULES,
  ...OFFICE_FORM_RULES,
  ...OPERATION_FORM_RULES,
  ...PAYMENT_FORM_RULES,
  ...CLOUD_FORM_RULES,
  ...DEVELOPER_FORM_RULES,
  ...AGENT_FORM_RULES,
  ...BUILD_FORM_RULES,
  ...COUNTER_FORM_RULES,
  ...WEBHOOK_RULES,
];
