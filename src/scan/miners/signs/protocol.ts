import { base64Alignments } from './base64-alignments.ts';
import { acts, signs } from './row.ts';

const SCHEMES = 'the schemes of mining pools, as miners accept them';
const STRATUM = 'Stratum protocol, client methods';

/** Schemes of pools, by the name of their sign. */
const POOL_SCHEMES = [
  ['stratum', 'stratum+tcp://', 3],
  ['stratum-ssl', 'stratum+ssl://', 3],
  ['stratum-tls', 'stratum+tls://', 3],
  ['stratum-tcps', 'stratum+tcps://', 3],
  ['stratum-bare', 'stratum://', 3],
  ['stratum-2-tcp', 'stratum2+tcp://', 3],
  ['stratum-2-ssl', 'stratum2+ssl://', 3],
  ['stratum-1', 'stratum1+', 3],
  ['daemon', 'daemon+http://', 2],
  ['daemon-tls', 'daemon+https://', 2],
] as const;

/** How it speaks to a pool. With a host behind the scheme it says which. */
export const PROTOCOL_SIGNS = [
  ...signs('protocol', SCHEMES, [
    ...POOL_SCHEMES,
    ['x-stratum', 'X-Stratum', 2],
    ...base64Alignments('stratum+').map((letters, at) => [`stratum-base64-${at}`, letters, 3] as const),
  ]),
  ...acts(
    'protocol',
    SCHEMES,
    POOL_SCHEMES.map(([id, keyword]) => [`${id}.host`, keyword, 1, 'url']),
  ),
];

/**
 * What it says to a pool. Methods of Monero's kind have everyday names, and count only as JSON; `login` and `submit` are
 * so common even there that they weigh next to nothing.
 */
export const RPC_SIGNS = signs('rpc', STRATUM, [
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
  ['getjob-spaced', '"method": "getjob"', 2],
  ['keepalived', '"method":"keepalived"', 2],
  ['keepalived-spaced', '"method": "keepalived"', 2],
  ['login', '"method":"login"', 1],
  ['login-spaced', '"method": "login"', 1],
  ['submit-json', '"method":"submit"', 1],
  ['submit-json-spaced', '"method": "submit"', 1],
]);

/** What it computes. Libraries of coins and of cryptography have some of these names. */
export const ALGORITHM_SIGNS = signs('algorithm', 'XMRig documentation, algorithms', [
  ['cn-heavy', 'cn-heavy/xhv', 2],
  ['cn-heavy-tube', 'cn-heavy/tube', 2],
  ['cn-half', 'cn/half', 2],
  ['cn-pico', 'cn-pico/trtl', 2],
  ['cn-upx2', 'cn/upx2', 2],
  ['cn-ccx', 'cn/ccx', 2],
  ['cn-zls', 'cn/zls', 2],
  ['cn-double', 'cn/double', 2],
  ['cryptonight', 'cryptonight', 1],
  ['cryptonight-lite', 'cryptonight-lite', 2],
  ['cryptonight-v7', 'cryptonight-monerov7', 2],
  ['chukwa', 'argon2/chukwa', 2],
  ['ninja', 'argon2/ninja', 2],
  ['rx-0', 'rx/0', 1, 'word'],
  ['rx-wow', 'rx/wow', 2],
  ['rx-arq', 'rx/arq', 2],
  ['rx-graft', 'rx/graft', 2],
  ['rx-keva', 'rx/keva', 2],
  ['rx-sfx', 'rx/sfx', 2],
  ['rx-yada', 'rx/yada', 2],
  ['panthera', 'panthera', 1, 'word'],
  ['astrobwt', 'astrobwt', 1],
  ['ghostrider', 'ghostrider', 1, 'word'],
  ['randomx', 'randomx', 1],
  ['kawpow', 'kawpow', 1],
  ['autolykos', 'autolykos', 1],
  ['etchash', 'etchash', 1],
  ['verushash', 'verushash', 1],
]);
