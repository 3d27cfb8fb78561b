import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatCopy, parseCopy, type RepositoryCopy, verifyCopy } from '../../../src/trust/roots/copy.ts';
import { followMirror } from '../../../src/trust/roots/follow-mirror.ts';
import { roleKey, tufRepository } from '../../support/tuf-repository.ts';

const AT = new Date('2026-11-21T12:00:00Z');

async function fetched() {
  const repository = tufRepository('first');
  repository.nextRoot(() => {
    repository.state.roles.timestamp.keys = [roleKey()];
  });
  repository.state.expires.timestamp = '2026-11-28T00:00:00Z';
  repository.advance('second');
  return { repository, copy: await followMirror(repository.describe(), undefined, repository.mirror(), AT) };
}

describe('a copy', () => {
  test('is read as it was written, and holds without a network', async () => {
    const { repository, copy } = await fetched();
    const read = parseCopy(Buffer.from(formatCopy(copy)));
    expect(verifyCopy(read, repository.describe())).toMatchObject({
      text: 'second',
      facts: { fetchedAt: AT, versions: { root: 2, timestamp: 2, snapshot: 2, targets: 2 } },
    });
  });

  test('holds also when its metadata have run out, and says when they did', async () => {
    const { repository, copy } = await fetched();
    repository.state.expires.timestamp = '2020-01-01T00:00:00Z';
    repository.publish();
    const old = { ...copy, timestamp: repository.files.get('timestamp.json') ?? Buffer.of() };
    expect(verifyCopy(old, repository.describe()).facts.expires).toEqual(new Date('2020-01-01T00:00:00Z'));
  });

  test.each<[string, (copy: RepositoryCopy) => RepositoryCopy, string]>([
    ['with another target', (copy) => ({ ...copy, target: Buffer.from('secont') }), 'its sha256 is not'],
    ['without its roots', (copy) => ({ ...copy, roots: [] }), 'timestamp was signed by 0/1 keys'],
    [
      'with the snapshot of another day',
      (copy) => ({ ...copy, snapshot: copy.targets }),
      "expected 'snapshot'",
    ],
    ['with targets that nobody signed', (copy) => ({ ...copy, targets: unsigned(copy.targets) }), '0/2 keys'],
    [
      'with a timestamp that nobody signed',
      (copy) => ({ ...copy, timestamp: unsigned(copy.timestamp) }),
      '0/1 keys',
    ],
  ])('%s does not hold', async (_what, change, why) => {
    const { repository, copy } = await fetched();
    expect(() => verifyCopy(change(copy), repository.describe())).toThrow(why);
  });

  test('of another repository does not hold', async () => {
    const { copy } = await fetched();
    expect(() => verifyCopy(copy, tufRepository('first').describe())).toThrow('was signed by 0/');
  });

  test('whose text is changed anywhere says the same, or nothing', async () => {
    const { repository, copy } = await fetched();
    const text = formatCopy(copy);
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.integer({ min: 32, max: 126 }), (at, code) => {
        const changed = text.slice(0, at) + String.fromCharCode(code) + text.slice(at + 1);
        try {
          expect(verifyCopy(parseCopy(Buffer.from(changed)), repository.describe()).text).toBe('second');
        } catch (thrown) {
          expect(thrown).toHaveProperty('code');
        }
      }),
      { numRuns: 300 },
    );
  });

  test.each([
    ['nothing', ''],
    ['a list', '[]'],
    ['another format', '{"format":2}'],
    ['no time', '{"format":1,"fetchedAt":"yesterday"}'],
    ['a day that there is not', '{"format":1,"fetchedAt":"2026-13-41T00:00:00Z"}'],
    ['no base64', '{"format":1,"fetchedAt":"2026-11-21T00:00:00Z","roots":["%"]}'],
    ['nothing more', '{"format":1,"fetchedAt":"2026-11-21T00:00:00Z","roots":[]}'],
  ])('is not read from %s', (_what, text) => {
    expect(() => parseCopy(Buffer.from(text))).toThrow(expect.objectContaining({ name: 'PratiqueError' }));
  });
});

function unsigned(document: Uint8Array): Uint8Array {
  return Buffer.from(JSON.stringify({ ...JSON.parse(String(document)), signatures: [] }));
}
