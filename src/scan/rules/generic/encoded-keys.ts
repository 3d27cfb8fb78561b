import type { SecretRule } from '../../rule.ts';
import {
  checkEncodedKey,
  checkEncodedStore,
  detailsOfEncodedKey,
  detailsOfEncodedStore,
} from '../../validators/encoded-key.ts';
import { sampleDerKey, sampleJks, samplePkcs12 } from '../../whole-file/samples.ts';

const base64 = (bytes: Buffer) => bytes.toString('base64');

/**
 * Keys that are bytes, written as base64 without a line that says what they are. What begins like one ends the one before:
 * a text full of beginnings is read once, not once for each.
 */
export const ENCODED_KEY_RULES: readonly SecretRule[] = [
  {
    id: 'secrets.encoded-private-key',
    provider: 'any',
    what: 'private key in base64 of DER',
    keywords: [
      'IBADANBgkqhkiG9w0BAQEFAASC',
      'AgEAMBMGByqGSM49AgEG',
      'AgEAMBAGByqGSM49AgEG',
      'MC4CAQAwBQYDK2VwBCIEI',
      'IBAAKCAQEA',
      'IBAAKCAgEA',
      'IBAAKBgQ',
      'MHcCAQEEI',
    ],
    pattern:
      /(?<![A-Za-z0-9+/])(?<secret>(?:MII[A-P][A-Za-z0-9+/]{2}IBA(?:DANBgkqhkiG9w0BAQEFAASC|AKCAQEA|AKCAgEA|AKBgQ)|MI[GH][A-Za-z0-9+/]AgEAMB[AM]GByqGSM49AgEG|MC4CAQAwBQYDK2VwBCIEI|MHcCAQEEI)(?:[A-LN-Za-z0-9+/\s\\]|M(?!II[A-P].{2}IBA|I[GH].AgEAM|C4CAQAwBQYDK2VwB|HcCAQEEI)){40,6000}={0,2})/,
    before: 6,
    breadth: 2,
    severity: 'critical',
    confidence: 'high',
    check: checkEncodedKey,
    checkDecides: true,
    details: detailsOfEncodedKey,
    remedy: 'Make a new key pair, and hand the private key in at run time',
    source: 'RFC 5958; RFC 8017, appendix A.1.2; RFC 5915',
    examples: [
      () => `app.private-key=${base64(sampleDerKey('pkcs8'))}`,
      () => `<key>${base64(sampleDerKey('pkcs1')).replace(/(.{64})/g, '$1\n')}</key>`,
      () => `{"key": "${base64(sampleDerKey('sec1'))}"}`,
    ],
    counterExamples: [
      () => `app.private-key=${base64(sampleDerKey('pkcs8').subarray(0, 90))}`,
      () => `app.private-key=${base64(sampleDerKey('pkcs8', 'harbour'))}`,
    ],
  },
  {
    id: 'secrets.encoded-keystore',
    provider: 'any',
    what: 'keystore with a private key, in base64',
    keywords: ['/u3+7QAAAAI', 'zs7OzgAAAAI', 'IBAzCC'],
    pattern:
      /(?<![A-Za-z0-9+/])(?<secret>(?:(?:\/u3\+7QAAAAI|zs7OzgAAAAI)AAAA|MII[A-P][A-Za-z0-9+/]{2}IBAzCC)(?:[A-LN-Za-y0-9+\s\\]|\/(?!u3\+7QAAAAI)|z(?!s7OzgAAAAI)|M(?!II[A-P].{2}IBAzCC)){200,12000}={0,2})/,
    before: 6,
    breadth: 1,
    severity: 'high',
    confidence: 'high',
    check: checkEncodedStore,
    checkDecides: true,
    details: detailsOfEncodedStore,
    remedy: 'Hand the store in at run time: its password can be tried offline, and often lies beside it',
    source: 'OpenJDK, JavaKeyStore; RFC 7292',
    examples: [
      () => `data:\n  keystore.jks: ${base64(sampleJks(['key'], 'changeit'))}\n`,
      () => `KEYSTORE=${base64(samplePkcs12(2, 'Harbour-Night-7'))}`,
    ],
    counterExamples: [
      () => `data:\n  truststore.jks: ${base64(sampleJks(['certificate'], 'changeit'))}\n`,
      () => `KEYSTORE=${base64(samplePkcs12(3, 'changeit'))}`,
    ],
  },
];
