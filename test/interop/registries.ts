import { startRegistry } from '../../src/demo/registry-server.ts';
import { startDockerRegistry } from '../support/docker-registry.ts';
import { missingPrograms } from '../support/programs.ts';
import { findZot, startZot } from '../support/zot.ts';

/** A registry that the tools of others push to. */
export interface Host {
  /** `127.0.0.1:PORT` */
  readonly host: string;
  close(): Promise<void>;
}

type Start = () => Promise<Host>;
const noDocker = missingPrograms('docker-registry').length > 0;
if (noDocker) process.stderr.write('skipped: docker-registry is not installed\n');
const zot = findZot();

/** Ours, and the real ones that are here; what is missing is said on stderr. */
export const REGISTRIES: readonly (readonly [string, Start])[] = [
  ['a registry with the referrers API', () => startRegistry()],
  ['a registry without it', () => startRegistry({ referrers: false })],
  ...(noDocker ? [] : [["Debian's docker-registry", startDocker] as const]),
  ...(zot === undefined ? [] : [['zot', () => startZot(zot)] as const]),
];

async function startDocker(): Promise<Host> {
  const { host, stop } = await startDockerRegistry();
  return { host, close: stop };
}
