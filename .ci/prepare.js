// Builds dist/ wherever npm prepares this package: in a checkout, before `npm pack`, and where it is installed from git.
// There, `npm install --global git+…` (as pre-commit does) hands its settings on to the npm that is to bring what the
// build needs: that one then installs nothing here. So what is missing is brought now, by the lock file.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const npm = process.env.npm_execpath;

function run(...argv) {
  const [program, words] = npm?.endsWith('.js') ? [process.execPath, [npm, ...argv]] : [npm ?? 'npm', argv];
  const { status } = spawnSync(program, words, { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

if (!existsSync('node_modules/typescript'))
  run('ci', '--global=false', '--include=dev', '--ignore-scripts', '--no-audit', '--no-fund');
run('run', 'build', '--global=false');
