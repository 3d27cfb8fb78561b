import type { Finding, Severity } from '../../model/finding.ts';
import type { Image } from '../../model/image.ts';
import { quoted } from '../../model/printable.ts';
import type { CheckContext, ConfigCheck } from '../check.ts';
import { atField, makeFinding } from '../make-finding.ts';
import { withoutSecrets } from '../without-secrets.ts';

interface AdminPort {
  readonly ports: readonly number[];
  readonly what: string;
  readonly severity: Severity;
}

/** Ports that hand over a machine or a cluster are high, logins medium, databases a remark. 8080 is noise and not here. */
const ADMIN_PORTS: readonly AdminPort[] = [
  { ports: [2375, 2376], what: 'the Docker API', severity: 'high' },
  { ports: [2379, 2380], what: 'etcd', severity: 'high' },
  { ports: [6443, 8001], what: 'the Kubernetes API', severity: 'high' },
  { ports: [10250, 10255], what: 'the kubelet', severity: 'high' },
  { ports: [22], what: 'SSH', severity: 'medium' },
  { ports: [23], what: 'Telnet', severity: 'medium' },
  { ports: [3389], what: 'remote desktop', severity: 'medium' },
  { ports: [5900], what: 'VNC', severity: 'medium' },
  { ports: [1433], what: 'SQL Server', severity: 'info' },
  { ports: [1521], what: 'Oracle Database', severity: 'info' },
  { ports: [3306], what: 'MySQL', severity: 'info' },
  { ports: [5432], what: 'PostgreSQL', severity: 'info' },
  { ports: [6379], what: 'Redis', severity: 'info' },
  { ports: [9200, 9300], what: 'Elasticsearch', severity: 'info' },
  { ports: [11211], what: 'memcached', severity: 'info' },
  { ports: [27017], what: 'MongoDB', severity: 'info' },
];

const EXPOSED = /^([0-9]{1,5})(?:-([0-9]{1,5}))?(?:\/([A-Za-z0-9]+))?$/;

/**
 * Finds ports of administration interfaces among those that an image exposes. `options.ports` of the policy replaces the list;
 * what its owner names is high. Each port is told once, however often it is exposed.
 * Source: OCI image-spec v1.1.1, config.md, `config.ExposedPorts`.
 */
export const hygieneAdminPorts: ConfigCheck = {
  id: 'hygiene.admin-ports',
  reads: 'config',
  run(image, { setting }: CheckContext) {
    const exposed = image.config.exposedPorts.map(readExposed);
    const findings = watchedBy(setting.options['ports']).flatMap(({ ports, what, severity }) =>
      ports.flatMap((port) => {
        const by = exposed.find(({ first, last }) => port >= first && port <= last);
        return by === undefined ? [] : [exposes(image, by.text, { port, what, severity })];
      }),
    );
    const strange = exposed.filter(({ first }) => Number.isNaN(first));
    return strange[0] === undefined
      ? findings
      : [...findings, unreadable(image, strange[0].text, strange.length)];
  },
};

/** Ports that one entry exposes; none where they are not TCP, NaN where it cannot be read. */
function readExposed(text: string): { readonly text: string; readonly first: number; readonly last: number } {
  const [, first, last = first, protocol = 'tcp'] = EXPOSED.exec(text) ?? [];
  const isTcp = first === undefined || protocol.toLowerCase() === 'tcp';
  return isTcp ? { text, first: Number(first), last: Number(last) } : { text, first: 0, last: -1 };
}

function watchedBy(ports: unknown): readonly AdminPort[] {
  if (!Array.isArray(ports)) return ADMIN_PORTS;
  return ports.map(Number).map((port) => ({ ports: [port], what: whatIs(port), severity: 'high' }));
}

function whatIs(port: number): string {
  return ADMIN_PORTS.find(({ ports }) => ports.includes(port))?.what ?? 'a port that the policy names';
}

function exposes(
  image: Image,
  exposed: string,
  { port, what, severity }: { port: number; what: string; severity: Severity },
): Finding {
  return makeFinding(
    {
      rule: 'hygiene.admin-ports',
      severity,
      confidence: 'high',
      message: `it exposes port ${port}: ${what}`,
      remedy: 'Take the EXPOSE line out, and administer the container from outside',
      where: atField(image, `config.ExposedPorts[${JSON.stringify(exposed)}]`),
      args: { port, what },
    },
    [String(port)],
  );
}

function unreadable(image: Image, exposed: string, count: number): Finding {
  const said = withoutSecrets(exposed);
  return makeFinding(
    {
      rule: 'hygiene.admin-ports',
      severity: 'low',
      confidence: 'medium',
      message: `it exposes ${quoted(said, 80)}${count > 1 ? ` and ${count - 1} more` : ''}, which is no port`,
      remedy: 'Write the port as NUMBER/tcp',
      where: atField(image, 'config.ExposedPorts'),
      args: { exposed: said, ...(count > 1 ? { count } : {}) },
    },
    [exposed],
  );
}
