import type { Judgement } from '../rule.ts';
import { decodeJsonObject } from './json-text.ts';
import { isPlaceholder } from './placeholder.ts';

/**
 * Tokens of which a part, behind a prefix such as `glc_` or `sntrys_`, is a JSON object in base64.
 * A part that is cut off or altered goes by its shape.
 */
export function decodesToJson(secret: string): Judgement {
  const start = secret.indexOf('eyJ');
  const [body = ''] = secret.slice(start).split('_', 1);
  return decodeJsonObject(start < 0 ? '' : body) === undefined ? 'plausible' : 'verified';
}

/** Grafana's older keys are nothing but the JSON: what does not read as one with a key `k` is no key. */
export function checkGrafanaLegacyKey(secret: string): Judgement {
  const json = decodeJsonObject(secret);
  if (json === undefined) return Buffer.from(secret, 'base64').includes('"n":') ? 'plausible' : 'refuted';
  const key = json.get('k');
  if (typeof key !== 'string' || !json.has('n') || isPlaceholder(key)) return 'refuted';
  return 'verified';
}
