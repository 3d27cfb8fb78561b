// Follows the TUF repository of the public-good Sigstore instance from the root that ships, and writes the three files of
// trust-roots/ anew where they differ, with their rows in its table: node testdata/refresh-trust-root.ts
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { DEFAULT_LIMITS } from '../src/io/limits.ts';
import { requireUsableRoot } from '../src/policy/signers/trust-root-content.ts';
import { publicGood } from '../src/policy/signers/trust-root-file.ts';
import { openWebFolder } from '../src/sources/web-folder.ts';
import { verifyCopy } from '../src/trust/roots/copy.ts';
import { followMirror } from '../src/trust/roots/follow-mirror.ts';

const FOLDER = new URL('../trust-roots/', import.meta.url);
const root = publicGood();
const { repository } = root;
if (repository === undefined) throw new Error('the public instance has no repository');
const at = new Date();
const mirror = openWebFolder(process.argv[2] ?? repository.mirror, {
  env: process.env,
  limits: DEFAULT_LIMITS,
  now: Date.now,
  warn: (text) => console.warn(text),
});

try {
  const copy = await followMirror(repository, undefined, mirror, at);
  const { text, facts } = verifyCopy(copy, repository);
  if (facts.versions.targets < (repository.targetsVersion ?? 0)) throw new Error('the mirror is behind');
  requireUsableRoot(text, root);
  const newest = copy.roots.at(-1) ?? Buffer.from(repository.anchor);
  put('sigstore.json', copy.target, `target \`trusted_root.json\` of \`${repository.mirror}\``);
  put('tuf/root.json', newest, `\`${facts.versions.root}.root.json\` of \`${repository.mirror}\``);
  const { root: ofRoot, targets: ofTargets } = facts.versions;
  const versions = `{ "root": ${ofRoot}, "targets": ${ofTargets} }\n`;
  put('tuf/versions.json', Buffer.from(versions), `the metadata of \`${repository.mirror}\``);
  console.log(
    `metadata ${JSON.stringify(facts.versions)}, the first runs out ${facts.expires.toISOString()}`,
  );
} finally {
  await mirror.close();
}

/** Writes a file and its row: what it is stays for people to say, where it comes from, the day and the digest are known. */
function put(name: string, bytes: Uint8Array, origin: string): void {
  const path = new URL(name, FOLDER);
  const isSame = readFileSync(path).equals(bytes);
  console.log(`${isSame ? 'unchanged' : 'changed'}: ${name}`);
  if (isSame) return;
  writeFileSync(path, bytes);
  const digest = createHash('sha256').update(bytes).digest('hex');
  const table = new URL('README.md', FOLDER);
  const row = new RegExp(`^(\\| \`${name.replace('.', '\\.')}\` \\| [^|]* \\|).*$`, 'm');
  const day = at.toISOString().slice(0, 10);
  writeFileSync(table, readFileSync(table, 'utf8').replace(row, `$1 ${origin} | ${day} | \`${digest}\` |`));
}
