// Fails if anything that a user installs is native code or runs a script while it is installed.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const bad = [];
let packages = 0;
for (const entry of readdirSync(process.argv[2], { recursive: true, withFileTypes: true })) {
  const path = join(entry.parentPath, entry.name);
  if (/\.(?:node|bare|so|dylib|dll)$/.test(entry.name)) bad.push(`${path} is native code`);
  if (entry.name !== 'package.json') continue;
  const { name, version, scripts = {} } = JSON.parse(readFileSync(path, 'utf8'));
  if (name === undefined || version === undefined) continue;
  packages += 1;
  for (const script of ['preinstall', 'install', 'postinstall'])
    if (scripts[script]) bad.push(`${path} has a ${script} script`);
}
process.stdout.write(`${packages} packages\n${bad.join('\n')}\n`);
process.exitCode = bad.length === 0 && packages > 0 ? 0 : 1;
