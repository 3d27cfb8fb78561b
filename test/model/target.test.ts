import { describe, expect, test } from 'vitest';
import { parseTarget } from '../../src/model/target.ts';

describe('parseTarget', () => {
  test('reads a plain name as a registry image', () => {
    expect(parseTarget('ghcr.io/acme/shop:1')).toMatchObject({
      kind: 'registry',
      reference: { registry: 'ghcr.io' },
    });
    expect(parseTarget('docker://ghcr.io/acme/shop:1')).toMatchObject({
      kind: 'registry',
      reference: { tag: '1' },
    });
  });

  test.each([
    ['oci:./out:1.0', { kind: 'oci', path: './out', tag: '1.0' }],
    ['oci:/tmp/out', { kind: 'oci', path: '/tmp/out' }],
    ['oci-archive:a.tar', { kind: 'oci-archive', path: 'a.tar' }],
    ['docker-archive:a.tar:acme/shop:1', { kind: 'docker-archive', path: 'a.tar', tag: 'acme/shop:1' }],
  ])('reads %s', (text, parts) => {
    expect(parseTarget(text)).toMatchObject(parts);
  });

  test('a folder is judged by the name that --as gives it', () => {
    expect(parseTarget('oci:out', 'nginx').reference).toEqual({
      registry: 'docker.io',
      repository: 'library/nginx',
    });
  });

  test('--as does not rename an image that has a name', () => {
    expect(() => parseTarget('nginx', 'ghcr.io/acme/nginx')).toThrow(
      expect.objectContaining({ code: 'USAGE' }),
    );
  });

  test('refuses a scheme without a path', () => {
    expect(() => parseTarget('oci:')).toThrow(expect.objectContaining({ code: 'REFERENCE_INVALID' }));
    expect(() => parseTarget('oci::tag')).toThrow(expect.objectContaining({ code: 'REFERENCE_INVALID' }));
  });
});
