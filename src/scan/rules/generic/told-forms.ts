/** From the end of a name to a value, and one-word spellings of a name. */
const TO_VALUE = '[^A-Za-z0-9]{1,12}';

function behind(name: string): string {
  return `(?<=${name.replaceAll(' ', '[_-]?')}${TO_VALUE})`;
}

/**
 * What cannot be right where it stands: the name tells whose secret it would be, and that service makes none of this
 * form (one letter too few, another alphabet). To be put before a value, in `(?!…)`.
 * Source: AWS, Managing access keys (40 characters); GitHub, OAuth apps (40 hexadecimal digits); Stripe, API keys;
 * Twitch, Get Stream Key
 */
export const WRONG_FORM = [
  `${behind('aws secret (?:access )?key')}(?:[\\w/+]{36,39}|[\\w/+]{41,42})(?![\\w/+])`,
  `${behind('github client secret')}(?![0-9a-f]{40}(?!\\w))[\\w-]{8,80}`,
  `${behind('stripe client secret')}(?!(?:pi|seti|cs|si)_)[\\w-]{8,80}`,
  `${behind('twitch stream key')}(?!live_)[\\w-]{8,80}`,
].join('|');
