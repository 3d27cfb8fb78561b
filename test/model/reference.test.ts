import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatReference, parseReference } from '../../src/model/reference.ts';

const HEX = 'a'.repeat(64);

describe('parseReference', () => {
  test.each([
    ['nginx', 'docker.io/library/nginx'],
    ['nginx:1.27', 'docker.io/library/nginx:1.27'],
    ['acme/shop', 'docker.io/acme/shop'],
    ['docker.io/nginx', 'docker.io/library/nginx'],
    ['index.docker.io/library/nginx', 'docker.io/library/nginx'],
    ['registry-1.docker.io/library/nginx', 'docker.io/library/nginx'],
    ['registry.hub.docker.com/acme/shop', 'docker.io/acme/shop'],
    ['Registry.Hub.Docker.com:443/nginx', 'docker.io/library/nginx'],
    ['registry.hub.docker.com:5000/acme/shop', 'registry.hub.docker.com:5000/acme/shop'],
    [`ghcr.io/acme/shop:1@sha256:${HEX}`, `ghcr.io/acme/shop:1@sha256:${HEX}`],
    ['localhost/x', 'localhost/x'],
    ['localhost:5000/x:y', 'localhost:5000/x:y'],
    ['[::1]:5000/x', '[::1]:5000/x'],
    ['GHCR.IO/acme/shop', 'ghcr.io/acme/shop'],
    ['a__b/c--d/e.f_g', 'docker.io/a__b/c--d/e.f_g'],
    ['ghcr.io:443/acme/shop', 'ghcr.io/acme/shop'],
    ['ghcr.io:0443/acme/shop', 'ghcr.io/acme/shop'],
    ['index.docker.io:443/nginx', 'docker.io/library/nginx'],
    ['registry:443/x', 'registry:443/x'],
    ['registry:05000/x', 'registry:5000/x'],
    ['127.1:5000/x', '127.0.0.1:5000/x'],
    ['[0:0:0:0:0:0:0:1]:5000/x', '[::1]:5000/x'],
  ])('reads %s as %s', (text, full) => {
    expect(formatReference(parseReference(text))).toBe(full);
  });

  test.each([
    ['', 'names no repository'],
    [HEX, 'bare image id'],
    ['ghcr.io/', 'names no repository'],
    ['ghcr.io/Acme/shop', 'all lower case'],
    ['Acme/shop', 'all lower case'],
    ['ghcr.io/acme//shop', 'cannot be part'],
    ['ghcr.io/../shop', 'cannot be part'],
    ['ghcr.io/acme/shop:', 'tag'],
    ['ghcr.io/acme/shop:a b', 'tag'],
    ['ghcr.io/acme/shop@sha256:abc', 'after the @'],
    [`ghcr.io/acme/shop@sha256:${'A'.repeat(64)}`, 'after the @'],
    [`ghcr.io/acme/shop@md5:${HEX}`, 'after the @'],
    ['evil.com\u001b[2J/x', 'not a host'],
    ['ghcr.io:99999999/x', 'not a host'],
    [`ghcr.io/${'a/'.repeat(200)}b`, 'longer than 255'],
    ['user:pw@ghcr.io/x', 'after the @'],
    ['https://ghcr.io/acme/shop', 'not a host'],
    ['ｇhcr.io/acme/shop', 'not a host'],
    ['gh%63r.io/acme/shop', 'not a host'],
    ['ghcr.io./acme/shop', 'not a host'],
  ])('refuses %j and says why', (text, why) => {
    expect(() => parseReference(text)).toThrow(
      expect.objectContaining({ code: 'REFERENCE_INVALID', message: expect.stringContaining(why) }),
    );
  });

  test('what it accepts, it reads again to the same', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-zA-Z0-9.:/@_-]{1,60}$/), (text) => {
        let first: ReturnType<typeof parseReference>;
        try {
          first = parseReference(text);
        } catch {
          return;
        }
        expect(parseReference(formatReference(first))).toEqual(first);
      }),
      { numRuns: 2000 },
    );
  });
});
