import { isIP } from 'node:net';
import { connect } from 'node:tls';
import { PratiqueError } from '../../errors.ts';
import { quoted } from '../../model/printable.ts';
import { normalizeHost } from '../../model/reference.ts';

/** Where a registry is spoken to. */
export interface Endpoint {
  /** as people write it: `docker.io`, `localhost:5000` */
  readonly registry: string;
  /** host and port of the API: `registry-1.docker.io` */
  readonly host: string;
  /** without port and brackets, as a resolver takes it */
  readonly hostname: string;
  /** `either`: a registry on this machine, where https is tried first */
  readonly scheme: 'https' | 'http' | 'either';
  readonly loopback: boolean;
}

/** Docker Hub's API is not at the name that people write. */
const API_HOSTS: ReadonlyMap<string, string> = new Map([['docker.io', 'registry-1.docker.io']]);

const PROBE_MILLISECONDS = 3000; // a handshake on one machine takes a few
const LOCAL_127 = /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/;

/**
 * Finds where a registry is spoken to. Plain http is for registries on this machine and for those that
 * the caller names; a private address or `.local` alone is no reason, as it can be anybody's.
 * @param registry as in a `Reference`
 * @param insecure registries to speak plain http with; compared whole, port included, in the form of a `Reference`
 * @throws {PratiqueError} `REFERENCE_INVALID`
 */
export function endpointOf(registry: string, insecure: readonly string[] = []): Endpoint {
  const host = API_HOSTS.get(registry) ?? registry;
  const hostname = hostnameOf(registry, host);
  const loopback = isLoopbackName(hostname);
  const plain = insecure.some((named) => normalizeHost(named) === registry);
  return { registry, host, hostname, loopback, scheme: plain ? 'http' : loopback ? 'either' : 'https' };
}

/** Whether a host is this machine by its name alone: `localhost`, `*.localhost`, 127/8, `::1`. */
export function isLoopbackName(hostname: string): boolean {
  const name = bare(hostname);
  return name === 'localhost' || name.endsWith('.localhost') || name === '::1' || LOCAL_127.test(name);
}

/** A URL's host without the brackets of an IPv6 address. */
export function bare(hostname: string): string {
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
}

/**
 * The scheme, host and port to speak to. For a registry on this machine a TLS handshake is tried and
 * broken off; nothing is sent in clear to one that speaks TLS.
 */
export async function originOf(endpoint: Endpoint): Promise<string> {
  if (endpoint.scheme !== 'either') return `${endpoint.scheme}://${endpoint.host}`;
  const { port, hostname } = new URL(`https://${endpoint.host}`);
  const secure = await speaksTls(bare(hostname), port === '' ? 443 : Number(port));
  return `${secure ? 'https' : 'http'}://${endpoint.host}`;
}

// Certificates are not looked at here: the requests that follow do, and fail on a bad one.
function speaksTls(host: string, port: number): Promise<boolean> {
  const servername = isIP(host) === 0 ? host : '';
  return new Promise((resolve) => {
    const socket = connect({ host, port, servername, rejectUnauthorized: false });
    const settle = (secure: boolean) => {
      socket.destroy();
      resolve(secure);
    };
    socket.setTimeout(PROBE_MILLISECONDS, () => settle(false));
    socket.once('secureConnect', () => settle(true));
    socket.on('error', () => settle(false));
    socket.once('close', () => settle(false));
  });
}

function hostnameOf(registry: string, host: string): string {
  const url = URL.canParse(`https://${host}`) ? new URL(`https://${host}`) : undefined;
  const extra = url === undefined || url.pathname !== '/' || url.username !== '' || url.search !== '';
  if (!extra) return bare(url.hostname);
  throw new PratiqueError('REFERENCE_INVALID', { what: `${quoted(registry)} is not the host of a registry` });
}
