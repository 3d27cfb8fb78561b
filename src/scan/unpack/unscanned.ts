import { createHash } from 'node:crypto';
import type { Hit } from '../rule.ts';

/** The rule under which it is told that something could not be looked into. */
export const UNSCANNED_RULE = 'secrets.unscanned';

/**
 * Tells of an archive, or of something in one, that stays unseen. It is no secret and fails nothing by itself, but it
 * is listed where secrets are, and a policy may set the rule to `fail`.
 * @param path of the thing, secrets cut out
 * @param reason `damaged`, `encrypted`, or the format that this version does not read; printable
 */
export function unscannedHit(path: string, reason: string): Hit {
  return {
    check: 'secrets',
    rule: UNSCANNED_RULE,
    severity: 'info',
    confidence: 'high',
    offset: 0,
    message: `archive that was not looked into (${reason})`,
    remedy: 'Leave it out of the image, or store what it holds in a form that can be read',
    args: { reason },
    fingerprint: createHash('sha256')
      .update(`pratique fingerprint v1 ${UNSCANNED_RULE} ${reason} ${path}`)
      .digest('hex')
      .slice(0, 16),
  };
}
