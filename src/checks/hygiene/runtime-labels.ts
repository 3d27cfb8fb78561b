import type { Finding, Severity } from '../../model/finding.ts';
import type { Image } from '../../model/image.ts';
import { quoted } from '../../model/printable.ts';
import type { ConfigCheck } from '../check.ts';
import { atField, makeFinding } from '../make-finding.ts';
import { withoutSecrets } from '../without-secrets.ts';
import { tellFew } from './parts/few.ts';
import { gravestFirst } from './parts/gravest.ts';

interface Reserved {
  /** a key, or with a dot or slash at its end the beginning of keys; compared as the runtimes do, with case */
  readonly key: string;
  readonly severity: Severity;
  /** a clause behind the label */
  readonly why: string;
}

/**
 * Labels that whatever runs the container obeys as if its owner had set them, as it copies an image's labels to the
 * container. The first that fits counts.
 * Source: containerd, GHSA-xhf5-7wjv-pqxp and the labels of its restart monitor; podman-auto-update(1); nvidia-docker 1.
 */
const RESERVED: readonly Reserved[] = [
  {
    key: 'containerd.io/restart.',
    severity: 'critical',
    why: "which containerd's restart monitor obeys: it can run a program on the host (CVE-2026-53488)",
  },
  {
    key: 'containerd.io/',
    severity: 'high',
    why: 'which is reserved for containerd, and was obeyed when an image had it (CVE-2026-53488)',
  },
  {
    key: 'io.cri-containerd',
    severity: 'high',
    why: 'by which containerd knows what its containers are (CVE-2026-53488)',
  },
  { key: 'io.containerd.', severity: 'medium', why: 'which is reserved for parts of containerd' },
  { key: 'nerdctl/', severity: 'medium', why: 'in which nerdctl keeps how a container was started' },
  {
    key: 'io.containers.autoupdate',
    severity: 'medium',
    why: 'by which Podman replaces the running container by whatever its tag stands for',
  },
  { key: 'io.kubernetes.', severity: 'low', why: 'by which the kubelet knows its pods' },
  { key: 'com.docker.swarm.', severity: 'low', why: 'by which Docker knows the tasks of its services' },
  { key: 'com.nvidia.volumes.needed', severity: 'info', why: 'on which nvidia-docker 1 mounted a driver' },
];

/**
 * Finds labels that steer the runtime, not the reader.
 * Source: OCI image-spec v1.1.1, config.md, `config.Labels`.
 */
export const hygieneRuntimeLabels: ConfigCheck = {
  id: 'hygiene.runtime-labels',
  reads: 'config',
  run(image) {
    const found = [...image.config.labels.keys()].flatMap((label) => {
      const reserved = RESERVED.find(({ key }) => fits(key, label));
      return reserved === undefined ? [] : [{ ...reserved, label }];
    });
    return tellFew(gravestFirst(found), (one) => finding(image, one));
  },
};

function fits(key: string, label: string): boolean {
  return /[./]$|^io\.cri-containerd$/.test(key) ? label.startsWith(key) : label === key;
}

function finding(image: Image, { label, severity, why }: Reserved & { label: string }): Finding {
  const said = withoutSecrets(label);
  return makeFinding(
    {
      rule: 'hygiene.runtime-labels',
      severity,
      confidence: 'high',
      message: `it has the label ${quoted(said)}, ${why}`,
      remedy: 'Take the LABEL out; such a label is set by whoever runs the container',
      where: atField(image, `config.Labels[${said}]`),
      args: { label: said },
    },
    [label],
  );
}
