#!/usr/bin/env node
// What Docker runs for `docker pratique …`: the same door, told so by the word before the others.
process.argv.splice(2, 0, 'docker-cli-plugin');
await import('./pratique.js');
