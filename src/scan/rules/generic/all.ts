import type { SecretRule } from '../../rule.ts';
import { ASSIGNMENT_RULES } from './assignments.ts';
import { CALL_RULES } from './calls.ts';
import { COMMAND_RULES } from './commands.ts';
import { CONNECTION_RULES } from './connection-strings.ts';
import { CONTEXT_RULES } from './context.ts';
import { ENCODED_KEY_RULES } from './encoded-keys.ts';
import { FRAMEWORK_RULES } from './framework-keys.ts';
import { HARD_CODED_RULES } from './hard-coded-keys.ts';
import { HISTORY_RULES } from './histories.ts';
import { KNOWN_FILE_RULES } from './known-files.ts';
import { LOGIN_RULES } from './logins.ts';
import { PASSWORD_HASH_RULES } from './password-hashes.ts';

/** Secrets that only their surroundings give away; whatever has a form of its own comes before them. */
export const GENERIC_RULES: readonly SecretRule[] = [
  ...CONTEXT_RULES,
  ...CONNECTION_RULES,
  ...COMMAND_RULES,
  ...CALL_RULES,
  ...ENCODED_KEY_RULES,
  ...FRAMEWORK_RULES,
  ...HARD_CODED_RULES,
  ...KNOWN_FILE_RULES,
  ...HISTORY_RULES,
  ...LOGIN_RULES,
  ...PASSWORD_HASH_RULES,
  ...ASSIGNMENT_RULES,
];
