import { acts, signs } from './row.ts';

const SOURCE = 'the pools of the mined coins, public lists';

/** Hosts of pools, by who runs them; hosts below these are theirs, too. */
const POOLS = [
  ['minexmr', 'minexmr.com'],
  ['supportxmr', 'supportxmr.com'],
  ['moneroocean', 'moneroocean.stream'],
  ['hashvault', 'hashvault.pro'],
  ['c3pool', 'c3pool.com'],
  ['c3pool.org', 'c3pool.org'],
  ['nanopool', 'nanopool.org'],
  ['2miners', '2miners.com'],
  ['herominers', 'herominers.com'],
  ['unmineable', 'unmineable.com'],
  ['minergate', 'minergate.com'],
  ['nicehash', 'nicehash.com'],
  ['ethermine', 'ethermine.org'],
  ['ethpool', 'ethpool.org'],
  ['f2pool', 'f2pool.com'],
  ['antpool', 'antpool.com'],
  ['slushpool', 'slushpool.com'],
  ['slushpool.braiins', 'braiins.com'],
  ['dwarfpool', 'dwarfpool.com'],
  ['xmrpool', 'xmrpool.eu'],
  ['xmrpool.net', 'xmrpool.net'],
  ['crypto-pool', 'crypto-pool.fr'],
  ['monerohash', 'monerohash.com'],
  ['viabtc', 'viabtc.com'],
  ['kryptex', 'kryptex.network'],
  ['woolypooly', 'woolypooly.com'],
  ['flexpool', 'flexpool.io'],
  ['rplant', 'rplant.xyz'],
  ['k1pool', 'k1pool.com'],
  ['ezil', 'ezil.me'],
  ['skypool', 'skypool.org'],
  ['monerop', 'monerop.com'],
  ['miningocean', 'miningocean.org'],
  ['zpool', 'zpool.ca'],
] as const;

/** Ports that pools use and hardly anything else does; alone they tell nothing. */
const PORTS = [3333, 3334, 3335, 3336, 4444, 5555, 7777, 9999, 14433, 14444, 45560, 45700];

/** Whom it works for. A host stands in block lists; a host with a port is one that something connects to. */
export const POOL_SIGNS = [
  ...signs(
    'pool',
    SOURCE,
    POOLS.map(([id, host]) => [id, host, 2, 'host']),
  ),
  ...acts(
    'pool',
    SOURCE,
    POOLS.map(([id, host]) => [`${id}.port`, host, 1, 'host-port']),
  ),
];

/** Counted as the command line that they stand on, and only with a pool or a wallet. */
export const PORT_SIGNS = signs(
  'command',
  'ports of public pools; they count only with a host or a wallet',
  PORTS.map((port) => [`port-${port}`, `:${port}`, 1, 'word']),
);
