import { type LookupAddress, type LookupOptions, lookup as systemLookup } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { PratiqueError } from '../../errors.ts';
import { printable, quoted } from '../../model/printable.ts';
import { bare } from './hosts.ts';

/** Whose an address is: anybody's, this network's, this machine's, or one that is never a registry's. */
export type AddressClass = 'public' | 'private' | 'loopback' | 'never';

const LOOPBACK = blockList(['127.0.0.0/8', '::1/128']);
const PRIVATE = blockList([
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10', // carrier-grade NAT
  '198.18.0.0/15', // benchmarking
  'fc00::/7',
]);
const NEVER = blockList([
  '0.0.0.0/8', // "this host": Linux connects to itself
  '169.254.0.0/16', // link-local, and the metadata service of most clouds
  '100.100.100.200/32', // metadata, Alibaba
  '168.63.129.16/32', // metadata, Azure
  '192.0.0.0/24', // protocol assignments; metadata, Oracle
  '224.0.0.0/4', // multicast
  '240.0.0.0/4', // reserved, broadcast
  '::/96', // unspecified, and IPv4-compatible
  '2002::/16', // 6to4: an IPv4 address inside
  '64:ff9b:1::/48', // NAT64 for local use
  'fe80::/10',
  'fec0::/10',
  'fd00:ec2::254/128', // metadata, AWS
  'ff00::/8',
]);

const MAPPED = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/;
const NAT64 = /^64:ff9b::(?:([0-9a-f]{1,4}):)?([0-9a-f]{1,4})?$/;

/**
 * Says whose an IP address is. An IPv4 address inside an IPv6 one (mapped, NAT64) counts as itself.
 * Anything that is not an address is `never`.
 * @see RFC 6890, special-purpose addresses; RFC 6052, NAT64
 */
export function classifyAddress(text: string): AddressClass {
  const address = text.replace(/%.*$/, '');
  const family = isIP(address);
  if (family === 0) return 'never';
  if (family === 4) return classIn(address, 'ipv4');
  const normal = bare(new URL(`http://[${address}]`).hostname);
  const inner = MAPPED.exec(normal) ?? NAT64.exec(normal);
  return inner === null ? classIn(normal, 'ipv6') : classIn(dotted(inner[1], inner[2]), 'ipv4');
}

/**
 * Keeps a registry from steering requests into the network that pratique runs in: a token realm,
 * a redirect or an upload location at 169.254.169.254 or 10.0.0.1 would make it a confused deputy
 * (go-containerregistry #2243, #2285, #2295). The registry itself may be anywhere, since a person named
 * it; other hosts must be public, or as near as the registry is. Names are judged when they are resolved,
 * on the address that is then connected to, so a second answer cannot differ (DNS rebinding).
 * Through a proxy only addresses can be judged: it resolves the names.
 */
export class AddressGuard {
  private readonly own: string;
  private readonly resolve: LookupFunction;
  private ownClass: AddressClass | undefined;

  /** @param own host name or address of the registry, without port and brackets */
  constructor(own: string, resolve: LookupFunction = systemLookup as LookupFunction) {
    this.own = own;
    this.resolve = resolve;
    if (isIP(own) !== 0) this.ownClass = classifyAddress(own);
  }

  /** @throws {PratiqueError} `REDIRECT_REFUSED` where the URL holds an address that it must not */
  check(url: URL): void {
    const host = bare(url.hostname);
    if (host !== this.own && isIP(host) !== 0) this.require(host, [host]);
  }

  /** A resolver in the form that sockets take; refuses a name if any of its addresses is refused. */
  readonly lookup: LookupFunction = (hostname, options, callback) => {
    const all = { ...options, all: true } satisfies LookupOptions;
    this.resolve(hostname, all, (error, found, family) => {
      if (error !== null) return callback(error, []);
      const addresses = typeof found === 'string' ? [{ address: found, family: family ?? 4 }] : found;
      const refused = this.refusal(hostname, addresses);
      if (refused !== undefined) return callback(refused, []);
      const [first] = addresses;
      if (options.all === true || first === undefined) return callback(null, [...addresses]);
      callback(null, first.address, first.family);
    });
  };

  private refusal(hostname: string, found: readonly LookupAddress[]): PratiqueError | undefined {
    const addresses = found.map(({ address }) => address);
    if (hostname === this.own) {
      this.ownClass ??= nearest(addresses.map(classifyAddress));
      return undefined;
    }
    try {
      this.require(hostname, addresses);
      return undefined;
    } catch (thrown) {
      return thrown as PratiqueError;
    }
  }

  private require(host: string, addresses: readonly string[]): void {
    const refused = addresses.find((address) => !this.allows(classifyAddress(address)));
    if (refused === undefined) return;
    throw new PratiqueError('REDIRECT_REFUSED', {
      what: `the registry sends pratique to ${quoted(host)}, which is not a public address`,
      where: printable(refused),
      why: 'a registry could reach into the network this way',
      next: 'check the registry; nothing was sent there',
    });
  }

  private allows(found: AddressClass): boolean {
    return found === 'public' || (found !== 'never' && found === this.ownClass);
  }
}

/** The class that all addresses share; `public` if they differ, which allows least. */
function nearest(classes: readonly AddressClass[]): AddressClass {
  const [first = 'public'] = classes;
  return classes.every((found) => found === first) ? first : 'public';
}

function classIn(address: string, family: 'ipv4' | 'ipv6'): AddressClass {
  if (LOOPBACK.check(address, family)) return 'loopback';
  if (NEVER.check(address, family)) return 'never';
  return PRIVATE.check(address, family) ? 'private' : 'public';
}

function dotted(high = '0', low = '0'): string {
  const [a, b] = [Number.parseInt(high, 16), Number.parseInt(low, 16)];
  return `${a >> 8}.${a & 255}.${b >> 8}.${b & 255}`;
}

function blockList(subnets: readonly string[]): BlockList {
  const list = new BlockList();
  for (const subnet of subnets) {
    const [address = '', bits = ''] = subnet.split('/');
    list.addSubnet(address, Number(bits), address.includes(':') ? 'ipv6' : 'ipv4');
  }
  return list;
}
