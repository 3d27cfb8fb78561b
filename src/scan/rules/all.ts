import type { SecretRule } from '../rule.ts';
import { AI_RULES } from './ai.ts';
import { AWS_RULES } from './aws.ts';
import { AZURE_RULES } from './azure.ts';
import { CHAT_RULES } from './chat.ts';
import { CLOUD_RULES } from './cloud.ts';
import { CLUSTER_RULES } from './clusters.ts';
import { CODE_HOST_RULES } from './code-hosts.ts';
import { DATABASE_RULES } from './databases.ts';
import { FORM_RULES } from './forms/all.ts';
import { GENERIC_RULES } from './generic/all.ts';
import { KEY_RULES } from './keys.ts';
import { MAIL_RULES } from './mail.ts';
import { NAMED_RULES } from './named/all.ts';
import { OBSERVABILITY_RULES } from './observability.ts';
import { ORCHESTRATOR_RULES } from './orchestrators.ts';
import { PAYMENT_RULES } from './payment.ts';
import { REGISTRY_RULES } from './registries.ts';
import { SERVICE_RULES } from './services.ts';

/** Every kind of secret that ships with this version; the more particular ones come first. */
export const SECRET_RULES: readonly SecretRule[] = [
  ...CODE_HOST_RULES,
  ...AWS_RULES,
  ...CLOUD_RULES,
  ...AZURE_RULES,
  ...REGISTRY_RULES,
  ...CHAT_RULES,
  ...MAIL_RULES,
  ...PAYMENT_RULES,
  ...AI_RULES,
  ...DATABASE_RULES,
  ...KEY_RULES,
  ...ORCHESTRATOR_RULES,
  ...OBSERVABILITY_RULES,
  ...SERVICE_RULES,
  ...CLUSTER_RULES,
  ...FORM_RULES,
  ...NAMED_RULES,
  ...GENERIC_RULES,
];
