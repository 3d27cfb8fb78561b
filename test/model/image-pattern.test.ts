import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  formatImagePattern,
  matchesEverything,
  matchesImage,
  matchesSurely,
  parseImagePattern,
} from '../../src/model/image-pattern.ts';
import { formatReference, parseReference } from '../../src/model/reference.ts';

const HEX = 'a'.repeat(64);
const OTHER = 'b'.repeat(64);

describe('parseImagePattern', () => {
  test.each([
    ['nginx', 'docker.io/library/nginx'],
    ['acme/*', 'docker.io/acme/*'],
    ['docker.io/nginx', 'docker.io/library/nginx'],
    ['docker.io/*', 'docker.io/library/*'],
    ['docker.io/**', 'docker.io/**'],
    ['index.docker.io/library/x', 'docker.io/library/x'],
    ['GHCR.IO/acme/**', 'ghcr.io/acme/**'],
    ['**', '**'],
    ['**:latest', '**:latest'],
    ['**/nginx', '**/nginx'],
    ['localhost:*/x', 'localhost:*/x'],
    ['[::1]:5000/x', '[::1]:5000/x'],
    [`ghcr.io/acme/x:1-*@sha256:${HEX}`, `ghcr.io/acme/x:1-*@sha256:${HEX}`],
    ['*.dkr.ecr.eu-west-1.amazonaws.com/acme/*', '*.dkr.ecr.eu-west-1.amazonaws.com/acme/*'],
  ])('reads %s as %s', (text, full) => {
    expect(formatImagePattern(parseImagePattern(text))).toBe(full);
  });

  test.each([
    ['*', 'write ** for every image'],
    ['*/nginx', 'could be a host or a name on Docker Hub'],
    ['acme*/x', 'could be a host or a name on Docker Hub'],
    ['ghcr.io/ac**me/x', '** stands alone'],
    ['**.io/x', 'not a host name'],
    ['ghcr.io/Acme/x', 'all lower case'],
    ['ghcr.io/acme//x', 'can be no part'],
    ['ghcr.io/../x', 'can be no part'],
    ['ghcr.io/acme/x:', 'can be no tag'],
    ['ghcr.io/acme/x@sha256:*', 'a whole digest'],
    ['', 'can be no part'],
    ['ghcr.io/a|b/x', 'can be no part'],
    ['ghcr.io/+(a|c)/x', 'can be no part'],
    ['!ghcr.io/x/y', 'not a host name'],
    [`ghcr.io/${'a/'.repeat(300)}`, 'longer than 512'],
  ])('refuses %j', (text, why) => {
    expect(() => parseImagePattern(text)).toThrow(why);
  });
});

