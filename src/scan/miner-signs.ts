import type { MinerFamily, MinerSign } from './rule.ts';
import { checkWallet } from './validators/wallet.ts';

const MEASURED = 'strings of stripped builds of the program itself';
const RPC_SOURCE = 'Stratum protocol, client methods';
const CONFIG_SOURCE = 'XMRig documentation, configuration';
const COMMAND_SOURCE = 'XMRig and cpuminer documentation, command line options';
const POOL_SOURCE = 'the pools of the mined coins, public lists';
const ALGORITHM_SOURCE = 'XMRig documentation, algorithms';

type Row = readonly [id: string, keyword: string, weight: 1 | 2 | 3, alone?: true];

function signs(family: MinerFamily, source: string, rows: readonly Row[]): readonly MinerSign[] {
  return rows.map(([id, keyword, weight, alone]) => ({
    id: `${family}.${id}`,
    family,
    keyword,
    weight,
    source,
    ...(alone === undefined ? {} : { alone }),
  }));
}

/** What comes between a name for a wallet and the wallet. */
const WALLET =
  /[^\n]{1,24}?(?<secret>(?<![A-Za-z0-9])(?:[48][0-9AB][1-9A-HJ-NP-Za-km-z]{104}|[48][0-9AB][1-9A-HJ-NP-Za-km-z]{93}|bc1[02-9ac-hj-np-z]{25,87}|[13][1-9A-HJ-NP-Za-km-z]{25,33}))(?![A-Za-z0-9])/;

function walletSign(id: string, keyword: string): MinerSign {
  const source = 'Monero and Bitcoin address formats; nothing counts without its checksum';
  return {
    id: `wallet.${id}`,
    family: 'wallet',
    keyword,
    weight: 2,
    source,
    pattern: WALLET,
    check: checkWallet,
  };
}

/**
 * What gives a miner away, by family. No sign convicts alone: names stand in rule files and documentation, wallets
 * in donation notes, pools in block lists.
 */
