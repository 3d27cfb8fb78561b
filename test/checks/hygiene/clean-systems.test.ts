import { describe, expect, test } from 'vitest';
import type { FileCheck } from '../../../src/checks/check.ts';
import { CHECKS } from '../../../src/checks/list.ts';
import type { Finding } from '../../../src/model/finding.ts';
import { checkNamed } from '../../../src/policy/check-names.ts';
import { filesOf } from '../files.ts';
import { contextOf, scanWith } from '../samples.ts';
import { CLEAN_SYSTEMS, type CleanSystem } from './clean-systems.ts';

const SEVERITIES = ['info', 'low', 'medium', 'high', 'critical'];
const FILE_CHECKS = CHECKS.filter(
  (check): check is FileCheck => check.reads === 'files' && check.id.startsWith('hygiene.'),
);

/** What fails by default: of checks that fail at all, what is grave enough for them. */
function failing({ config, files }: CleanSystem): readonly string[] {
  const scan = scanWith([], { config, files: filesOf(files) });
  return FILE_CHECKS.flatMap((check) =>
    check.run(scan, contextOf()).filter((finding) => isFailing(check.id, finding)),
  ).map(({ rule, message }) => `${rule}: ${message}`);
}

function isFailing(id: string, { severity, confidence }: Finding): boolean {
  const { level, failFrom } = checkNamed(id) ?? { level: 'fail', failFrom: 'info' };
  return (
    level === 'fail' && confidence !== 'low' && SEVERITIES.indexOf(severity) >= SEVERITIES.indexOf(failFrom)
  );
}

describe.each(CLEAN_SYSTEMS)('$name', (system) => {
  test('has nothing that fails by default', () => {
    expect(failing(system)).toEqual([]);
  });

  test('has remarks about its user, open folders and the usual programs, and no others', () => {
    const scan = scanWith([], { config: system.config, files: filesOf(system.files) });
    const found = FILE_CHECKS.flatMap((check) => check.run(scan, contextOf()));
    const known = ['hygiene.root-user', 'hygiene.named-user', 'hygiene.usual-setuid'];
    const open = ['hygiene.writable-path', 'hygiene.writable-folder'];
    expect(found.map(({ rule }) => rule).filter((rule) => ![...known, ...open].includes(rule))).toEqual([]);
  });

  test('fails as soon as root needs no password, keys may log in, or a library is loaded everywhere', () => {
    const files = system.files.filter(({ path }) => path !== 'etc/passwd' && path !== 'etc/shadow');
    const bad = [
      { path: 'etc/passwd', content: 'root::0:0::/root:/bin/sh\n' },
      { path: 'root/.ssh/authorized_keys', content: 'ssh-ed25519 AAAA a\n' },
      { path: 'etc/ld.so.preload', content: '/x.so\n' },
    ];
    expect(failing({ ...system, files: [...files, ...bad] })).toHaveLength(3);
  });
});
