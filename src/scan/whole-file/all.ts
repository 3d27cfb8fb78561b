import type { FileRule } from '../rule.ts';
import { APPLICATION_FILE_RULES } from './application-rules.ts';
import { KEY_FILE_RULES } from './key-rules.ts';

/** Every kind of key that is known by the whole of its file. */
export const FILE_RULES: readonly FileRule[] = [...KEY_FILE_RULES, ...APPLICATION_FILE_RULES];
