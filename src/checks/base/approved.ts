import { PratiqueError } from '../../errors.ts';
import { claimedBase } from '../../model/base.ts';
import type { Finding } from '../../model/finding.ts';
import type { Image } from '../../model/image.ts';
import { quoted } from '../../model/printable.ts';
import type { CheckContext, ConfigCheck } from '../check.ts';
import { atField, makeFinding } from '../make-finding.ts';
import { withoutSecrets } from '../without-secrets.ts';

/**
 * Finds images that stand on none of the bases that the policy approves. What the image says of its own base decides
 * nothing: the layers do. Runtimes verify the diffIDs by which these are known.
 */
export const baseApproved: ConfigCheck = {
  id: 'base.approved',
  reads: 'config',
  run(image, { policy, base }: CheckContext) {
    if (policy.bases.length === 0 || base?.match !== undefined) return [];
    if (base === undefined) throw neverLooked();
    const [unread] = base.unread;
    if (unread !== undefined) throw unread.error; // it may stand on that one
    return [onNone(image, policy.bases.length)];
  },
  note({ layers }, { policy, base }) {
    if (policy.bases.length === 0) return 'no base is demanded';
    if (base?.match === undefined) return undefined;
    const { match, unread } = base;
    const more = unread.length === 0 ? '' : `; ${unread.length} other approved could not be read`;
    return `on ${match.name}: ${match.layers} of ${layers.length} layers${more}`;
  },
};

function onNone(image: Image, count: number): Finding {
  const claim = withoutSecrets(claimedBase(image)?.name ?? '');
  const said = claim === '' ? '' : `; it claims ${quoted(claim)}, which proves nothing`;
  return makeFinding(
    {
      rule: 'base.approved',
      severity: 'high',
      confidence: 'verified',
      message: `it stands on none of the ${count} bases that the policy approves${said}`,
      remedy: 'Build the image on an approved base as it is today, or have its base approved',
      where: atField(image, 'rootfs.diff_ids'),
      args: { approved: count, ...(claim === '' ? {} : { claimed: claim }) },
    },
    image.config.diffIds.slice(0, 1),
  );
}

function neverLooked(): PratiqueError {
  return new PratiqueError('SCAN_INCOMPLETE', {
    what: 'nobody looked for the base of the image',
    next: 'run the check through a gate, or give beginRun a findBase',
  });
}
