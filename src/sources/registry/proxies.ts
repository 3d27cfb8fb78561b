import { BlockList, isIP } from 'node:net';
import { PratiqueError } from '../../errors.ts';
import { bare, isLoopbackName } from './hosts.ts';

type Env = Readonly<Record<string, string | undefined>>;

const PROXY_SCHEMES = new Set(['http:', 'https:', 'socks5:']);

/**
 * The proxy for a URL, as the tools written in Go choose it: `HTTPS_PROXY` for https and `HTTP_PROXY` for
 * http (lower case first), never for this machine, and not for what `NO_PROXY` names.
 * @throws {PratiqueError} `USAGE` where the variable is not a URL; its text may hold a password and is not shown
 */
export function proxyFor(url: URL, env: Env): string | undefined {
  const name = url.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY';
  const value = variable(env, name);
  if (value === '' || isLoopbackName(url.hostname)) return undefined;
  if (isExempt(url, variable(env, 'NO_PROXY'))) return undefined;
  const text = value.includes('://') ? value : `http://${value}`;
  const proxy = URL.canParse(text) ? new URL(text) : undefined;
  if (proxy !== undefined && PROXY_SCHEMES.has(proxy.protocol)) return proxy.href;
  throw new PratiqueError('USAGE', {
    what: `the environment variable ${name} is not the URL of a proxy`,
    next: 'write it as http://host:port, or unset it',
  });
}

/**
 * Whether `NO_PROXY` names a URL's host: `*`, `host`, `host:port`, an address, a CIDR block; `example.com`
 * and `.example.com` stand for the names below too (the first for itself as well).
 */
export function isExempt(url: URL, noProxy: string): boolean {
  const host = bare(url.hostname).toLowerCase().replace(/\.$/, '');
  const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port;
  const entries = noProxy
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((entry) => entry !== '');
  return entries.some((entry) => entry === '*' || isNamed(entry, host, port));
}

function isNamed(entry: string, host: string, port: string): boolean {
  if (entry.includes('/')) return isInBlock(entry, host);
  const parts = /^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(entry);
  const name = bare(parts?.[1] ?? entry).replace(/\.$/, '');
  if (parts?.[2] !== undefined && parts[2] !== port) return false;
  if (name === host) return true;
  if (isIP(host) !== 0 || isIP(name) !== 0) return false;
  const domain = name.replace(/^\*?\.?/, '');
  return domain !== '' && host.endsWith(`.${domain}`);
}

function isInBlock(block: string, host: string): boolean {
  const family = isIP(host);
  const [address = '', bits = ''] = block.split('/');
  if (family === 0 || isIP(address) !== family || !/^\d{1,3}$/.test(bits)) return false;
  if (Number(bits) > (family === 4 ? 32 : 128)) return false;
  const list = new BlockList();
  list.addSubnet(address, Number(bits), family === 4 ? 'ipv4' : 'ipv6');
  return list.check(host, family === 4 ? 'ipv4' : 'ipv6');
}

function variable(env: Env, name: string): string {
  return env[name.toLowerCase()] || env[name] || '';
}
