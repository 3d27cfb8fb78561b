import { attestations } from './attestations.ts';
import { baseAge } from './base/age.ts';
import { baseApproved } from './base/approved.ts';
import type { Check } from './check.ts';
import { freshnessMaxAge } from './freshness/max-age.ts';
import { hygieneAccounts } from './hygiene/accounts.ts';
import { hygieneAdminPorts } from './hygiene/admin-ports.ts';
import { hygieneAuthorizedKeys } from './hygiene/authorized-keys.ts';
import { hygieneCron } from './hygiene/cron.ts';
import { hygieneDockerSocket } from './hygiene/docker-socket.ts';
import { hygieneEntrypointExe } from './hygiene/entrypoint-exe.ts';
import { hygieneGitFolder } from './hygiene/git-folder.ts';
import { hygienePinnedReference } from './hygiene/pinned-reference.ts';
import { hygienePreload } from './hygiene/preload.ts';
import { hygieneRemoteAdd } from './hygiene/remote-add.ts';
import { hygieneRootUser } from './hygiene/root-user.ts';
import { hygieneRuntimeLabels } from './hygiene/runtime-labels.ts';
import { hygieneSetuid } from './hygiene/setuid.ts';
import { hygieneSudoNopasswd } from './hygiene/sudo-nopasswd.ts';
import { hygieneSystemLinks } from './hygiene/system-links.ts';
import { hygieneVolumes } from './hygiene/volumes.ts';
import { hygieneWorkdir } from './hygiene/workdir.ts';
import { hygieneWritablePath } from './hygiene/writable-path.ts';
import { miners } from './miners.ts';
import { nameAllowed } from './name/allowed.ts';
import { nameLookalike } from './name/lookalike.ts';
import { provenance } from './provenance.ts';
import { secrets } from './secrets.ts';
import { signature } from './signature.ts';
import { yara } from './yara.ts';

/** Every check, in the order in which they run; `policy/check-names.ts` has the same ids. */
export const CHECKS: readonly Check[] = [
  nameAllowed,
  nameLookalike,
  hygienePinnedReference,
  signature,
  provenance,
  attestations,
  baseApproved,
  baseAge,
  hygieneRootUser,
  hygieneAdminPorts,
  hygieneWorkdir,
  hygieneVolumes,
  hygieneRuntimeLabels,
  hygieneRemoteAdd,
  hygieneEntrypointExe,
  hygieneSystemLinks,
  hygieneSetuid,
  hygieneWritablePath,
  hygieneAccounts,
  hygieneSudoNopasswd,
  hygieneAuthorizedKeys,
  hygienePreload,
  hygieneCron,
  hygieneGitFolder,
  hygieneDockerSocket,
  freshnessMaxAge,
  secrets,
  miners,
  yara,
];
