import type { MinerSign } from '../../rule.ts';
import { COMMAND_SIGNS, CONFIG_SIGNS } from './config.ts';
import { IDENTITY_SIGNS } from './identity.ts';
import { PERSISTENCE_SIGNS } from './persistence.ts';
import { POOL_SIGNS, PORT_SIGNS } from './pools.ts';
import { ALGORITHM_SIGNS, PROTOCOL_SIGNS, RPC_SIGNS } from './protocol.ts';
import { RULE_FILE_SIGNS } from './rule-files.ts';
import { SAMPLE_SIGNS, WALLET_SIGNS } from './wallet.ts';

/**
 * What gives a miner away, by family. No sign convicts alone: names stand in rule files and documentation, wallets
 * in donation notes, pools in block lists.
 */
export const MINER_SIGNS: readonly MinerSign[] = [
  ...IDENTITY_SIGNS,
  ...PROTOCOL_SIGNS,
  ...RPC_SIGNS,
  ...ALGORITHM_SIGNS,
  ...CONFIG_SIGNS,
  ...COMMAND_SIGNS,
  ...PORT_SIGNS,
  ...POOL_SIGNS,
  ...PERSISTENCE_SIGNS,
  ...WALLET_SIGNS,
  ...SAMPLE_SIGNS,
  ...RULE_FILE_SIGNS,
];
