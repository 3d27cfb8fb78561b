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
    ({ main } = await import('../program/cli/main.js'));
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
