import type { SecretRule } from '../rule.ts';
import { checkAwsSecret, checkBedrockKey, detailsOfAwsKeyId } from '../validators/aws.ts';
import { checkTokenBody } from '../validators/token-body.ts';
import { assigned, BASE64, token } from './pattern.ts';
import { BASE62, BASE64_LETTERS, HEX, join, sample, UPPER_BASE32 } from './sample.ts';

/** Amazon Web Services. */
export const AWS_RULES: readonly SecretRule[] = [
  {
    id: 'secrets.aws-access-key-id',
    provider: 'Amazon Web Services',
    what: 'AWS access key id',
    keywords: ['AKIA', 'ASIA', 'ABIA', 'ACCA'],
    pattern: token('(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}', '[A-Za-z0-9+/_=]'),
    severity: 'medium',
    confidence: 'high',
    minEntropy: 2.6,
    details: detailsOfAwsKeyId,
    remedy: 'Deactivate the key in IAM and let the workload assume a role',
    source: 'AWS documentation, IAM identifiers, unique identifiers',
    examples: [
      () => `AWS_ACCESS_KEY_ID=${join('AK', 'IA', sample(UPPER_BASE32, 16, 'aws id 1'))}`,
      () => `"accessKeyId" : "${join('AS', 'IA', sample(UPPER_BASE32, 16, 'aws id 2'))}"`,
    ],
    counterExamples: [
      () => join('AK', 'IA', 'IOSFODNN7EXAMPLE'),
      () => join('AK', 'IA', sample(UPPER_BASE32, 15, 'aws id 3')),
      () => join('AK', 'IA', sample(UPPER_BASE32, 24, 'aws id 4')),
      () => join('x', 'AK', 'IA', sample(UPPER_BASE32, 16, 'aws id 5')),
    ],
  },
  {
    id: 'secrets.aws-secret-access-key',
    provider: 'Amazon Web Services',
    what: 'AWS secret access key',
    keywords: [
      'secretaccesskey',
      'secret_access_key',
      'secret.access.key',
      'secret-access-key',
      'aws_secret',
      'awssecret',
      'aws.secret',
      'aws-secret',
    ],
    pattern: assigned(
      'secret_?access_?key|secret[.-]access[.-]key|aws[_.-]?secret|secret[_ ]key',
      '[A-Za-z0-9/+]{40}',
      BASE64,
    ),
    severity: 'critical',
    confidence: 'high',
    check: checkAwsSecret,
    minEntropy: 4,
    remedy: 'Deactivate the key in IAM and let the workload assume a role',
    source: 'AWS documentation, Managing access keys for IAM users',
    examples: [
      () => `aws_secret_access_key = ${sample(BASE64_LETTERS, 40, 'aws secret 1')}`,
      () => `"secretAccessKey": "${sample(BASE64_LETTERS, 40, 'aws secret 2')}"`,
      () => `ENV AWS_SECRET_ACCESS_KEY=${sample(BASE64_LETTERS, 40, 'aws secret 3')}`,
    ],
    counterExamples: [
      () => `aws_secret_access_key = ${join('wJalrXUtnFEMI', '/K7MDENG/', 'bPxRfiCYEXAMPLEKEY')}`,
      () => `aws_secret_access_key = ${sample(HEX, 40, 'aws secret hex')}`,
      () => `aws_secret_access_key = ${'a'.repeat(40)}`,
      () => `aws_secret_access_key = ${sample(BASE62, 52, 'aws secret long')}`,
    ],
  },
  {
    id: 'secrets.aws-key-pair',
    provider: 'Amazon Web Services',
    what: 'AWS secret access key beside its key id',
    keywords: ['AKIA', 'ASIA'],
    pattern:
      /(?<![A-Za-z0-9])(?:AKIA|ASIA)[A-Z2-7]{16}(?![A-Za-z0-9])[^A-Za-z0-9/+](?:(?!AKIA|ASIA)[\x09-\x7e]){0,80}?(?<![A-Za-z0-9/+=])(?<secret>[A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])/,
    breadth: 1,
    severity: 'critical',
    confidence: 'high',
    check: checkAwsSecret,
    minEntropy: 4,
    remedy: 'Deactivate the key in IAM and let the workload assume a role',
    source: 'AWS documentation, Managing access keys for IAM users',
    examples: [
      () =>
        `${join('AK', 'IA', sample(UPPER_BASE32, 16, 'aws pair'))},${sample(BASE64_LETTERS, 40, 'aws pair')}`,
    ],
    counterExamples: [
      () => `${join('AK', 'IA', 'IOSFODNN7EXAMPLE')},${sample(HEX, 40, 'aws pair')}`,
      () => `AKIA of the ${sample(BASE64_LETTERS, 40, 'aws pair')}`,
    ],
  },
  {
    id: 'secrets.aws-session-token',
    provider: 'Amazon Web Services',
    what: 'AWS session token',
    keywords: ['IQoJb3JpZ2lu', 'FwoGZXIvYXdz', 'FQoGZXIvYXdz'],
    pattern: token('(?:IQoJb3JpZ2lu|F[wQ]oGZXIvYXdz)[A-Za-z0-9+/]{180,2000}={0,2}', BASE64),
    severity: 'medium',
    confidence: 'high',
    check: checkTokenBody,
    checkDecides: true,
    remedy: 'Let the session expire and mint credentials at run time',
    source: 'AWS documentation, Temporary security credentials',
    examples: [
      () => `AWS_SESSION_TOKEN=${join('IQoJb3Jp', 'Z2lu', sample(BASE64_LETTERS, 300, 'aws session'))}`,
    ],
    counterExamples: [() => join('IQoJb3Jp', 'Z2lu', sample(BASE64_LETTERS, 30, 'aws session'))],
  },
  {
    id: 'secrets.aws-bedrock-key',
    provider: 'Amazon Web Services',
    what: 'Amazon Bedrock API key',
    keywords: ['ABSKQmVkcm9ja', 'bedrock-api-key-'],
    pattern: token(
      '(?:ABSKQmVkcm9ja[A-Za-z0-9+/]{90,260}={0,2}|bedrock-api-key-[A-Za-z0-9+/]{120,2600}={0,2})',
      BASE64,
    ),
    severity: 'critical',
    confidence: 'high',
    check: checkBedrockKey,
    remedy: 'Delete the key in IAM, under Security credentials',
    source: 'AWS documentation, Amazon Bedrock API keys',
    examples: [
      () =>
        join(
          'ABSK',
          Buffer.from(`BedrockAPIKey-x1y2-at-029608264753:${sample(BASE62, 70, 'bedrock')}`).toString(
            'base64',
          ),
        ),
    ],
    counterExamples: [() => join('ABSK', 'QmVkcm9ja', 'short')],
  },
];
