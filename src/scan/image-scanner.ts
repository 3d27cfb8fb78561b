import type { Limits } from '../io/limits.ts';
import { createDecodingScanner } from './base64/decoding-scanner.ts';
import { createContentScanner } from './content-scanner.ts';
import type { CustomRules } from './custom/custom-rules.ts';
import { createCustomScanner } from './custom/custom-scanner.ts';
import { joinScanners } from './custom/join-scanners.ts';
import type { ContentScanner } from './rule.ts';
import { RULE_SET } from './rule-set.ts';
import { createFileScanner } from './whole-file/file-scanner.ts';

/**
 * The scanner for everything in an image: the built-in rules and a policy's own, joined before anything is decoded
 * around them, so that both see the same bytes; beside them what judges files as a whole.
 */
export function createImageScanner(custom: CustomRules | undefined, limits: Limits): ContentScanner {
  const builtIn = createContentScanner(undefined, limits);
  const plain = custom === undefined ? builtIn : joinScanners(builtIn, createCustomScanner(custom, limits));
  return joinScanners(createDecodingScanner(plain, limits), createFileScanner(RULE_SET.files));
}
