#!/usr/bin/env node
// The door. It runs on any Node that knows ES modules, so that a too-old one gets a sentence and not a stack trace.
const [major, minor, patch] = process.versions.node.split('.').map(Number);
const supported =
  (major === 22 && (minor > 22 || (minor === 22 && patch >= 2))) ||
  (major === 24 && minor >= 15) ||
  major >= 26;

if (supported) {
  process.exitCode = 3; // failing until a verdict clears it
  let main;
  try {
    // On a machine with much memory V8 would let garbage take a hundred megabytes and more; this costs it some time.
    // It goes before all else: room that new objects once had is never given back. And only where the flags are known
    // to be: another Node would print that they are not.
    const { setFlagsFromString } = await import('node:v8');
    const thrift = ['--semi-space-growth-factor=1', '--heap-growing-percent=40', '--optimize-for-size'];
    for (const flag of major <= 24 ? thrift : []) setFlagsFromString(flag);
    ({ main } = await import('../dist/cli/main.js'));
  } catch (thrown) {
    // Node would end with 1, which says that an image was refused.
    process.stderr.write(
      `pratique is not installed whole: ${thrown.message}\nInstall it again; nothing was decided.\n`,
    );
  }
  await main?.();
} else {
  process.stderr.write(
    `pratique needs Node 22.22.2, 24.15 or 26 and later; this is Node ${process.versions.node}. ` +
      'Install a newer Node, or run: npx -p node@24 -p pratique pratique\n',
  );
  process.exitCode = 2;
}
