import type { CheckWords } from '../check-words.ts';

/** What is told of the checks of bases and ages. */
export const BASE_WORDS: Readonly<Record<string, CheckWords>> = {
  'base.approved': {
    what:
      'The image stands on one of the `bases` of the policy: the diffIDs of its lowest layers are all those ' +
      'of the base, in their order. The longest fits; of two bases with the same layers the first gives the ' +
      'name. DiffIDs stay the same however a layer is compressed.',
    why: 'An image is as good as what it is built on; a base that somebody keeps is mended once for all.',
    evidence:
      'The diffIDs; runtimes refuse layers that are not as these say. What the image claims ' +
      '(`org.opencontainers.image.base.name` and `.digest`, in the manifest, the index or the labels) is ' +
      'shown as a claim and believed by nobody: it only says which image of a pattern to look up.',
    remedy: 'Build on an approved base as it is today.',
    settings:
      '`bases`; see [policy.md](policy.md#bases). Without it nothing is demanded and nothing is looked up. ' +
      'A base that cannot be read makes an image that fits no other one undecided, not refused. Default ' +
      'level: fail.',
  },
  'base.age': {
    what: 'The base of the image was built longer ago than `base-max-age` of its rule allows.',
    why: "An image that was built yesterday on a base of last year has last year's weaknesses.",
    evidence:
      '`created` of the approved base, not of what the image claims; of a chain, the day that the policy ' +
      'gives. Where it is absent, before 2000 (as reproducible builds write it) or yet to come, the age is ' +
      'unknown and the image undecided, not stale; so it is where no base of the image is known.',
    remedy: 'Build the image again on the base of today.',
    settings: '`images[].base-max-age`, as `30d`. Without it nothing is demanded. Default level: fail.',
  },
  'freshness.max-age': {
    what: 'The image was built longer ago than `max-age` of its rule allows.',
    why: 'An image gathers known weaknesses by standing still.',
    evidence:
      "`created` of the configuration: the builder's own word. Where it is absent, before 2000 (as " +
      'reproducible builds write it) or yet to come, the age is unknown and the image undecided.',
    remedy: 'Build it again on a base of today.',
    settings: '`images[].max-age`, as `90d`. Without it nothing is demanded. Default level: fail.',
  },
};
