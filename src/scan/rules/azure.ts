import type { SecretRule } from '../rule.ts';
import { checkAnnotatedKey, checkAzureKey } from '../validators/azure-key.ts';
import { checkAzureConnectionKey } from '../validators/azure-known.ts';
import { checkMixedBody } from '../validators/token-body.ts';
import { ALNUM, BASE64, withEach } from './pattern.ts';
import { BASE62, BASE64_LETTERS, join, sample, URL_SAFE } from './sample.ts';

const WORD_START = '(?<![A-Za-z0-9+/])';
const ROTATE = 'Regenerate the key in the Azure portal and use a managed identity';

function key(before: number, mark: string, after: number, seed: string): string {
  return join(sample(BASE64_LETTERS, before, seed), mark, sample(BASE64_LETTERS, after, `${seed} tail`));
}

/** Microsoft Azure. */
export const AZURE_RULES: readonly SecretRule[] = [
  {
    id: 'secrets.azure-account-key',
    provider: 'Microsoft Azure',
    what: 'Azure account key (Storage, Cosmos DB, Batch, API Management, Machine Learning)',
    keywords: ['+ASt', 'ACDb', '+ABa', '+AMC', 'APIM'],
    pattern: new RegExp(
      `${WORD_START}(?<secret>[A-Za-z0-9+/]{76}(?:\\+ASt|ACDb|\\+ABa|\\+AMC|APIM)[A-Za-z0-9+/]{5}[AQgw]==)(?!${BASE64})`,
    ),
    before: 76,
    severity: 'critical',
    confidence: 'high',
    check: checkAzureKey,
    remedy: ROTATE,
    source: 'Microsoft, Identifiable secrets, HIS v1',
    examples: [
      () =>
        `AccountName=harbour;AccountKey=${key(76, '+ASt', 5, 'storage')}A==;EndpointSuffix=core.windows.net`,
      () => `"primaryMasterKey": "${key(76, 'ACDb', 5, 'cosmos')}g=="`,
    ],
    counterExamples: [
      () => `${key(70, '+ASt', 5, 'storage short')}A==`,
      () => `${'A`.repeat(76)}+ASt${`A'.repeat(6)}==`,
    ],
  },
  {
    id: 'secrets.azure-messaging-key',
    provider: 'Microsoft Azure',
    what: 'Azure key (Service Bus, Event Hubs, Relay, IoT Hub, Cache for Redis, Event Grid)',
    keywords: ['+ASb', '+AEh', '+ARm', 'AIoT', 'AzCa', 'AZEG'],
    pattern: new RegExp(
      `${WORD_START}(?<secret>[A-Za-z0-9+/]{33}(?:\\+ASb|\\+AEh|\\+ARm|AIoT|AzCa|AZEG)[A-Za-z0-9+/]{5}[A-Za-z0-9+/]=)(?!${BASE64})`,
    ),
    before: 33,
    severity: 'critical',
    confidence: 'high',
    check: checkAzureKey,
    remedy: ROTATE,
    source: 'Microsoft, Identifiable secrets, HIS v1',
    examples: [() => `SharedAccessKeyName=root;SharedAccessKey=${key(33, '+ASb', 6, 'bus')}=`],
    counterExamples: [() => `${key(20, '+ASb', 6, 'bus')}=`],
  },
  {
    id: 'secrets.azure-service-key',
    provider: 'Microsoft Azure',
    what: 'Azure key (Functions, AI Search, Container Registry)',
    keywords: ['AzFu', 'AzSe', '+ACR'],
    pattern: new RegExp(
      `(?<![A-Za-z0-9+/_-])(?<secret>[A-Za-z0-9_-]{44}AzFu[A-Za-z0-9_-]{5}[AQgw](?:==)?|[A-Za-z0-9+/]{42}(?:AzSe|\\+ACR)[A-Za-z0-9+/]{6})(?!${BASE64})`,
    ),
    before: 44,
    severity: 'critical',
    confidence: 'high',
    check: checkAzureKey,
    remedy: ROTATE,
    source: 'Microsoft, Identifiable secrets, HIS v1',
    examples: [
      () =>
        `x-functions-key: ${join(sample(URL_SAFE, 44, 'func'), 'AzFu', sample(URL_SAFE, 5, 'func t'))}A==`,
      () => `password: ${key(42, '+ACR', 0, 'acr')}${join('A', sample(BASE62, 5, 'acr'))}`,
    ],
    counterExamples: [() => `${sample(BASE62, 30, 'func')}AzFu${sample(BASE62, 5, 'func t')}`],
  },
  {
    id: 'secrets.azure-annotated-key',
    provider: 'Microsoft Azure',
    what: 'Azure common annotated key (AI services, DevOps, App Configuration, Maps and others)',
    keywords: ['JQQJ'],
    pattern: new RegExp(
      `(?<![A-Za-z0-9])(?<secret>[A-Za-z0-9]{52,53}JQQJ[0-9][0-9A-Z][A-Za-z0-9]{18,19}[A-Za-z][A-Za-z0-9]{7}(?:[A-Za-z0-9]{2}==)?)(?!${BASE64})`,
    ),
    before: 53,
    severity: 'critical',
    confidence: 'high',
    check: checkAnnotatedKey,
    remedy: ROTATE,
    source: 'Microsoft, Common annotated security keys, HIS v2',
    examples: [
      () =>
        join(
          sample(BASE62, 52, 'cask'),
          'JQQ',
          'J99',
          'BFACAAAAALGcqjAAASAZDO',
          sample(BASE62, 4, 'cask sum'),
        ),
    ],
    counterExamples: [() => join(sample(BASE62, 40, 'cask'), 'JQQ', 'J99', 'BFACAAAAALGcqjAAASAZDO', 'abcd')],
  },
  {
    id: 'secrets.azure-devops-key',
    provider: 'Microsoft Azure DevOps',
    what: 'Azure DevOps personal access token',
    keywords: ['AZDO'],
    pattern:
      /(?<![A-Za-z0-9])(?![A-Za-z0-9]{52}JQQJ)(?<secret>[A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4})(?![A-Za-z0-9+/=])/,
    before: 76,
    severity: 'critical',
    confidence: 'high',
    check: checkMixedBody,
    checkDecides: true,
    remedy: 'Revoke the token in Azure DevOps, under Personal access tokens',
    source: 'Microsoft, Azure DevOps, Use personal access tokens, format',
    examples: [() => join(sample(BASE62, 76, 'azdo'), 'AZ', 'DO', sample(BASE62, 4, 'azdo sum'))],
    counterExamples: [() => join(sample(BASE62, 70, 'azdo'), 'AZ', 'DO', sample(BASE62, 4, 'azdo sum'))],
  },
  {
    id: 'secrets.azure-connection-string',
    provider: 'Microsoft Azure',
    what: 'Azure connection string with its key',
    keywords: ['AccountKey=', 'SharedAccessKey=', '.azconfig.io;Id='],
    pattern: new RegExp(
      `(?:AccountKey=|SharedAccessKey=|\\.azconfig\\.io;Id=[^;\\s]{4,80};Secret=)(?<secret>[A-Za-z0-9+/]{40,100}={0,2})(?!${BASE64})`,
      'i',
    ),
    breadth: 1,
    severity: 'critical',
    confidence: 'high',
    check: checkAzureConnectionKey,
    remedy: ROTATE,
    source: 'Microsoft, Configure Azure Storage connection strings',
    examples: [
      () =>
        `Endpoint=sb://harbour.servicebus.windows.net/;SharedAccessKeyName=gate;SharedAccessKey=${sample(BASE64_LETTERS, 43, 'sb')}=`,
      () =>
        `Endpoint=https://harbour.azconfig.io;Id=x0-l9-s0:abc;Secret=${sample(BASE64_LETTERS, 43, 'appconfig')}=`,
    ],
    counterExamples: [
      () => 'AccountName=X;AccountKey=X;',
      () => 'AccountKey={account_key};EndpointSuffix=core.windows.net',
      () =>
        `AccountKey=${join('Eby8vdM02xNO', 'cqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq', '/K1SZFPTOtr/KBHBeksoGMGw==')};`,
    ],
  },
  {
    id: 'secrets.azure-client-secret',
    provider: 'Microsoft Entra',
    what: 'Microsoft Entra client secret',
    keywords: ['7Q~', '8Q~', '4Q~', '5Q~', '6Q~'].flatMap((mark) => withEach(mark, `${URL_SAFE}.~`)),
    pattern:
      /(?<![A-Za-z0-9_.~-])(?<secret>[A-Za-z0-9_.~-]{3}[4-8]Q~[A-Za-z0-9_.~-]{31,34})(?![A-Za-z0-9_.~-])/,
    before: 3,
    severity: 'critical',
    confidence: 'high',
    check: checkMixedBody,
    checkDecides: true,
    remedy:
      'Delete the client secret in Microsoft Entra, under Certificates & secrets, and use workload identity',
    source: 'Microsoft, Sensitive information types, Entra client secret',
    examples: [
      () =>
        `AZURE_CLIENT_SECRET=${join(sample(BASE62, 3, 'entra'), '8Q', '~', sample(URL_SAFE, 34, 'entra tail'))}`,
    ],
    counterExamples: [() => join(sample(BASE62, 3, 'entra'), '8Q', '~', sample(URL_SAFE, 12, 'entra tail'))],
  },
  {
    id: 'secrets.azure-sas',
    provider: 'Microsoft Azure',
    what: 'Azure shared access signature',
    keywords: ['sig='],
    pattern: new RegExp(
      `(?<=[?&;]|&amp;|SharedAccessSignature )sig=(?<secret>[A-Za-z0-9%/+]{28,90}(?:%3D|=))(?!${ALNUM})`,
      'i',
    ),
    severity: 'high',
    confidence: 'medium',
    check: checkMixedBody,
    checkDecides: true,
    remedy: 'Rotate the key that signed it, and let the workload ask for a signature at run time',
    source: 'Microsoft, Create a service SAS',
    examples: [
      () =>
        `https://harbour.blob.core.windows.net/a?sv=2022-11-02&se=2027-01-01T00:00:00Z&sr=c&sp=rl&sig=${sample(BASE62, 43, 'sas')}%3D`,
    ],
    counterExamples: [() => 'https://harbour.blob.core.windows.net/a?sv=2022-11-02&sig=REDACTED'],
  },
];
