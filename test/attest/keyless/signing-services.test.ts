import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  PUBLIC_SERVICES,
  readSigningConfig,
  requireEnough,
} from '../../../src/attest/keyless/signing-services.ts';
import { PratiqueError } from '../../../src/errors.ts';

const NOW = new Date('2026-11-21T06:00:00Z');

const service = (url: string, version = 1, start = '2025-01-01T00:00:00Z', end?: string) => ({
  url,
  majorApiVersion: version,
  validFor: { start, ...(end && { end }) },
  operator: 'example',
});
const CONFIG = {
  mediaType: 'application/vnd.dev.sigstore.signingconfig.v0.2+json',
  caUrls: [service('https://fulcio.example.test')],
  oidcUrls: [service('https://login.example.test/auth')],
  rekorTlogUrls: [
    service('https://log.example.test'),
    service('https://log2.example.test', 2, '2026-01-01T00:00:00Z'),
    service('https://log3.example.test', 3, '2026-02-01T00:00:00Z'),
    service('https://log4.example.test', 2, '2027-01-01T00:00:00Z'),
    service('https://log5.example.test', 2, '2026-03-01T00:00:00Z', '2026-04-01T00:00:00Z'),
  ],
  tsaUrls: [service('https://tsa.example.test/api/v1/timestamp')],
  rekorTlogConfig: { selector: 'ANY' },
  tsaConfig: { selector: 'EXACT', count: 1 },
};
const read = (change: object = {}) =>
  readSigningConfig(Buffer.from(JSON.stringify({ ...CONFIG, ...change })), NOW);

describe('a signing configuration', () => {
  test('gives the newest service of each kind that is in use and known', () => {
    expect(read()).toEqual({
      authority: new URL('https://fulcio.example.test'),
      log: { url: new URL('https://log2.example.test'), version: 2 },
      timestamps: new URL('https://tsa.example.test/api/v1/timestamp'),
    });
  });

  test('without a selection wants no log and no timestamps', () => {
    expect(read({ rekorTlogConfig: {}, tsaConfig: undefined })).toEqual({
      authority: new URL('https://fulcio.example.test'),
    });
  });

  test.each([
    [
      'of an older version',
      { mediaType: 'application/vnd.dev.sigstore.signingconfig.v0.1+json' },
      'its type is',
    ],
    ['without an authority', { caUrls: [] }, 'no certificate authority that can be asked now'],
    ['without a log that is wanted', { rekorTlogUrls: [] }, 'no transparency log'],
    [
      'without timestamps that are wanted',
      { tsaUrls: [service('https://a.test', 9)] },
      'no timestamp authority',
    ],
    ['that wants all logs', { rekorTlogConfig: { selector: 'ALL' } }, 'one at a time is supported'],
    ['that wants two', { tsaConfig: { selector: 'EXACT', count: 2 } }, 'one at a time is supported'],
    [
      'over plain http',
      { caUrls: [service('http://fulcio.example.test')] },
      'is not the address of a signing service',
    ],
    ['with a login', { caUrls: [service('https://a:b@fulcio.example.test')] }, 'is not the address'],
    ['with a time that is none', { caUrls: [service('https://a.test', 1, 'soon')] }, 'is no time'],
  ])('%s cannot be used', (_what, change, why) => {
    expect(() => read(change)).toThrow(expect.objectContaining({ code: 'USAGE' }));
    expect(() => read(change)).toThrow(why);
  });

  test('that is anything else is a fault of usage, and no crash', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        try {
          readSigningConfig(Buffer.from(text), NOW);
          return false;
        } catch (thrown) {
          return thrown instanceof PratiqueError && thrown.code === 'USAGE';
        }
      }),
    );
  });
});

describe('services are enough', () => {
  const root = (needsLog: boolean) => ({ name: 'private', needsLog });
  const url = new URL('https://a.test');
  test.each([
    ['the public ones', PUBLIC_SERVICES, true, true],
    ['a first log without timestamps', { authority: url, log: { url, version: 1 } }, true, true],
    [
      'a second log with timestamps',
      { authority: url, log: { url, version: 2 }, timestamps: url },
      true,
      true,
    ],
    ['a second log without', { authority: url, log: { url, version: 2 } }, true, false],
    ['timestamps where no log is wanted', { authority: url, timestamps: url }, false, true],
    ['timestamps where one is', { authority: url, timestamps: url }, true, false],
    ['nothing at all', { authority: url }, false, false],
  ] as const)('%s', (_what, services, needsLog, enough) => {
    const judged = () => requireEnough(services, root(needsLog));
    if (enough) expect(judged).not.toThrow();
    else expect(judged).toThrow(expect.objectContaining({ code: 'USAGE' }));
  });
});
