import type { SecretRule } from '../../rule.ts';
import { checkRandomValue } from '../../validators/chosen-password.ts';
import { checkExpiredJwt, checkLastingJwt, detailsOfJwt } from '../../validators/jwt.ts';
import { checkBasicHeader, checkQuotedPassword, detailsOfBasicLogin } from '../../validators/login.ts';
import { token, URL64 } from '../pattern.ts';
import { BASE62, encodeJson, join, sample, URL_SAFE } from '../sample.ts';

/** `{"alg":`, `{"typ":` and the like, in base64. */
const JWT_STARTS = [
  'eyJhbGciOi',
  'eyJ0eXAiOi',
  'eyJraWQiOi',
  'eyJ4NXQiOi',
  'eyJqa3UiOi',
  'eyJjdHkiOi',
  'ewogICJhbGciOi',
];
const JWT = token(
  String.raw`e(?:yJ|wog)[A-Za-z0-9_-]{10,1000}\.e(?:yJ|wog)[A-Za-z0-9_-]{6,4000}\.[A-Za-z0-9_-]{20,1400}`,
  URL64,
);

/** Secrets that only their surroundings give away; whatever has a form of its own comes before them. */
export const CONTEXT_RULES: readonly SecretRule[] = [
  {
    id: 'secrets.jwt',
    provider: 'any',
    what: 'signed JSON web token',
    keywords: JWT_STARTS,
    pattern: JWT,
    breadth: 1,
    severity: 'medium',
    confidence: 'medium',
    check: checkLastingJwt,
    details: detailsOfJwt,
    remedy: 'Revoke the token at its issuer, or let it expire, and mint tokens at run time',
    source: 'RFC 7519',
    examples: [
      () =>
        join(
          encodeJson({ alg: 'ES256', typ: 'JWT' }),
          '.',
          encodeJson({ sub: 'gate', exp: 1893456000 }),
          '.',
          sample(URL_SAFE, 86, 'jwt'),
        ),
    ],
    counterExamples: [
      () =>
        join(encodeJson({ alg: 'none' }), '.', encodeJson({ sub: 'gate' }), '.', sample(URL_SAFE, 43, 'jwt')),
      () =>
        join(
          'eyJhbGciOi',
          sample(URL_SAFE, 40, 'jwt'),
          '.eyJ',
          sample(URL_SAFE, 60, 'jwt'),
          '.',
          sample(URL_SAFE, 40, 'jwt'),
        ),
    ],
  },
  {
    id: 'secrets.expired-jwt',
    provider: 'any',
    what: 'signed JSON web token that has expired',
    keywords: JWT_STARTS,
    pattern: JWT,
    breadth: 1,
    severity: 'low',
    confidence: 'low',
    check: checkExpiredJwt,
    details: detailsOfJwt,
    remedy: 'Find out how the token came into the image: the next one will come the same way',
    source: 'RFC 7519, section 4.1.4',
    examples: [
      () =>
        join(
          encodeJson({ alg: 'ES256', typ: 'JWT' }),
          '.',
          encodeJson({ sub: 'gate', exp: 1577836800 }),
          '.',
          sample(URL_SAFE, 86, 'old jwt'),
        ),
    ],
    counterExamples: [
      () =>
        join(
          encodeJson({ alg: 'ES256', typ: 'JWT' }),
          '.',
          encodeJson({ sub: 'gate', exp: 1893456000 }),
          '.',
          sample(URL_SAFE, 86, 'old jwt'),
        ),
    ],
  },
  {
    id: 'secrets.basic-authorization',
    provider: 'any',
    what: 'Basic authorization header',
    keywords: ['Authorization'],
    pattern:
      /authorization\\{0,2}["']?\]?\s{0,3}[:=,]\s{0,3}\\{0,2}["']?Basic\s{1,3}(?<secret>[A-Za-z0-9+/]{8,400}={0,2})(?![A-Za-z0-9+/=])/i,
    breadth: 1,
    severity: 'high',
    confidence: 'high',
    check: checkBasicHeader,
    details: detailsOfBasicLogin,
    remedy: 'Change the password and hand it in at run time',
    source: 'RFC 7617',
    examples: [
      () =>
        `curl -H "Authorization: Basic ${Buffer.from(`gate:${sample(BASE62, 18, 'basic')}`).toString('base64')}"`,
    ],
    counterExamples: [
      () => `Authorization: Basic ${Buffer.from('user:password').toString('base64')}`,
      () => 'Authorization: Basic authentication',
    ],
  },
  {
    id: 'secrets.bearer-authorization',
    provider: 'any',
    what: 'token in an authorization header',
    keywords: ['Authorization'],
    pattern:
      /authorization\\{0,2}["']?\]?\s{0,3}[:=,]\s{0,3}\\{0,2}["'\x60]?(?:Bearer|Token|token|ApiKey|apikey)[\s="]{1,3}(?<secret>[A-Za-z0-9._~+/-]{20,600}={0,2})(?![A-Za-z0-9._~+/=-])/i,
    breadth: 2,
    severity: 'medium',
    confidence: 'medium',
    check: checkRandomValue,
    remedy: 'Revoke the token at its issuer and hand the next one in at run time',
    source: 'RFC 6750',
    examples: [() => `curl -H 'Authorization: Bearer ${sample(BASE62, 40, 'bearer')}'`],
    counterExamples: [
      () => `Authorization: Bearer \${TOKEN}`,
      () => 'Authorization: Bearer your-access-token-goes-here',
    ],
  },
  {
    id: 'secrets.bearer-token',
    provider: 'any',
    what: 'random value behind the word Bearer',
    keywords: ['Bearer '],
    pattern: /(?<![A-Za-z])Bearer (?<secret>[A-Za-z0-9._~+/-]{24,600}={0,2})(?![A-Za-z0-9._~+/=-])/,
    breadth: 3,
    severity: 'medium',
    confidence: 'low',
    check: checkRandomValue,
    remedy: 'Revoke the token at its issuer and hand the next one in at run time',
    source: 'RFC 6750',
    examples: [() => `tokens:\n  - Bearer ${sample(BASE62, 40, 'bare bearer')}\n`],
    counterExamples: [() => '- Bearer <token>', () => 'the Bearer authentication-scheme-of-this-document'],
  },
  {
    id: 'secrets.netrc',
    provider: 'any',
    what: 'login in a .netrc file',
    keywords: ['machine '],
    pattern:
      /machine[ \t]{1,8}[!-~]{1,120}\s{1,8}login\s{1,8}[!-~]{1,100}\s{1,8}password\s{1,8}(?<secret>[!#-&(-[\]-~]{3,200})/,
    breadth: 1,
    severity: 'high',
    confidence: 'high',
    check: checkQuotedPassword,
    remedy: 'Change the password and mount the file as a build secret',
    source: 'GNU inetutils manual, The .netrc file',
    examples: [() => `machine git.acme-prod.net login gate password ${sample(BASE62, 20, 'netrc')}\n`],
    counterExamples: [
      () => 'machine example.com login me password secret\n',
      () => 'machine example.com login me password $TOKEN\n',
    ],
  },
];
