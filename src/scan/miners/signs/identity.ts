import { signs } from './row.ts';

const MEASURED = 'strings of stripped builds of the program itself';
const NAMED = 'names of miners, public lists';
const KINSING = 'reports on Kinsing, a worm that brings a miner';

/** Who it is. What weighs 3 only the program itself says; what weighs less is a name, which lists of names hold, too. */
export const IDENTITY_SIGNS = [
  ...signs('identity', MEASURED, [
    ['xmrig-wizard', 'xmrig.com/wizard', 3],
    ['xmrig-donation', 'donate.v2.xmrig.com', 3],
    ['xmrig-donation-tls', 'donate.ssl.xmrig.com', 3],
    ['no-active-pools', 'no active pools, stop mining', 3],
    ['msr-mod', 'MSR MOD', 1, 'word'],
    ['cpuminer-agent', 'User-Agent: cpuminer', 3],
    ['hash-rate', 'khash/s', 2],
    ['miner-threads', 'miner threads started', 3],
    ['number-of-threads', 'number of miner threads', 2],
    ['profile', 'use profile', 1],
  ]),
  ...signs('identity', 'address of the releases of the program', [
    ['xmrig-releases', 'github.com/xmrig/xmrig/releases', 3],
    ['xmrig-source', 'github.com/xmrig/xmrig.git', 3],
    ['moneroocean-releases', 'github.com/MoneroOcean/xmrig/releases', 3],
    ['cpuminer-releases', 'github.com/pooler/cpuminer/releases', 3],
    ['moneroocean-setup', 'setup_moneroocean_miner.sh', 3],
    ['c3pool-setup', 'setup_c3pool_miner.sh', 3],
  ]),
  ...signs('identity', NAMED, [
    ['xmrig', 'xmrig', 2, 'word'],
    ['xmr-stak', 'xmr-stak', 2, 'word'],
    ['cpuminer', 'cpuminer', 2, 'word'],
    ['minerd', 'minerd', 2, 'word'],
    ['minergate', 'minergate-cli', 2, 'word'],
    ['ccminer', 'ccminer', 2, 'word'],
    ['cgminer', 'cgminer', 2, 'word'],
    ['bfgminer', 'bfgminer', 2, 'word'],
    ['sgminer', 'sgminer', 2, 'word'],
    ['ethminer', 'ethminer', 2, 'word'],
    ['claymore', 'claymore', 1, 'word'],
    ['nbminer', 'nbminer', 2, 'word'],
    ['t-rex', 't-rex miner', 2],
    ['gminer', 'gminer', 2, 'word'],
    ['lolminer', 'lolminer', 2, 'word'],
    ['phoenixminer', 'phoenixminer', 2, 'word'],
    ['teamredminer', 'teamredminer', 2, 'word'],
    ['nanominer', 'nanominer', 2, 'word'],
    ['bminer', 'bminer', 2, 'word'],
    ['wildrig', 'wildrig', 2, 'word'],
    ['srbminer', 'srbminer', 2],
    ['kdevtmpfsi', 'kdevtmpfsi', 2, 'word'],
    ['sysrv', 'sysrv', 1, 'word'],
  ]),
  ...signs('identity', KINSING, [
    ['kinsing.redis', 'main.redisBrute', 2],
    ['kinsing.masscan', 'main.masscan', 2],
    ['kinsing.backconnect', 'main.backconnect', 2],
    ['kinsing.task', 'main.runTask', 1],
    ['kinsing.address', 'ActiveC2CUrl', 2],
  ]),
];
