// Compares trust-roots/sigstore.json with the newest @sigstore/tuf, which carries the root that its TUF repository
// signed, and writes it anew where it differs: node testdata/refresh-trust-root.ts
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const REPOSITORY = 'https://tuf-repo-cdn.sigstore.dev';
const COPY = new URL('../trust-roots/sigstore.json', import.meta.url);
const TABLE = new URL('../trust-roots/README.md', import.meta.url);

function npm(folder: string, ...words: readonly string[]): string {
  return execFileSync('npm', words, { cwd: folder, encoding: 'utf8' });
}

/** `trusted_root.json` of the newest release, its version and the day of it. */
function newest(folder: string): { bytes: Buffer; version: string; day: string } {
  const version = npm(folder, 'view', '@sigstore/tuf', 'version').trim();
  const times = JSON.parse(npm(folder, 'view', '@sigstore/tuf', 'time', '--json')) as Record<string, string>;
  npm(folder, 'pack', `@sigstore/tuf@${version}`);
  execFileSync('tar', ['-xzf', `sigstore-tuf-${version}.tgz`], { cwd: folder });
  const seeds = JSON.parse(readFileSync(join(folder, 'package/seeds.json'), 'utf8')) as Record<
    string,
    { targets: Record<string, string> }
  >;
  const target = seeds[REPOSITORY]?.targets['trusted_root.json'];
  if (target === undefined) throw new Error('the package carries no trusted_root.json');
  return { bytes: Buffer.from(target, 'base64'), version, day: times[version]?.slice(0, 10) ?? 'unknown' };
}

const folder = mkdtempSync(join(tmpdir(), 'pratique-root-'));
try {
  const { bytes, version, day } = newest(folder);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const same = readFileSync(COPY).equals(bytes);
  writeFileSync(COPY, bytes);
  const table = readFileSync(TABLE, 'utf8')
    .replace(/@sigstore\/tuf` [0-9.]+/, `@sigstore/tuf\` ${version}`)
    .replace(/\| [0-9-]{10} \| `[0-9a-f]{64}` \|/, `| ${day} | \`${sha256}\` |`);
  writeFileSync(TABLE, table);
  console.log(`${same ? 'unchanged' : 'changed'}: ${sha256}, @sigstore/tuf ${version} of ${day}`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
