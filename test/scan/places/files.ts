import { gzipSync } from 'node:zlib';
import {
  base64,
  inArchive,
  inFile,
  NOISE,
  type Place,
  programWith,
  secretYaml,
  TEXT,
  TOKEN,
  tarOf,
  utf16,
  wrapped,
} from './place.ts';

/** Places in plain files, and in base64 in them. */
export const FILES: readonly Place[] = [
  inFile('app/.env', `API=${TOKEN}`),
  inFile('usr/src/app/config/test.env', TEXT),
  inFile('usr/share/nginx/html/config.js', `const t="${TOKEN}";`),
  inFile('srv/example-service/.env', TEXT),
  inFile('usr/lib/python3/site-packages/x/settings.py', TEXT),
  inFile('app/node_modules/x/index.js', TEXT),
  inFile('app/vendor/x/conf.go', TEXT),
  inFile('usr/share/doc/x/README.md', TEXT),
  inFile('app/.git/config', `url = https://${TOKEN}@github.com/x/y`),
  inFile('app/package-lock.json', `{"resolved":"https://x:${TOKEN}@npm.example/x"}`),
  inFile('root/.bash_history', `export T=${TOKEN}\n`),
  inFile('usr/bin/tool', programWith(TOKEN)),
  inFile(
    'app/m.cpython-311.pyc',
    Buffer.concat([Buffer.from('a70d0d0a00000000', 'hex'), programWith(`\xda\x28${TOKEN}`)]),
  ),
  inFile(
    'app/Main.class',
    Buffer.concat([Buffer.from('cafebabe00000034', 'hex'), Buffer.from([1, 0, 40]), Buffer.from(TOKEN)]),
  ),
  inFile('data/text-with-nuls', Buffer.concat([Buffer.from(TEXT), Buffer.alloc(300)])),
  inFile('win/le.txt', utf16(`\ufeff${TEXT}`, 'LE')),
  inFile('win/be.txt', utf16(`\ufeff${TEXT}`, 'BE')),
  inFile('win/le-odd.bin', Buffer.concat([Buffer.from('x'), utf16(TEXT, 'LE')])),
  inFile('win/be-odd.bin', Buffer.concat([Buffer.from('\x01'), utf16(TEXT, 'BE')])),
  inFile(
    'data/one-long-line',
    Buffer.concat([Buffer.alloc(700_000, 'a '), Buffer.from(TOKEN), Buffer.alloc(700_000, ' b')]),
  ),
  inFile('data/last-bytes', Buffer.concat([NOISE, Buffer.from(TOKEN)])),
];

/** In base64. */
export const ENCODED: readonly Place[] = [
  inFile('k8s/secret.yaml', secretYaml(base64(TOKEN))),
  inFile('k8s/secret-of-text.yaml', secretYaml(base64(`user: x\npassword: ${TOKEN}\n`))),
  inFile(
    'k8s/secret-in-lines.yaml',
    secretYaml(`|\n    ${wrapped(base64(NOISE.toString() + TEXT), 64, '\n    ')}`),
  ),
  inFile('mime/76-columns.txt', wrapped(base64(`${NOISE}${TEXT}`), 76, '\r\n')),
  inFile('json/value.json', JSON.stringify({ data: base64(TEXT) })),
  inFile('json/value-in-lines.json', JSON.stringify({ data: wrapped(base64(`${NOISE}${TEXT}`), 60, '\n') })),
  inFile('url/safe.txt', `state=${Buffer.from(`\xfb\xff\xfe${TEXT}`, 'latin1').toString('base64url')}&x=1`),
  inFile('cloud/user-data', `#cloud-config\nwrite_files:\n- encoding: b64\n  content: ${base64(TEXT)}\n`),
  inFile('sh/run.sh', `#!/bin/sh\necho ${base64(TEXT)} | base64 -d > /x\n`),
  inFile('ps/run.ps1', `powershell -EncodedCommand ${base64(utf16(TEXT, 'LE'))}`),
  inFile('ps/wide.ps1', utf16(`\ufeffpowershell -enc ${base64(utf16(TEXT, 'LE'))}\r\n`, 'LE')),
  inFile('win/base64-le.txt', utf16(`\ufeffkey: ${base64(TEXT)}\r\n`, 'LE')),
  inFile(
    'win/base64-be.txt',
    utf16(`\ufeffkey: ${wrapped(base64(`${NOISE}${TEXT}`), 64, '\r\n')}\r\n`, 'BE'),
  ),
  inFile('xml/basic.xml', `<a>Basic ${base64(`me:${TOKEN}`)}</a>`),
  inFile('url/data.html', `<a href="data:text/plain;base64,${base64(TEXT)}">`),
  inFile('url/path.txt', `GET /hooks/${base64(TEXT)}`),
  inFile('bin/base64-in-a-program', programWith(base64(TEXT))),
  inFile('helm/release.yaml', `release: ${base64(gzipSync(TEXT))}`),
  inFile('helm/release-twice.yaml', `release: ${base64(base64(gzipSync(TEXT)))}`),
  inArchive('k8s/all.tar.gz!/secret.yaml', async () =>
    gzipSync(await tarOf({ name: 'secret.yaml', content: secretYaml(base64(TOKEN)) })),
  ),
];
