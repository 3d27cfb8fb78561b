import type { Finding, Severity } from '../../model/finding.ts';
import type { Image } from '../../model/image.ts';
import { quoted } from '../../model/printable.ts';
import type { ConfigCheck } from '../check.ts';
import { atField, makeFinding } from '../make-finding.ts';
import { withoutSecrets } from '../without-secrets.ts';
import { tellFew } from './parts/few.ts';
import { gravestFirst } from './parts/gravest.ts';
import { kernelFolder, walk } from './parts/system-path.ts';

/** Folders that are the system; a folder inside them may well be data (`/etc/influxdb2`). */
const SYSTEM = /^\/(?:bin|boot|etc|lib|lib32|lib64|sbin|usr|usr\/bin|usr\/lib|usr\/sbin|var)$/;
/** The sockets of runtimes, and folders of theirs: who has one of them has the host. */
const SOCKET =
  /^\/(?:var\/)?run\/(?:docker\.sock|podman|containerd|crio|k3s|dockershim\.sock|cri-dockerd\.sock)(?:\/|$)/;
/** Named by images that run systemd: it wants its own cgroups. */
const CGROUP = '/sys/fs/cgroup';

interface Fault {
  readonly severity: Severity;
  readonly why: string;
}

/**
 * Finds volumes in folders of the system, and such whose path goes up: containerd copied what lay there from the host into
 * the volume (CVE-2022-23648).
 * Source: OCI image-spec v1.1.1, config.md, `config.Volumes`.
 */
export const hygieneVolumes: ConfigCheck = {
  id: 'hygiene.volumes',
  reads: 'config',
  run(image) {
    if (image.config.os === 'windows') return [];
    const faults = image.config.volumes.flatMap((path, index) => {
      const fault = faultOf(path);
      return fault === undefined ? [] : [{ ...fault, path, index }];
    });
    return tellFew(gravestFirst(faults), (fault) => finding(image, fault));
  },
};

function faultOf(text: string): Fault | undefined {
  const walked = walk(text);
  const { path } = walked;
  const kernel = kernelFolder(walked);
  if (walked.hasParent)
    return {
      severity: 'high',
      why: 'which goes up: runtimes have copied files of the host so (CVE-2022-23648)',
    };
  if (path === '/') return { severity: 'high', why: 'which is the whole filesystem' };
  if (path === CGROUP) return { severity: 'medium', why: 'which only containers that run systemd ask for' };
  if (kernel !== undefined)
    return { severity: 'high', why: `which lies in ${kernel}, a folder of the kernel` };
  if (SOCKET.test(path))
    return { severity: 'high', why: 'where a runtime has its socket: who has it has the host' };
  if (SYSTEM.test(path))
    return { severity: 'medium', why: 'which is the system: what is written there outlives the image' };
  return undefined;
}

function finding(
  image: Image,
  { index, path, severity, why }: Fault & { index: number; path: string },
): Finding {
  const said = withoutSecrets(path);
  return makeFinding(
    {
      rule: 'hygiene.volumes',
      severity,
      confidence: 'high',
      message: `it declares the volume ${quoted(said)}, ${why}`,
      remedy: 'Take the VOLUME line out, or name a folder that holds data only',
      where: atField(image, `config.Volumes[${index}]`),
      args: { path: said },
    },
    [path],
  );
}
