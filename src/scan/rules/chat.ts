import type { SecretRule } from '../rule.ts';
import { checkDiscordToken } from '../validators/discord.ts';
import { checkMixedBody, checkTokenBody } from '../validators/token-body.ts';
import { ALNUM, token, URL64, withEach } from './pattern.ts';
import { BASE62, DIGITS, HEX, join, sample, UPPER_ALNUM, URL_SAFE } from './sample.ts';

/** Chat services: bots, applications and webhooks. */
export const CHAT_RULES: readonly SecretRule[] = [
  {
    id: 'secrets.slack-token',
    provider: 'Slack',
    what: 'Slack bot, user or workspace token',
    keywords: ['xoxb-', 'xoxp-', 'xoxa-', 'xoxr-', 'xoxs-', 'xoxo-', 'xoxc-', 'xoxe.xox', 'xoxe-'],
    pattern: token(
      String.raw`(?:xox[abprso]-[0-9A-Za-z]{6,14}-[0-9A-Za-z-]{10,120}|xoxc-[0-9]{8,14}-[0-9]{8,14}-[0-9]{8,14}-[a-f0-9]{64}|xoxe(?:\.xox[bp])?-1-[A-Za-z0-9]{120,220})`,
    ),
    severity: 'critical',
    confidence: 'high',
    minEntropy: 2.8,
    remedy: 'Revoke the token in Slack, under Your apps, OAuth & permissions',
    source: 'Slack documentation, Token types',
    examples: [
      () =>
        `SLACK_BOT_TOKEN=${join('xo', 'xb-', sample(DIGITS, 12, 'slack 1'), '-', sample(DIGITS, 13, 'slack 2'), '-', sample(BASE62, 24, 'slack 3'))}`,
      () =>
        join(
          'xo',
          'xp-',
          sample(DIGITS, 11, 's1'),
          '-',
          sample(DIGITS, 11, 's2'),
          '-',
          sample(DIGITS, 12, 's3'),
          '-',
          sample(HEX, 32, 's4'),
        ),
    ],
    counterExamples: [
      () => join('xo', 'xb-', 'your-token-here'),
      () => join('xo', 'xb-', 'xxxxxxxxxxxx-xxxxxxxxxxxx-xxxxxxxxxxxx'),
    ],
  },
  {
    id: 'secrets.slack-app-token',
    provider: 'Slack',
    what: 'Slack app-level token',
    keywords: ['xapp-'],
    pattern: token('xapp-[0-9]-[A-Z0-9]{8,14}-[0-9]{8,16}-[a-f0-9]{60,70}'),
    severity: 'critical',
    confidence: 'high',
    check: checkTokenBody,
    checkDecides: true,
    remedy: 'Revoke the token in Slack, under Your apps, Basic information',
    source: 'Slack documentation, Token types',
    examples: [
      () =>
        join(
          'xa',
          'pp-1-',
          sample(UPPER_ALNUM, 11, 'xapp'),
          '-',
          sample(DIGITS, 13, 'xapp'),
          '-',
          sample(HEX, 64, 'xapp'),
        ),
    ],
    counterExamples: [() => join('xa', 'pp-1-', 'A', '-', '1', '-', 'x')],
  },
  {
    id: 'secrets.slack-webhook',
    provider: 'Slack',
    what: 'Slack incoming webhook, workflow or trigger address',
    keywords: ['hooks.slack.com/'],
    pattern: new RegExp(
      String.raw`hooks\.slack\.com/(?:services/T[A-Za-z0-9]{6,14}/B[A-Za-z0-9]{6,14}/(?=[A-Za-z0-9]{20,26}(?!${ALNUM}))|workflows/[TE][A-Za-z0-9]{6,14}/A[A-Za-z0-9]{6,14}/[0-9]{12,22}/(?=[A-Za-z0-9]{14,26}(?!${ALNUM}))|triggers/[TE][A-Za-z0-9]{6,14}/[0-9]{10,16}/(?=[a-f0-9]{32}))(?<secret>[A-Za-z0-9]{14,32})(?!${ALNUM})`,
    ),
    severity: 'medium',
    confidence: 'high',
    check: checkTokenBody,
    checkDecides: true,
    remedy: 'Remove the webhook in Slack, under Your apps, Incoming webhooks',
    source: 'Slack documentation, Sending messages using incoming webhooks',
    examples: [
      () =>
        `https://hooks.slack.com/services/${join('T', sample(UPPER_ALNUM, 9, 'hook 1'), '/B', sample(UPPER_ALNUM, 9, 'hook 2'), '/', sample(BASE62, 24, 'hook 3'))}`,
    ],
    counterExamples: [
      () =>
        `https://hooks.slack.com/services/${join('T', '0'.repeat(8), '/B', '0'.repeat(8), '/', 'X'.repeat(24))}`,
      () => 'https://hooks.slack.com/services/',
      () => `https://hooks.slack.com/triggers/T00EXAMPLE/1234567890123/${sample(HEX, 12, 'hook 4')}`,
    ],
  },
  {
    id: 'secrets.discord-bot-token',
    provider: 'Discord',
    what: 'Discord bot token',
    keywords: ['discord'],
    pattern:
      /discord(?:(?!discord)[^\n]){0,60}?(?<![A-Za-z0-9_-])(?<secret>[MNO][A-Za-z0-9_-]{23,27}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,40})(?![A-Za-z0-9_-])/i,
    severity: 'critical',
    confidence: 'high',
    check: checkDiscordToken,
    remedy: 'Reset the token in the Discord developer portal, under Bot',
    source: 'Discord documentation, Reference, authentication',
    examples: [
      () =>
        `DISCORD_TOKEN=${join(Buffer.from('1087465123998761010').toString('base64url'), '.', sample(URL_SAFE, 6, 'discord'), '.', sample(URL_SAFE, 38, 'discord tail'))}`,
    ],
    counterExamples: [
      () =>
        `discord: ${join('M', sample(URL_SAFE, 23, 'not id'), '.', sample(URL_SAFE, 6, 'd'), '.', sample(URL_SAFE, 27, 'd'))}`,
      () => 'DISCORD_TOKEN=your-bot-token',
    ],
  },
  {
    id: 'secrets.discord-webhook',
    provider: 'Discord',
    what: 'Discord webhook address',
    keywords: ['/api/webhooks/'],
    pattern: new RegExp(`/api/webhooks/(?<secret>[0-9]{17,20}/[A-Za-z0-9_-]{60,72})(?!${URL64})`),
    severity: 'medium',
    confidence: 'high',
    check: checkTokenBody,
    checkDecides: true,
    remedy: 'Delete the webhook in the Discord channel settings, under Integrations',
    source: 'Discord documentation, Webhook resource',
    examples: [
      () => `https://discord.com/api/webhooks/${sample(DIGITS, 18, 'wh')}/${sample(URL_SAFE, 68, 'wh')}`,
    ],
    counterExamples: [() => 'https://discord.com/api/webhooks/123/abc'],
  },
  {
    id: 'secrets.telegram-bot-token',
    provider: 'Telegram',
    what: 'Telegram bot token',
    keywords: withEach(':AA', URL_SAFE),
    pattern: /(?<![A-Za-z0-9_-])(?<secret>[0-9]{8,10}:AA[A-Za-z0-9_-]{32,33})(?![A-Za-z0-9_-])/,
    before: 10,
    severity: 'high',
    confidence: 'high',
    check: checkMixedBody,
    checkDecides: true,
    remedy: 'Revoke the token with BotFather',
    source: 'Telegram Bot API, Authorizing your bot',
    examples: [
      () =>
        `TELEGRAM_TOKEN=${join('70', sample(DIGITS, 8, 'telegram'), ':A', 'A', sample(URL_SAFE, 33, 'telegram'))}`,
      () =>
        `https://api.telegram.org/bot ${join('50', sample(DIGITS, 8, 'telegram 2'), ':A', 'A', sample(URL_SAFE, 33, 'telegram 2'))}`,
    ],
    counterExamples: [
      () => join('1234', ':A', 'A', sample(URL_SAFE, 33, 'telegram')),
      () => join('110201543', ':A', 'A', 'a'.repeat(33)),
    ],
  },
  {
    id: 'secrets.telegram-bot-address',
    provider: 'Telegram',
    what: 'Telegram bot token in an address',
    keywords: ['api.telegram.org/bot'],
    pattern: new RegExp(
      String.raw`api\.telegram\.org/bot(?<secret>[0-9]{8,10}:[A-Za-z0-9_-]{35})(?!${URL64})`,
    ),
    severity: 'high',
    confidence: 'high',
    check: checkMixedBody,
    checkDecides: true,
    remedy: 'Revoke the token with BotFather',
    source: 'Telegram Bot API, Making requests',
    examples: [
      () =>
        `https://api.telegram.org/bot${join('51', sample(DIGITS, 8, 'tg url'), ':A', 'A', sample(URL_SAFE, 33, 'tg url'))}/sendMessage`,
    ],
    counterExamples: [() => 'https://api.telegram.org/bot<token>/sendMessage'],
  },
  {
    id: 'secrets.teams-webhook',
    provider: 'Microsoft Teams',
    what: 'Microsoft Teams incoming webhook address',
    keywords: ['.webhook.office.com/', 'outlook.office.com/webhook'],
    pattern:
      /(?:\.webhook\.office\.com\/webhookb2|outlook\.office\.com\/webhook)\/(?<secret>[a-z0-9-]{36}@[a-z0-9-]{36}\/IncomingWebhook\/[a-z0-9]{32}\/[a-z0-9-]{36}(?:\/[A-Za-z0-9_-]{40,60})?)/i,
    severity: 'medium',
    confidence: 'high',
    check: checkTokenBody,
    checkDecides: true,
    remedy: 'Remove the connector in the Teams channel',
    source: 'Microsoft, Create incoming webhooks for Teams',
    examples: [
      () => {
        const uuid = (seed: string) =>
          [8, 4, 4, 4, 12].map((size) => sample(HEX, size, `${seed} ${size}`)).join('-');
        return `https://acme.webhook.office.com/webhookb2/${uuid('a')}@${uuid('b')}/IncomingWebhook/${sample(HEX, 32, 'teams')}/${uuid('c')}`;
      },
    ],
    counterExamples: [() => 'https://acme.webhook.office.com/webhookb2/<id>/IncomingWebhook/'],
  },
];
