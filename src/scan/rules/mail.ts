import type { SecretRule } from '../rule.ts';
import { checkTokenBody } from '../validators/token-body.ts';
import { ALNUM, assigned, token, URL64, withEach } from './pattern.ts';
import { BASE62, HEX, join, LOWER_ALNUM, sample, URL_SAFE } from './sample.ts';

/** Services that send mail and text messages. */
export const MAIL_RULES: readonly SecretRule[] = [
  {
    id: 'secrets.sendgrid-key',
    provider: 'SendGrid',
    what: 'SendGrid API key',
    keywords: withEach('SG.', URL_SAFE),
    pattern: token(String.raw`SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}`, URL64),
    severity: 'high',
    confidence: 'high',
    check: checkTokenBody,
    checkDecides: true,
    remedy: 'Delete the key in SendGrid, under API keys',
    source: 'SendGrid documentation, API keys',
    examples: [
      () =>
        `SENDGRID_API_KEY=${join('S', 'G.', sample(URL_SAFE, 22, 'sg 1'), '.', sample(URL_SAFE, 43, 'sg 2'))}`,
    ],
    counterExamples: [
      () => join('S', 'G.', sample(URL_SAFE, 22, 'sg 1'), '.', sample(URL_SAFE, 20, 'sg 2')),
      () => 'MSG.format.string',
    ],
  },
  {
    id: 'secrets.mailchimp-key',
    provider: 'Mailchimp',
    what: 'Mailchimp API key',
    keywords: [...'123456789'].map((digit) => `-us${digit}`),
    pattern: /(?<![A-Za-z0-9-])(?<secret>[a-f0-9]{32}-us[0-9]{1,2})(?![A-Za-z0-9-])/,
    before: 32,
    severity: 'high',
    confidence: 'high',
    check: checkTokenBody,
    checkDecides: true,
    remedy: 'Disable the key in Mailchimp, under Extras, API keys',
    source: 'Mailchimp documentation, About API keys',
    examples: [() => `MAILCHIMP_API_KEY=${join(sample(HEX, 32, 'chimp'), '-u', 's12')}`],
    counterExamples: [() => join(sample(HEX, 20, 'chimp'), '-u', 's12'), () => 'aws-us-east-1'],
  },
  {
    id: 'secrets.mailgun-key',
    provider: 'Mailgun',
    what: 'Mailgun API key',
    keywords: ['mailgun', 'key-'],
    pattern:
      /(?:mailgun(?:(?!mailgun)[^\n]){0,40}?(?<![A-Za-z0-9-])|(?<![A-Za-z0-9-]))(?<secret>key-[a-f0-9]{32}|[a-f0-9]{32}-[a-f0-9]{8}-[a-f0-9]{8})(?![A-Za-z0-9-])/i,
    severity: 'high',
    confidence: 'high',
    minEntropy: 3,
    remedy: 'Revoke the key in Mailgun, under API security',
    source: 'Mailgun documentation, Authentication',
    examples: [
      () =>
        `MAILGUN_API_KEY="${join(sample(HEX, 32, 'mailgun'), '-', sample(HEX, 8, 'm1'), '-', sample(HEX, 8, 'm2'))}"`,
      () => join('ke', 'y-', sample(HEX, 32, 'mailgun old')),
    ],
    counterExamples: [
      () => join('ke', 'y-', sample(HEX, 10, 'mailgun old')),
      () => `mailgun key-${'0'.repeat(32)}`,
    ],
  },
  {
    id: 'secrets.brevo-key',
    provider: 'Brevo',
    what: 'Brevo (Sendinblue) API key',
    keywords: ['xkeysib-', 'xsmtpsib-'],
    pattern: token('x(?:key|smtp)sib-[a-f0-9]{64}-[A-Za-z0-9]{16}'),
    severity: 'high',
    confidence: 'high',
    check: checkTokenBody,
    checkDecides: true,
    remedy: 'Delete the key in Brevo, under SMTP & API',
    source: 'Brevo documentation, API keys',
    examples: [() => join('xkey', 'sib-', sample(HEX, 64, 'brevo'), '-', sample(BASE62, 16, 'brevo'))],
    counterExamples: [() => join('xkey', 'sib-', sample(HEX, 20, 'brevo'))],
  },
  {
    id: 'secrets.twilio-key',
    provider: 'Twilio',
    what: 'Twilio API key or auth token',
    keywords: ['twilio'],
    pattern:
      /twilio(?:(?!twilio)[^\n]){0,40}?(?<![A-Za-z0-9])(?<secret>SK[a-f0-9]{32}|(?<=(?:auth|token|secret)[^\n]{0,12})[a-f0-9]{32})(?![A-Za-z0-9])/i,
    severity: 'high',
    confidence: 'high',
    minEntropy: 3,
    remedy: 'Revoke the key in the Twilio console, under API keys & tokens',
    source: 'Twilio documentation, API keys',
    examples: [
      () => `TWILIO_API_KEY=${join('S', 'K', sample(HEX, 32, 'twilio'))}`,
      () => `twilio_auth_token: "${sample(HEX, 32, 'twilio auth')}"`,
    ],
    counterExamples: [
      () => `TWILIO_AUTH_TOKEN=${'0'.repeat(32)}`,
      () => `TWILIO_ACCOUNT=${join('A', 'C', sample(HEX, 32, 'twilio'))}`,
    ],
  },
  {
    id: 'secrets.postmark-token',
    provider: 'Postmark',
    what: 'Postmark server token',
    keywords: ['postmark'],
    pattern: assigned('postmark', '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}', ALNUM),
    severity: 'high',
    confidence: 'medium',
    minEntropy: 3,
    remedy: 'Roll the token in Postmark, under Servers, API tokens',
    source: 'Postmark documentation, Authentication',
    examples: [
      () =>
        `POSTMARK_SERVER_TOKEN=${[8, 4, 4, 4, 12].map((size) => sample(HEX, size, `pm ${size}`)).join('-')}`,
    ],
    counterExamples: [() => 'POSTMARK_SERVER_TOKEN=00000000-0000-0000-0000-000000000000'],
  },
  {
    id: 'secrets.resend-key',
    provider: 'Resend',
    what: 'Resend API key',
    keywords: [' re_', '"re_', "'re_", '=re_', ':re_'],
    pattern: /[ "'=:](?<secret>re_[A-Za-z0-9]{8}_[A-Za-z0-9]{24})(?![A-Za-z0-9_-])/,
    severity: 'high',
    confidence: 'high',
    check: checkTokenBody,
    checkDecides: true,
    remedy: 'Delete the key in Resend, under API keys',
    source: 'Resend documentation, API keys',
    examples: [
      () =>
        `RESEND_API_KEY=${join('r', 'e_', sample(BASE62, 8, 'resend'), '_', sample(BASE62, 24, 'resend'))}`,
    ],
    counterExamples: [
      () => ' re_compile_this_expression_only_once_please',
      () => join('=r', 'e_', 'x'.repeat(8), '_', 'x'.repeat(24)),
    ],
  },
  {
    id: 'secrets.telnyx-key',
    provider: 'Telnyx',
    what: 'Telnyx API key',
    keywords: ['telnyx'],
    pattern: assigned('telnyx', 'KEY0[A-F0-9]{20,40}_[A-Za-z0-9]{20,24}', ALNUM),
    severity: 'high',
    confidence: 'high',
    remedy: 'Delete the key in the Telnyx portal, under API keys',
    source: 'Telnyx documentation, Authentication',
    examples: [
      () =>
        `TELNYX_API_KEY=${join('KE', 'Y0', sample('0123456789ABCDEF', 31, 'telnyx'), '_', sample(BASE62, 22, 'telnyx'))}`,
    ],
    counterExamples: [
      () => `TELNYX_API_KEY=${sample(LOWER_ALNUM, 20, 'telnyx')}`,
      () => `TELNYX=${sample(URL_SAFE, 9, 't')}`,
    ],
  },
];
