import type { Severity } from '../model/finding.ts';
import type { Level } from '../model/verdict.ts';

/** What the policy knows of a check without the check: its id, its default level, the rules it finds by. */
export interface CheckName {
  readonly id: string;
  /** one noun phrase, for messages and the published schema */
  readonly about: string;
  readonly level: Level;
  /** least severity that fails; findings below it only warn */
  readonly failFrom: Severity;
  /** ids of its rules; `any` where they are data: every id below the check's own */
  readonly rules: readonly string[] | 'any';
}

/**
 * Every check, in the order in which they run. `checks/list.ts` holds the checks themselves; a test proves that both
 * agree. It stands here so that a policy with a mistyped name is refused, instead of enforcing nothing.
 */
export const CHECK_NAMES: readonly CheckName[] = [
  {
    id: 'name.allowed',
    about: 'image names against `sources`',
    level: 'fail',
    failFrom: 'low',
    rules: ['name.denied', 'name.not-allowed', 'name.undigested'],
  },
  {
    id: 'name.lookalike',
    about: 'image names that imitate a known one',
    level: 'fail',
    failFrom: 'low',
    rules: ['name.lookalike-hint'],
  },
  {
    id: 'hygiene.pinned-reference',
    about: 'image names that can stand for another image tomorrow',
    level: 'warn',
    failFrom: 'low',
    rules: ['hygiene.latest-tag'],
  },
  {
    id: 'signature',
    about: 'signatures that `signed-by` demands',
    level: 'fail',
    failFrom: 'low',
    rules: ['signature.missing', 'signature.other-signer', 'signature.invalid'],
  },
  {
    id: 'provenance',
    about: 'how images were built, as `provenance` demands',
    level: 'fail',
    failFrom: 'low',
    rules: [
      'provenance.missing',
      'provenance.unsigned',
      'provenance.other-signer',
      'provenance.malformed',
      'provenance.contradiction',
      'provenance.other-builder',
      'provenance.other-source',
      'provenance.other-ref',
      'provenance.other-build-type',
      'provenance.self-hosted',
      'provenance.other-level',
    ],
  },
  {
    id: 'attestations',
    about: 'what `attestations` demands to be attested of images',
    level: 'fail',
    failFrom: 'low',
    rules: [
      'attestations.missing',
      'attestations.unsigned',
      'attestations.other-signer',
      'attestations.malformed',
      'attestations.too-old',
      'attestations.vulnerable',
      'attestations.condition',
      'attestations.failed',
      'attestations.other-verifier',
      'attestations.other-resource',
    ],
  },
  {
    id: 'base.approved',
    about: 'images that stand on none of `bases`',
    level: 'fail',
    failFrom: 'low',
    rules: [],
  },
  {
    id: 'base.age',
    about: 'images on a base older than `base-max-age`',
    level: 'fail',
    failFrom: 'low',
    rules: [],
  },
  {
    id: 'hygiene.root-user',
    about: 'images that run as root',
    level: 'warn',
    failFrom: 'low',
    rules: ['hygiene.named-user', 'hygiene.missing-user'],
  },
  {
    id: 'hygiene.admin-ports',
    about: 'ports of administration interfaces',
    level: 'fail',
    failFrom: 'high',
    rules: [],
  },
  {
    id: 'hygiene.workdir',
    about: 'working folders and commands that reach out of the container',
    level: 'fail',
    failFrom: 'high',
    rules: [],
  },
  {
    id: 'hygiene.volumes',
    about: 'volumes in folders of the system',
    level: 'fail',
    failFrom: 'high',
    rules: [],
  },
  {
    id: 'hygiene.runtime-labels',
    about: 'labels that steer the runtime',
    level: 'fail',
    failFrom: 'high',
    rules: [],
  },
  {
    id: 'hygiene.remote-add',
    about: 'steps of the build that ran or added something from the net unseen',
    level: 'warn',
    failFrom: 'low',
    rules: [],
  },
  {
    id: 'hygiene.entrypoint-exe',
    about: 'entrypoints and working folders that links lead to the runtime',
    level: 'fail',
    failFrom: 'low',
    rules: ['hygiene.workdir-link'],
  },
  {
    id: 'hygiene.system-links',
    about: '/dev, /proc and /sys that are no folders',
    level: 'fail',
    failFrom: 'high',
    rules: [],
  },
  {
    id: 'hygiene.setuid',
    about: 'programs with special rights that the base does not have',
    level: 'warn',
    failFrom: 'low',
    rules: ['hygiene.usual-setuid'],
  },
  {
    id: 'hygiene.writable-path',
    about: 'folders in which anybody may put programs',
    level: 'warn',
    failFrom: 'low',
    rules: ['hygiene.writable-folder'],
  },
  {
    id: 'hygiene.accounts',
    about: 'accounts without a password, and second roots',
    level: 'fail',
    failFrom: 'high',
    rules: ['hygiene.empty-password', 'hygiene.second-root'],
  },
  {
    id: 'hygiene.sudo-nopasswd',
    about: 'accounts that become root without a password',
    level: 'warn',
    failFrom: 'low',
    rules: [],
  },
  {
    id: 'hygiene.authorized-keys',
    about: 'keys that may log in by SSH',
    level: 'fail',
    failFrom: 'low',
    rules: [],
  },
  {
    id: 'hygiene.preload',
    about: 'libraries that are loaded into every program',
    level: 'fail',
    failFrom: 'low',
    rules: [],
  },
  {
    id: 'hygiene.cron',
    about: 'what the image adds to cron and systemd',
    level: 'warn',
    failFrom: 'low',
    rules: [],
  },
  {
    id: 'hygiene.git-folder',
    about: 'git repositories left in the image',
    level: 'warn',
    failFrom: 'low',
    rules: [],
  },
  {
    id: 'hygiene.docker-socket',
    about: 'places for the socket of a container engine',
    level: 'warn',
    failFrom: 'low',
    rules: [],
  },
  {
    id: 'freshness.max-age',
    about: 'images older than `max-age`',
    level: 'fail',
    failFrom: 'low',
    rules: [],
  },
  {
    id: 'secrets',
    about: 'secrets in layers and configuration',
    level: 'fail',
    failFrom: 'low',
    rules: 'any',
  },
  {
    id: 'miners',
    about: 'cryptocurrency miners in layers and configuration',
    level: 'fail',
    failFrom: 'low',
    rules: 'any',
  },
  {
    id: 'yara',
    about: 'files that match the YARA rules of `yara`',
    level: 'fail',
    failFrom: 'low',
    rules: 'any',
  },
];

const BY_ID = new Map(CHECK_NAMES.map((check) => [check.id, check]));
const RULE_PART = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;

/** The check of this id; `undefined` where there is none. */
export function checkNamed(id: string): CheckName | undefined {
  return BY_ID.get(id);
}

/** The check that an id speaks of: a check's own id, or that of one of its rules; `undefined` where no check can. */
export function checkOf(id: string): CheckName | undefined {
  return BY_ID.get(id) ?? CHECK_NAMES.find((check) => isRuleOf(check, id));
}

function isRuleOf({ id: check, rules }: CheckName, id: string): boolean {
  if (rules !== 'any') return rules.includes(id);
  return id.startsWith(`${check}.`) && RULE_PART.test(id.slice(check.length + 1));
}