export const MINER_SIGNS: readonly MinerSign[] = [
  ...signs('identity', MEASURED, [
    ['xmrig', 'xmrig', 2, true],
    ['xmrig-wizard', 'xmrig.com/wizard', 3],
    ['xmrig-donation', 'donate.v2.xmrig.com', 3],
    ['xmrig-donation-tls', 'donate.ssl.xmrig.com', 3],
    ['no-active-pools', 'no active pools, stop mining', 3],
    ['msr-mod', 'MSR MOD', 1],
    ['xmr-stak', 'xmr-stak', 2, true],
    ['cpuminer-agent', 'User-Agent: cpuminer', 3],
    ['cpuminer', 'cpuminer', 2, true],
    ['minerd', 'minerd', 2, true],
    ['ccminer', 'ccminer', 2, true],
    ['cgminer', 'cgminer', 2, true],
    ['bfgminer', 'bfgminer', 2, true],
    ['sgminer', 'sgminer', 2, true],
    ['ethminer', 'ethminer', 2, true],
    ['nbminer', 'nbminer', 2, true],
    ['lolminer', 'lolminer', 2, true],
    ['phoenixminer', 'phoenixminer', 2, true],
    ['teamredminer', 'teamredminer', 2, true],
    ['nanominer', 'nanominer', 2, true],
    ['wildrig', 'wildrig', 2, true],
    ['srbminer', 'srbminer', 2],
    ['kdevtmpfsi', 'kdevtmpfsi', 2, true],
    ['hash-rate', 'khash/s', 2],
    ['miner-threads', 'miner threads started', 3],
    ['kinsing', 'main.redisBrute', 2],
    ['c2-address', 'ActiveC2CUrl', 2],
  ]),
  ...signs('protocol', 'the schemes of mining pools, as miners accept them', [
    ['stratum', 'stratum+tcp://', 3],
    ['stratum-ssl', 'stratum+ssl://', 3],
    ['stratum-tls', 'stratum+tls://', 3],
    ['stratum-tcps', 'stratum+tcps://', 3],
    ['stratum-bare', 'stratum://', 3],
    ['stratum-2', 'stratum2+', 3],
    ['stratum-1', 'stratum1+', 3],
    ['daemon', 'daemon+http://', 2],
    ['daemon-tls', 'daemon+https://', 2],
    ['x-stratum', 'X-Stratum', 2],
    // base64 of "stratum+" at its three alignments
    ['stratum-base64', 'c3RyYXR1bS', 3],
    ['stratum-base64-1', 'N0cmF0dW0r', 3],
    ['stratum-base64-2', 'zdHJhdHVtK', 3],
  ]),
  ...signs('rpc', RPC_SOURCE, [
    ['subscribe', 'mining.subscribe', 3],
    ['authorize', 'mining.authorize', 3],
    ['submit', 'mining.submit', 3],
    ['notify', 'mining.notify', 2],
    ['set-difficulty', 'mining.set_difficulty', 2],
    ['extranonce', 'mining.extranonce.subscribe', 2],
    ['eth-submit-work', 'eth_submitWork', 1],
    ['eth-submit-login', 'eth_submitLogin', 2],
    ['eth-submit-hashrate', 'eth_submitHashrate', 1],
    ['getjob', '"method":"getjob"', 2],
    ['keepalived', '"method":"keepalived"', 2],
  ]),
  ...signs('algorithm', ALGORITHM_SOURCE, [
    ['cn-heavy', 'cn-heavy/xhv', 2],
    ['cn-half', 'cn/half', 2],
    ['cryptonight', 'cryptonight', 1],
    ['cryptonight-lite', 'cryptonight-lite', 2],
    ['cryptonight-v7', 'cryptonight-monerov7', 2],
    ['chukwa', 'argon2/chukwa', 2],
    ['rx-0', 'rx/0', 1, true],
    ['rx-wow', 'rx/wow', 2],
    ['rx-arq', 'rx/arq', 2],
    ['rx-graft', 'rx/graft', 2],
    ['ghostrider', 'ghostrider', 1, true],
    ['randomx', 'randomx', 1],
    ['kawpow', 'kawpow', 1],
    ['autolykos', 'autolykos', 1],
    ['etchash', 'etchash', 1],
  ]),
  ...signs('config', CONFIG_SOURCE, [
    ['donate-level', '"donate-level"', 2],
    ['donate-over-proxy', '"donate-over-proxy"', 3],
    ['rig-id', '"rig-id"', 2],
    ['nicehash', '"nicehash"', 2],
    ['max-threads-hint', 'max-threads-hint', 2],
    ['huge-pages-jit', 'huge-pages-jit', 2],
    ['pages-1gb', '1gb-pages', 1],
    ['self-select', '"self-select"', 1],
    ['pools', '"pools"', 1],
  ]),
  ...signs('command', COMMAND_SOURCE, [
    ['donate-level', '--donate-level', 3],
    ['nicehash', '--nicehash', 2],
    ['randomx', '--randomx-', 3],
    ['threads-hint', '--cpu-max-threads-hint', 3],
    ['coin', '--coin=', 1],
    ['coin-monero', '--coin monero', 3],
    ['rig-id', '--rig-id', 2],
    ['algo-rx', '-a rx/', 2],
    ['algo-cn', '-a cn/', 2],
    ['algo-cryptonight', '-a cryptonight', 3],
    ['algo-name', '--algo=', 1],
    ['miner-threads', 'number of miner threads', 2],
    ['profile', 'use profile', 1],
  ]),
  ...signs('pool', POOL_SOURCE, [
    ['minexmr', 'minexmr.com', 2, true],
    ['supportxmr', 'supportxmr.com', 2, true],
    ['moneroocean', 'moneroocean.stream', 2, true],
    ['hashvault', 'hashvault.pro', 2, true],
    ['c3pool', 'c3pool.com', 2, true],
    ['c3pool-org', 'c3pool.org', 2, true],
    ['nanopool', 'nanopool.org', 2, true],
    ['2miners', '2miners.com', 2, true],
    ['herominers', 'herominers.com', 2, true],
    ['unmineable', 'unmineable.com', 2, true],
    ['minergate', 'minergate.com', 2, true],
    ['nicehash', 'nicehash.com', 2, true],
    ['ethermine', 'ethermine.org', 2, true],
    ['f2pool', 'f2pool.com', 2, true],
    ['antpool', 'antpool.com', 2, true],
    ['slushpool', 'slushpool.com', 2, true],
    ['dwarfpool', 'dwarfpool.com', 2, true],
    ['xmrpool', 'xmrpool.eu', 2, true],
    ['crypto-pool', 'crypto-pool.fr', 2, true],
    ['monerohash', 'monerohash.com', 2, true],
    ['viabtc', 'viabtc.com', 2, true],
    ['kryptex', 'kryptex.network', 2, true],
    ['woolypooly', 'woolypooly.com', 2, true],
    ['flexpool', 'flexpool.io', 2, true],
    ['rplant', 'rplant.xyz', 2, true],
    ['k1pool', 'k1pool.com', 2, true],
    ['ezil', 'ezil.me', 2, true],
  ]),
  ...signs('persistence', 'reports on mining campaigns against containers', [
    ['preload', '/etc/ld.so.preload', 1],
    ['process-hider', 'libprocesshider', 3],
    ['kill-rivals', 'pkill -f xmrig', 2],
    ['kill-rival', 'pkill xmrig', 2],
    ['immutable', 'chattr +i', 1],
    ['huge-pages', 'vm.nr_hugepages', 1],
    ['msr-writes', '/sys/module/msr/parameters/allow_writes', 2],
    ['nmi-watchdog', 'kernel.nmi_watchdog', 1],
  ]),
  walletSign('user', '"user"'),
  walletSign('wallet', 'wallet'),
  walletSign('address', 'address'),
  walletSign('option-u', ' -u'),
  walletSign('option-user', '--user'),
  walletSign('login', 'login'),
];

/** What files of detection rules hold, which name everything above without mining: YARA, Sigma, Falco, Snort. */
export const RULE_FILE_MARKS: readonly string[] = [
  'condition:',
  'strings:',
  '- rule:',
  'detection:',
  'logsource:',
  'alert tcp ',
  'sid:',
  'malware',
  'matchers:',
];
