import type { MinerSign } from '../../rule.ts';
import { checkPlainAccount, checkWallet } from '../wallets.ts';
import { signs } from './row.ts';

const SOURCE = 'Monero, Bitcoin and Ethereum address formats; nothing counts without its checksum';

/** What comes between a name for a wallet and the wallet. */
const WALLET =
  /[\t-~]{1,40}?(?<secret>(?<![A-Za-z0-9])(?:[48][0-9AB][1-9A-HJ-NP-Za-km-z]{104}|[48][0-9AB][1-9A-HJ-NP-Za-km-z]{93}|bc1[02-9ac-hj-np-z]{25,87}|[13][1-9A-HJ-NP-Za-km-z]{25,33}|0x[0-9a-fA-F]{40}))(?![A-Za-z0-9])/;
/** Words that stand for a wallet until somebody puts in one. */
const PLACEHOLDER = /"user"\s{0,4}:\s{0,4}(?<secret>"(?:YOUR|MY|ENTER|<|\[|\{\{|WALLET)[^"\n]{0,120}")/i;
const NO_PLACEHOLDER = /"user"\s{0,4}:\s{0,4}(?<secret>"(?!YOUR|MY|ENTER|<|\[|\{\{|WALLET)[^"\n]{4,128}")/i;

function walletSign(id: string, keyword: string): MinerSign {
  const row = { family: 'wallet', keyword, source: SOURCE, pattern: WALLET } as const;
  return { ...row, id: `wallet.${id}`, weight: 2, check: checkWallet };
}

/** Who is paid. An option or a key with a wallet pays it; a mere address may stand in a note. */
export const WALLET_SIGNS: readonly MinerSign[] = [
  ...[
    walletSign('user', '"user"'),
    walletSign('option-u', ' -u'),
    walletSign('option-u-listed', '"-u"'),
    walletSign('option-user', '--user'),
    walletSign('option-wallet', '--wallet'),
    walletSign('login', 'login'),
    walletSign('variable', 'WALLET='),
    walletSign('field', '_wallet'),
    walletSign('pool-field', '"wallet_address"'),
  ].map((sign) => ({ ...sign, acts: true as const })),
  walletSign('wallet', 'wallet'),
  walletSign('address', 'address'),
  {
    id: 'wallet.plain-account',
    family: 'wallet',
    keyword: ' -u ',
    weight: 1,
    source: 'Ethereum address without the checksum of EIP-55; never alone',
    pattern: WALLET,
    check: checkPlainAccount,
  },
  {
    id: 'wallet.plain-user',
    family: 'wallet',
    keyword: '"user"',
    weight: 1,
    source: 'Ethereum address without the checksum of EIP-55; never alone',
    pattern: WALLET,
    check: checkPlainAccount,
  },
];

/** What speaks for sample settings that nobody has filled in, and what speaks against it. */
export const SAMPLE_SIGNS: readonly MinerSign[] = [
  ...signs('sample', 'XMRig, sample configuration', [
    ['wallet', 'YOUR_WALLET_ADDRESS', 1, 'word'],
    ['wallet-short', 'YOUR_WALLET', 1, 'word'],
  ]),
  { id: 'sample.user', family: 'sample', keyword: '"user"', weight: 1, source: SOURCE, pattern: PLACEHOLDER },
  {
    id: 'sample.other-user',
    family: 'sample',
    keyword: '"user"',
    weight: 1,
    source: SOURCE,
    pattern: NO_PLACEHOLDER,
  },
];
