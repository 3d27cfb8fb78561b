import { acts, signs } from './row.ts';

const XMRIG = 'XMRig documentation, configuration';
const CPUMINER = 'cpuminer documentation, configuration file';
const COMMAND_SOURCE = 'XMRig and cpuminer documentation, command line options';

/** The shape of a configuration: keys with values. Those that weigh 1 are everybody's. */
export const CONFIG_SIGNS = [
  ...acts('config', XMRIG, [
    ['donate-level', '"donate-level"', 2, 'key'],
    ['donate-over-proxy', '"donate-over-proxy"', 3, 'key'],
    ['rig-id', '"rig-id"', 2, 'key'],
    ['nicehash', '"nicehash"', 2, 'key'],
    ['max-threads-hint', '"max-threads-hint"', 2, 'key'],
    ['huge-pages-jit', '"huge-pages-jit"', 2, 'key'],
    ['pages-1gb', '"1gb-pages"', 2, 'key'],
    ['self-select', '"self-select"', 2, 'key'],
    ['randomx', '"randomx"', 2, 'key'],
    ['cuda', '"cuda"', 1, 'key'],
    ['opencl', '"opencl"', 1, 'key'],
    ['cpu', '"cpu"', 1, 'key'],
    ['autosave', '"autosave"', 1, 'key'],
    ['tls-fingerprint', '"tls-fingerprint"', 1, 'key'],
    ['coin', '"coin"', 1, 'key'],
    ['pools', '"pools"', 1, 'key'],
  ]),
  ...acts('config', 'xmr-stak, pools.txt', [
    ['pool-address', '"pool_address"', 2, 'key'],
    ['pool-password', '"pool_password"', 2, 'key'],
    ['wallet-address', '"wallet_address"', 1, 'key'],
  ]),
  ...acts('config', CPUMINER, [
    ['url', '"url"', 1, 'key'],
    ['user', '"user"', 1, 'key'],
    ['pass', '"pass"', 1, 'key'],
    ['algo', '"algo"', 1, 'key'],
    ['threads', '"threads"', 1, 'key'],
  ]),
  // As a program has them in its tables, without quotation marks.
  ...signs('config', XMRIG, [
    ['word-max-threads-hint', 'max-threads-hint', 2, 'word'],
    ['word-huge-pages-jit', 'huge-pages-jit', 2, 'word'],
    ['word-donate-over-proxy', 'donate-over-proxy', 2, 'word'],
    ['word-1gb-pages', '1gb-pages', 1, 'word'],
    ['word-rig-id', 'rig-id', 1, 'word'],
    ['word-self-select', 'self-select', 1, 'word'],
  ]),
];

/** Where the value of an option begins: behind a blank or an equals sign, also in a list of quoted words. */
const ADDRESS =
  /(?:[ =\t]{1,2}|["']?,\s{0,8})["']?(?<secret>[A-Za-z0-9.-]{3,120}\.[A-Za-z0-9-]{1,24}:\d{2,5})(?!\d)/;

function addressSign(id: string, keyword: string) {
  const pattern = new RegExp(`${keyword}${ADDRESS.source}`);
  return {
    id: `command.${id}`,
    family: 'command',
    keyword,
    weight: 2,
    source: COMMAND_SOURCE,
    acts: true,
    pattern,
  } as const;
}

/** What a miner is told on its command line; some of it is in the program that reads it. */
export const COMMAND_SIGNS = [
  ...signs('command', COMMAND_SOURCE, [
    ['donate-level', '--donate-level', 3],
    ['nicehash', '--nicehash', 2, 'word'],
    ['randomx', '--randomx-', 3],
    ['threads-hint', '--cpu-max-threads-hint', 3],
    ['rig-id', '--rig-id', 2, 'word'],
    ['algo-name', '--algo=', 1],
    ['coin', '--coin=', 1],
    ['tls-fingerprint', '--tls-fingerprint', 1, 'word'],
  ]),
  ...acts('command', COMMAND_SOURCE, [
    ['donate-level.value', '--donate-level', 1, 'value'],
    ['randomx.value', '--randomx-', 1, 'name'],
    ['threads-hint.value', '--cpu-max-threads-hint', 1, 'value'],
    ['coin-monero', '--coin monero', 3, 'word'],
    ['coin-is-monero', '--coin=monero', 3, 'word'],
    ['algo-rx', '-a rx/', 2],
    ['algo-rx-long', '--algo=rx/', 2],
    ['algo-cn', '-a cn/', 2],
    ['algo-cn-long', '--algo=cn/', 2],
    ['algo-cryptonight', '-a cryptonight', 3],
    ['algo-cryptonight-long', '--algo=cryptonight', 3],
    ['dev-fee-port', '-tls -dp ', 2],
  ]),
  addressSign('pool-option', ' -o'),
  addressSign('pool-option-listed', '"-o"'),
  addressSign('pool-option-long', '--url'),
];
