/** From the end of a name to a value, and one-word spellings of a name. */
const TO_VALUE = '[^A-Za-z0-9]{1,12}';

function behind(name: string): string {
  return `(?<=${name.replaceAll(' ', '[_-]?')}${TO_VALUE})`;
}

/**
 * What cannot be right where it stands: the name tells whose secret it would be, and that service makes none of this
 * form (one letter too few, another alphabet). To be put before a value, in `(?!…)`.
 * Source: AWS, Managing access keys (40 characters); GitHub, OAuth apps (40 hexadecimal digits); Stripe, API keys;
 * Twitch, Get Stream Key; New Relic, API keys; Pixie, API keys (UUIDs); Calendly, Personal access tokens (JSON web tokens)
 */
export const WRONG_FORM = [
  `${behind('aws secret (?:access )?key')}(?:[\\w/+]{36,39}|[\\w/+]{41,42})(?![\\w/+])`,
  `${behind('github client secret')}(?![0-9a-f]{40}(?!\\w))[\\w-]{8,80}`,
  `${behind('stripe client secret')}(?!(?:pi|seti|cs|si)_)[\\w-]{8,80}`,
  `${behind('twitch stream key')}(?!live_)[\\w-]{8,80}`,
  `(?=\\w{36}NRAL(?!\\w))(?!(?:[a-z]{2}[0-9]{2}xx)?[0-9a-f]{30,36}NRAL)\\w{40}`,
  `px-(?:api|dep)-(?![0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?!\\w))[\\w-]{8,80}`,
  `${behind('calendly (?:api key|token)')}(?!eyJ)[\\w-]{8,80}`,
].join('|');
