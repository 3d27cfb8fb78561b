import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PratiqueError } from '../../../src/errors.ts';
import { type Answer, mediaTypeOf, requirePlain } from '../../../src/sources/registry/answer.ts';
import { endpointOf } from '../../../src/sources/registry/hosts.ts';
import { mayHaveCredentials, readRealm } from '../../../src/sources/registry/realm.ts';

const label = fc.stringMatching(/^[a-z][a-z0-9]{0,5}$/);
const host = fc.array(label, { minLength: 2, maxLength: 3 }).map((parts) => parts.join('.'));
const realm = fc.oneof(
  fc.webUrl({ withQueryParameters: true }),
  fc.string({ unit: fc.constantFrom(...'htps:/@.a[]%#?\\ \n\0é') }),
  fc
    .tuple(fc.constantFrom('http', 'https', 'ftp', 'file', 'javascript'), fc.string())
    .map((parts) => parts.join('://')),
);

describe('the realm of a challenge', () => {
  test('is an http or https URL without a user, or refused', () => {
    fc.assert(
      fc.property(realm, fc.boolean(), (text, secure) => {
        try {
          const url = readRealm(text, secure);
          expect(url.protocol).toMatch(secure ? /^https:$/ : /^https?:$/);
          expect(url.username + url.password).toBe('');
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(PratiqueError);
          expect((thrown as PratiqueError).code).toBe('REALM_REFUSED');
        }
      }),
      { numRuns: 500 },
    );
  });

  test('is given credentials only where its host is the registry itself or named, whole', () => {
    fc.assert(
      fc.property(host, host, label, (registry, other, more) => {
        fc.pre(registry !== other);
        const endpoint = endpointOf(registry);
        const may = (name: string, allowed: readonly string[] = []) =>
          mayHaveCredentials(readRealm(`https://${name}/token`, true), endpoint, allowed);
        expect(may(registry)).toBe(true);
        for (const stranger of [other, `${more}.${registry}`, `${registry}.${more}`, `${registry}:444`])
          expect(may(stranger)).toBe(false);
        expect(may(other, [other])).toBe(true);
        expect(may(`${more}.${other}`, [other])).toBe(false);
        expect(may(`${other}.${more}`, [other])).toBe(false);
      }),
    );
  });
});

describe('the headers of an answer', () => {
  const answer = (name: string, value: string): Answer => ({
    ...{ status: 200, method: 'GET', url: new URL('https://registry.example/v2/'), foreign: false },
    body: (async function* () {})(),
    header: (asked) => (asked === name ? value : undefined),
    discard() {},
  });

  test('give a media type without parameters', () => {
    const type = fc.stringMatching(/^[a-z]{1,5}\/[a-z.+]{1,9}$/);
    const parameters = fc.string({ unit: fc.constantFrom(...'a=;" \t,') }).map((text) => `;${text}`);
    fc.assert(
      fc.property(
        type,
        fc.constantFrom('', ' ', '\t '),
        fc.oneof(fc.constant(''), parameters),
        (name, blank, rest) => {
          expect(mediaTypeOf(answer('content-type', `${blank}${name}${blank}${rest}`))).toBe(name);
        },
      ),
    );
  });

  test('refuse every encoding but none', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.constantFrom('identity', 'gzip', 'identity, gzip', 'Identity')),
        (encoding) => {
          const isPlain = encoding === '' || encoding === 'identity';
          if (isPlain) requirePlain(answer('content-encoding', encoding));
          else
            expect(() => requirePlain(answer('content-encoding', encoding))).toThrow(
              expect.objectContaining({ code: 'REGISTRY_ERROR' }),
            );
        },
      ),
    );
  });
});
