import { describe, expect, test } from 'vitest';
import { algorithmOf, hexOf, parseDigest } from '../../src/model/digest.ts';

describe('parseDigest', () => {
  test('reads sha256 and sha512', () => {
    expect(algorithmOf(parseDigest(`sha256:${'0'.repeat(64)}`))).toBe('sha256');
    expect(hexOf(parseDigest(`sha512:${'f'.repeat(128)}`))).toBe('f'.repeat(128));
  });

  test.each([
    'sha256:../../etc/passwd', // CVE-2024-3727: a digest that becomes a path
    `sha256:${'0'.repeat(63)}`,
    `sha256:${'0'.repeat(65)}`,
    `sha256:${'F'.repeat(64)}`,
    `sha256:${'0'.repeat(64)}\n`,
    `SHA256:${'0'.repeat(64)}`,
    `sha512:${'0'.repeat(64)}`,
    `md5:${'0'.repeat(32)}`,
    '',
  ])('refuses %j', (text) => {
    expect(() => parseDigest(text)).toThrow(expect.objectContaining({ code: 'DIGEST_INVALID' }));
  });
});
