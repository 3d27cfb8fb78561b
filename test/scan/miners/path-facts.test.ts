import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isPreload, type PathFacts, readPath } from '../../../src/scan/miners/path-facts.ts';

function factsOf(path: string): readonly string[] {
  return Object.entries(readPath(path))
    .filter(([, isTrue]) => isTrue)
    .map(([fact]) => fact);
}

describe('a path', () => {
  it.each<readonly [path: string, ...facts: readonly (keyof PathFacts)[]]>([
    ['usr/bin/sh'],
    ['usr/bin/['],
    ['opt/adminer/index.php'],
    ['usr/bin/xmrig', 'isMinerName'],
    ['usr/bin/XMRig-notls', 'isMinerName'],
    ['opt/[kthreadd]', 'isMinerName'],
    ['tmp/kdevtmpfsi', 'isMinerName', 'isHidden'],
    ['tmp/kdevtmpfsi!/unpacked', 'isMinerName', 'isHidden'],
    ['srv/a.tar!/etc/cron.d/x', 'isStarted'],
    ['root/.cache/x', 'isHidden'],
    ['root/.bashrc', 'isStarted'],
    ['var/lib/.../x', 'isHidden', 'isOverlooked'],
    ['dev/shm/x', 'isHidden', 'isOverlooked'],
    ['etc/crontabs/root', 'isStarted'],
    ['etc/periodic/15min/x', 'isStarted'],
    ['var/spool/cron/crontabs/root', 'isStarted'],
    ['usr/lib/systemd/system/x.service', 'isStarted'],
    ['etc/rc.local', 'isStarted'],
    ['srv/etc/cron.d/x'],
    ['srv/README', 'isDocument'],
    ['srv/readme.md', 'isDocument'],
    ['usr/share/man/man1/x.1.gz!/x.1', 'isDocument'],
  ])('says what it says: %s', (path, ...facts) => {
    expect(factsOf(path)).toEqual(facts);
  });

  it.each([
    ['etc/ld.so.preload', true],
    ['etc/ld.so.preload!/unpacked', true],
    ['srv/a.tar!/etc/ld.so.preload', false],
    ['etc/ld.so.preload.d', false],
  ])('says whether it is the list of libraries for every program: %s', (path, is) => {
    expect(isPreload(path)).toBe(is);
  });

  it('is read whatever it is, also where there is none', () => {
    expect(Object.values(readPath(undefined))).not.toContain(true);
    const part = fc.constantFrom(
      '.',
      ' ',
      '...',
      '!',
      '/',
      '!/',
      '[',
      ']',
      'tmp',
      'xmrig',
      'unpacked',
      'etc',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(part).map((parts) => parts.join('')),
        ),
        (path) => {
          for (const fact of Object.values(readPath(path))) expect(typeof fact).toBe('boolean');
        },
      ),
      { numRuns: 200 },
    );
  });

  it('costs no more than its length, however it is made', () => {
    const before = process.cpuUsage();
    for (const unit of [' ', '.', '. ', ' /', './', 'a /', '!/', '.a/'])
      readPath(unit.repeat(200_000 / unit.length));
    const { user } = process.cpuUsage(before);
    expect(user / 1e6).toBeLessThan(2);
  });
});
