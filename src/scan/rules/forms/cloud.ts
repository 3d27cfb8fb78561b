import type { SecretRule } from '../../rule.ts';
import { checkMixedBody, checkMixedCase } from '../../validators/token-body.ts';
import { alnum, base64, hex, joined, lower, upper, uuid } from '../named/named-token.ts';
import { BASE64, URL64, withEach } from '../pattern.ts';
import { BASE62, UPPER_ALNUM } from '../sample.ts';
import { apart, either, formTokens, some, withHexDigit } from './form-token.ts';

/** A length of 128 to 4095 as protobuf writes it, behind `CAIS`: a line of random base64 begins so once in 30 of those. */
const LONG_FIELD = joined(
  some('g-z0-9+/', 'ghijklmnopqrstuvwxyz0123456789', 1),
  some('AQgw', 'AQgw', 1),
  some('E-Za-z0-9+/', BASE62.replace(/[ABCD]/g, ''), 1),
);

/** Clouds and what runs in them, A to E; more in `aws.ts`, `azure.ts` and `cloud.ts`. */
export const CLOUD_FORM_RULES: readonly SecretRule[] = formTokens([
  {
    id: 'adafruit-io-key',
    provider: 'Adafruit IO',
    keywords: ['aio_'],
    forms: [joined('aio_', alnum(28))],
    check: checkMixedBody,
    severity: 'medium',
    source: 'Adafruit IO documentation, API keys',
  },
  {
    id: 'alibaba-sts-key',
    provider: 'Alibaba Cloud',
    kind: 'temporary access key id',
    keywords: ['STS.N', 'STS.F'],
    forms: [joined('STS.', either('N', 'F'), alnum(19, 31))],
    check: checkMixedBody,
    severity: 'medium',
    source: 'Alibaba Cloud documentation, AssumeRole',
  },
  {
    id: 'alibaba-security-token',
    provider: 'Alibaba Cloud',
    kind: 'security token of a session',
    keywords: ['CAIS'],
    forms: [joined('CAIS', LONG_FIELD, base64(35, 2000, 2))],
    check: checkMixedBody,
    tail: BASE64,
    severity: 'medium',
    source: 'Alibaba Cloud documentation, AssumeRole',
  },
  {
    id: 'amazon-mws-token',
    provider: 'Amazon Marketplace Web Service',
    kind: 'authorization token',
    keywords: ['amzn.mws.'],
    forms: [joined('amzn.mws.', uuid())],
    source: 'Amazon MWS documentation, Authorizing developers',
  },
  {
    id: 'amazon-oauth-secret',
    provider: 'Amazon',
    kind: 'OAuth client secret',
    keywords: ['amzn1.oa2-cs.v1.'],
    forms: [joined('amzn1.oa2-cs.v1.', hex(64))],
    source: 'Login with Amazon documentation, Security profiles',
  },
  {
    id: 'amazon-oauth-client-id',
    provider: 'Amazon',
    kind: 'OAuth client id, half of a login',
    keywords: ['amzn1.application-oa2-client.'],
    forms: [joined('amzn1.application-oa2-client.', hex(32))],
    severity: 'info',
    source: 'Login with Amazon documentation, Security profiles',
  },
  {
    id: 'aws-appsync-key',
    provider: 'AWS AppSync',
    keywords: ['da2-'],
    forms: [joined('da2-', lower(26))],
    check: checkMixedCase,
    tail: URL64,
    source: 'AWS AppSync documentation, Authorization and authentication',
  },
  {
    id: 'aws-old-access-key-id',
    provider: 'Amazon Web Services',
    kind: 'access key id of the oldest form',
    keywords: withEach('A3T', UPPER_ALNUM),
    forms: [joined('A3T', upper(17))],
    check: checkMixedCase,
    tail: '[A-Za-z0-9+/_=]',
    severity: 'medium',
    source: 'AWS documentation, IAM identifiers, unique identifiers',
  },
  {
    id: 'akamai-token',
    provider: 'Akamai',
    kind: 'EdgeGrid client or access token',
    keywords: ['akab-'],
    forms: [
      {
        source: 'akab-[A-Za-z0-9]{16,40}(?:-[A-Za-z0-9]{5,24})?',
        make: (seed) => `akab-${lower(16).make(seed)}-${lower(16).make(`${seed} tail`)}`,
      },
    ],
    tail: String.raw`[A-Za-z0-9-]|\.luna`,
    source: 'Akamai documentation, Authenticate with EdgeGrid',
  },
  {
    id: 'akamai-host',
    provider: 'Akamai',
    kind: 'EdgeGrid host of an API client',
    keywords: ['.luna.akamaiapis.net'],
    forms: [
      {
        source: String.raw`akab-[A-Za-z0-9]{16,40}(?:-[A-Za-z0-9]{5,24})?\.luna\.akamaiapis\.net`,
        make: (seed) => `akab-${lower(16).make(seed)}-${lower(16).make(`${seed} tail`)}.luna.akamaiapis.net`,
      },
    ],
    before: 70,
    severity: 'info',
    source: 'Akamai documentation, Authenticate with EdgeGrid',
  },
  {
    id: 'authress-key',
    provider: 'Authress',
    kind: 'access key of a service client',
    keywords: ['.acc-', '.acc_'],
    forms: [
      {
        source: String.raw`(?:sc|ext|scauth|authress)_[A-Za-z0-9]{5,30}\.[A-Za-z0-9]{4,6}\.acc[_-][A-Za-z0-9-]{10,32}\.[A-Za-z0-9+/_-]{30,120}={0,2}`,
        make: (seed) =>
          `sc_${alnum(24).make(seed)}.${lower(4).make(seed)}.acc-${lower(16).make(seed)}.${alnum(60).make(seed)}`,
      },
    ],
    before: 50,
    tail: URL64,
    source: 'Authress documentation, Service clients',
  },
  {
    id: 'cloudflare-prefixed-token',
    provider: 'Cloudflare',
    kind: 'API token or global key of the newer form',
    keywords: ['cfut_', 'cfat_', 'cfk_'],
    forms: [joined('cf', either('ut', 'at', 'k'), '_', alnum(36, 64))],
    check: checkMixedBody,
    severity: 'critical',
    source: 'Cloudflare documentation, API token formats',
  },
  {
    id: 'clickhouse-key-secret',
    provider: 'ClickHouse Cloud',
    kind: 'API key secret',
    keywords: ['4b1d'],
    forms: [joined('4b1d', alnum(38))],
    check: checkMixedBody,
    severity: 'critical',
    source: 'ClickHouse documentation, Cloud API, Managing API keys',
  },
  {
    id: 'datastax-token',
    provider: 'DataStax Astra',
    kind: 'application token',
    keywords: ['AstraCS:'],
    forms: [joined(apart('+/'), 'AstraCS:', some('A-Za-z0-9+/=:_-', BASE62, 40, 140))],
    severity: 'critical',
    source: 'DataStax documentation, Astra application tokens',
  },
  {
    id: 'cfx-licence-key',
    provider: 'Cfx.re',
    kind: 'server licence key',
    keywords: ['cfxk_'],
    forms: [joined('cfxk_', alnum(20, 44), '_', alnum(5, 8))],
    severity: 'medium',
    source: 'Cfx.re documentation, sv_licenseKey',
  },
  {
    id: 'duplocloud-token',
    provider: 'DuploCloud',
    kind: 'API token, or another value under Windows data protection',
    keywords: ['AQAAANCMnd8BFdERjH'],
    forms: [joined(apart('+/'), 'AQAAANCMnd8BFdERjH', some('A-Za-z0-9+/_-', BASE62, 180, 1600))],
    tail: '[A-Za-z0-9+/_-]',
    source: 'DuploCloud documentation, API tokens; Microsoft, CryptProtectData',
  },
  {
    id: 'exoscale-key',
    provider: 'Exoscale',
    keywords: withHexDigit('EXO'),
    forms: [joined('EXO', hex(24))],
    check: checkMixedBody,
    tail: URL64,
    severity: 'medium',
    source: 'Exoscale documentation, IAM keys',
  },
]);
