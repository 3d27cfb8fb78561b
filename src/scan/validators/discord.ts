import type { Judgement } from '../rule.ts';

/**
 * A Discord token begins with the bot's id, in base64: 17 to 20 digits. The rest goes by its shape.
 * @see Discord documentation, Reference, snowflakes
 */
export function checkDiscordToken(secret: string): Judgement {
  const [id = ''] = secret.split('.');
  return /^[0-9]{17,20}$/.test(Buffer.from(id, 'base64').toString('latin1')) ? 'plausible' : 'refuted';
}
