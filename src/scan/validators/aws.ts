import type { Judgement } from '../rule.ts';

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const HIGHEST_ACCOUNT = 999_999_999_999n;

/**
 * The account an AWS access key id belongs to, as twelve digits: it is coded into the eight characters
 * behind the prefix. `undefined` where no account has that number.
 */
export function awsAccountOf(keyId: string): string | undefined {
  let bits = 0n;
  for (const character of keyId.slice(4, 14)) {
    const value = BASE32.indexOf(character);
    if (value < 0) return undefined;
    bits = (bits << 5n) | BigInt(value);
  }
  // 50 bits were read; the account is the 40 below the highest of the first 48.
  const account = ((bits >> 2n) & 0x7fffffffff80n) >> 7n;
  return account <= HIGHEST_ACCOUNT ? account.toString().padStart(12, '0') : undefined;
}

/** Accounts whose keys are planted to be found: whoever uses one is seen. Source: canarytokens.org, AWS keys token */
const CANARY_ACCOUNTS: ReadonlySet<string> = new Set(['595918472158', '992382622183']);

/** `{ account }` of an access key id, and whether it is one of canaries. */
export function detailsOfAwsKeyId(secret: string): Readonly<Record<string, string>> {
  const account = awsAccountOf(secret);
  if (account === undefined) return {};
  return CANARY_ACCOUNTS.has(account) ? { account, canary: 'canarytokens.org' } : { account };
}

/** A secret access key mixes cases and digits; 40 hex digits are a commit, 40 of one case are a name. */
export function checkAwsSecret(secret: string): Judgement {
  const mixed = /[a-z]/.test(secret) && /[A-Z]/.test(secret) && /[0-9+/]/.test(secret);
  return mixed && !/^[0-9a-f]{40}$/i.test(secret) && !/(?:\/[a-z]{3,20}){2}/.test(secret)
    ? 'plausible'
    : 'refuted';
}

/** An Amazon Bedrock key is base64 of a text that names itself. */
export function checkBedrockKey(secret: string): Judgement {
  const text = Buffer.from(secret.replace(/^ABSK|^bedrock-api-key-/, ''), 'base64').toString('latin1');
  return /^Bedrock(?:API)?Key-|^bedrock\.amazonaws\.com\//i.test(text) ? 'verified' : 'plausible';
}