describe('matchesImage', () => {
  test.each([
    ['ghcr.io/acme/**', 'ghcr.io/acme/x'],
    ['ghcr.io/acme/**', 'ghcr.io/acme/x/y/z:1'],
    ['ghcr.io/acme/*', 'ghcr.io/acme/x'],
    ['ghcr.io/**/base', 'ghcr.io/base'],
    ['ghcr.io/**/base', 'ghcr.io/a/b/base'],
    ['docker.io/library/node:22-*', 'node:22-alpine'],
    ['docker.io/library/node', 'node:1'],
    ['*.dkr.ecr.eu-west-1.amazonaws.com/acme/*', '1234.dkr.ecr.eu-west-1.amazonaws.com/acme/app'],
    ['**', 'localhost:5000/x'],
    ['**:latest', 'nginx'],
    ['**:latest', 'ghcr.io/a/b:latest'],
    ['**:latest', `ghcr.io/a/b:latest@sha256:${HEX}`],
    [`ghcr.io/a/b@sha256:${HEX}`, `ghcr.io/a/b:1@sha256:${HEX}`],
    ['**/nginx', 'quay.io/a/nginx'],
    ['ghcr.io/acme/legacy-*', 'ghcr.io/acme/legacy-shop:1'],
    ['localhost:*/x', 'localhost:5000/x'],
    ['ghcr.io/acme/**', 'ghcr.io:443/acme/x'],
    ['ghcr.io:443/acme/**', 'ghcr.io/acme/x'],
    ['docker.io/evil/**', 'index.docker.io:0443/evil/x'],
    ['127.0.0.1:5000/**', '127.1:5000/x'],
  ])('%s is met by %s', (pattern, name) => {
    expect(matchesImage(parseImagePattern(pattern), parseReference(name))).toBe(true);
  });

  test.each([
    ['ghcr.io/acme/**', 'ghcr.io/acme-evil/x'],
    ['ghcr.io/acme/**', 'ghcr.io/acme'],
    ['ghcr.io/acme/**', 'ghcr.io.evil.example/acme/x'],
    ['ghcr.io/acme/**', 'ghcr.io:8443/acme/x'],
    ['ghcr.io/acme/*', 'ghcr.io/acme/x/y'],
    ['ghcr.io/acme/app', 'ghcr.io/acme/app2'],
    ['acme/**', 'ghcr.io/acme/x'],
    ['*.example.com/x/y', 'a.b.example.com/x/y'],
    ['*.example.com/x/y', 'example.com/x/y'],
    ['docker.io/library/node:22-*', 'node:21-alpine'],
    ['docker.io/library/node:22-*', `node@sha256:${HEX}`],
    ['docker.io/library/node:22-*', 'node'],
    ['**:latest', 'nginx:1'],
    ['**:latest', `nginx@sha256:${HEX}`],
    [`ghcr.io/a/b@sha256:${HEX}`, `ghcr.io/a/b@sha256:${OTHER}`],
    [`ghcr.io/a/b@sha256:${HEX}`, 'ghcr.io/a/b'],
    ['**/nginx', 'quay.io/a/xnginx'],
  ])('%s is not met by %s', (pattern, name) => {
    expect(matchesImage(parseImagePattern(pattern), parseReference(name))).toBe(false);
  });

  const part = fc.stringMatching(/^[a-z0-9]{1,8}$/);
  const name = fc
    .tuple(
      fc.constantFrom('ghcr.io', 'docker.io', 'r.example.com:5000'),
      fc.array(part, { minLength: 2, maxLength: 5 }),
    )
    .map(([host, parts]) => `${host}/${parts.join('/')}`);

  test('a name without stars is met by itself and by no name with one character more', () => {
    fc.assert(
      fc.property(name, part, (text, more) => {
        const pattern = parseImagePattern(text);
        expect(matchesImage(pattern, parseReference(text))).toBe(true);
        expect(matchesImage(pattern, parseReference(`${text}${more}`))).toBe(false);
        expect(matchesImage(pattern, parseReference(`${text}/${more}`))).toBe(false);
      }),
    );
  });

  test('what a pattern is printed as is read as the same pattern', () => {
    fc.assert(
      fc.property(name, fc.constantFrom('', '/**', '/*', ':1.*', '/*-slim'), (text, end) => {
        const pattern = parseImagePattern(text + end);
        expect(parseImagePattern(formatImagePattern(pattern))).toEqual(pattern);
      }),
    );
  });

  test('a star is met by every run of characters that is no slash', () => {
    fc.assert(
      fc.property(name, part, (text, end) => {
        const reference = parseReference(`${text}/${end}`);
        expect(matchesImage(parseImagePattern(`${text}/*`), reference)).toBe(true);
        expect(matchesImage(parseImagePattern(`${text}/**`), reference)).toBe(true);
        expect(matchesImage(parseImagePattern(`${text}/${end.slice(0, 1)}*`), reference)).toBe(true);
        expect(formatReference(reference)).toContain(end);
      }),
    );
  });

  test('no text throws anything but POLICY_INVALID', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[a-z*./:@-]{0,40}$/)), (text) => {
        try {
          parseImagePattern(text);
        } catch (error) {
          expect(error).toMatchObject({ code: 'POLICY_INVALID' });
        }
      }),
      { numRuns: 500 },
    );
  });
});

test('only ** without tag and digest matches everything', () => {
  const all = (text: string) => matchesEverything(parseImagePattern(text));
  expect([all('**'), all('**/**'), all('**:1'), all('**/x'), all('ghcr.io/**')]).toEqual([
    true,
    true,
    false,
    false,
    false,
  ]);
});

describe('a pattern that opens a door', () => {
  const HEX = 'a'.repeat(64);
  const fits = (pattern: string, name: string) =>
    matchesSurely(parseImagePattern(pattern), parseReference(name));

  test('is not met by a tag that only stands beside a digest', () => {
    expect(fits('ghcr.io/acme/app:1.*', 'ghcr.io/acme/app:1.0')).toBe(true);
    expect(fits('ghcr.io/acme/app:1.*', `ghcr.io/acme/app:1.0@sha256:${HEX}`)).toBe(false);
    expect(fits('ghcr.io/acme/app', `ghcr.io/acme/app:1.0@sha256:${HEX}`)).toBe(true);
  });

  test('is met by its digest, whatever tag stands beside it', () => {
    expect(fits(`ghcr.io/acme/app:1.0@sha256:${HEX}`, `ghcr.io/acme/app:2@sha256:${HEX}`)).toBe(true);
    expect(fits(`ghcr.io/acme/app:1.0@sha256:${HEX}`, `ghcr.io/acme/app@sha256:${HEX}`)).toBe(true);
    expect(fits(`ghcr.io/acme/app:1.0@sha256:${HEX}`, 'ghcr.io/acme/app:1.0')).toBe(false);
  });
});
