import type { Judgement } from '../rule.ts';

/** The key of the storage emulator, the same on every machine and published in its documentation. */
const EMULATOR_KEY_START = 'Eby8vdM02xNOcqFlqUwJ';

/** The key of a connection string: 32 or 64 bytes in base64, and not the one of the emulator. */
export function checkAzureConnectionKey(secret: string): Judgement {
  const size = Buffer.from(secret, 'base64').length;
  return secret.startsWith(EMULATOR_KEY_START) || size < 30 ? 'refuted' : 'plausible';
}
