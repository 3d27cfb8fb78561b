import { digestOf, type HostileCase, Layout, TYPES } from './case.ts';
import { EVIL, GOOD, text } from './manifests.ts';

const DIFF_ID = digestOf(EVIL);

/** A case whose configuration is this text. @param write given the diffID of its one layer */
function made(name: string, note: string, write: (diffId: string) => string | Uint8Array): HostileCase {
  const files = () => {
    const layout = new Layout();
    const config = layout.put(write(DIFF_ID), TYPES.config);
    const layers = [layout.put(EVIL, TYPES.tar)];
    return layout.named(
      layout.put({ schemaVersion: 2, mediaType: TYPES.manifest, config, layers }, TYPES.manifest),
    );
  };
  return { group: 'config', name, note, files };
}

const HEAD = ['"architecture":"amd64"', '"os":"linux"'] as const;
const rootfs = (diffId: string) => `"rootfs":{"type":"layers","diff_ids":["${diffId}"]}`;

/** A configuration with this run-time part, written by hand. */
function run(name: string, note: string, ...fields: readonly string[]): HostileCase {
  return made(name, note, (diffId) => text(...HEAD, `"config":{${fields.join(',')}}`, rootfs(diffId)));
}

/** A configuration with these fields beside the usual ones. */
function beside(name: string, note: string, ...fields: readonly string[]): HostileCase {
  return made(name, note, (diffId) => text(...HEAD, '"config":{}', rootfs(diffId), ...fields));
}

function users(): readonly HostileCase[] {
  const values = {
    empty: '',
    root: 'root',
    zero: '0',
    zeros: '000',
    plus: '+0',
    'minus-one': '-1',
    hex: '0x0',
    '2-32': '4294967296',
    '2-64': '18446744073709551616',
    huge: '9'.repeat(40),
    'zero-group': '0:0',
    'user-root-group': '1000:0',
    space: ' 0',
    newline: '1000\n',
    colon: ':',
    colons: '1:2:3',
    unicode: 'r\u043e\u043et',
    name: 'nobody',
    nul: 'a\\u0000b',
  };
  return Object.entries(values).map(([name, value]) =>
    run(`user-${name}`, `user ${JSON.stringify(value)}`, `"User":"${value.replaceAll('\n', '\\n')}"`),
  );
}

function keys(): readonly HostileCase[] {
  return [
    run('user-lower-after', 'User, then user', '"User":"1000"', '"user":"0"'),
    run('user-lower-before', 'user, then User', '"user":"0"', '"User":"1000"'),
    run('user-lower-alone', 'user alone', '"user":"0"'),
    run('user-upper-alone', 'USER alone', '"USER":"0"'),
    run('user-long-s', 'User with a long s', '"U\u017fer":"0"'),
    run('user-twice', 'User twice', '"User":"1000"', '"User":"0"'),
    run('user-number', 'a number for a user', '"User":1000'),
    run('user-null', 'null for a user', '"User":null'),
    run('entrypoint-case', 'Entrypoint and entryPoint', '"Entrypoint":["/ok"]', '"entryPoint":["/evil"]'),
    run('env-case', 'Env and ENV', '"Env":["A=1"]', '"ENV":["A=2"]'),
    run('labels-case', 'two labels that differ by case', '"Labels":{"a":"1","A":"2"}'),
    run('labels-twice', 'a label twice', '"Labels":{"a":"1","a":"2"}'),
    run('volumes-case', 'two volumes that differ by case', '"Volumes":{"/a":{},"/A":{}}'),
    run(
      'healthcheck-case',
      'Healthcheck and healthcheck',
      '"Healthcheck":{"Test":["NONE"]}',
      '"healthcheck":{"Test":["CMD","x"]}',
    ),
    run('unknown-case-pair', 'two fields that nobody knows', '"x":1', '"X":2'),
    run('proto', 'a field named __proto__', '"__proto__":{"User":"0"}'),
    made('config-twice', 'two configurations', (id) =>
      text(...HEAD, '"config":{"User":"1000"}', '"config":{"User":"0"}', rootfs(id)),
    ),
    made('config-title', 'config and Config', (id) =>
      text(...HEAD, '"config":{"User":"1000"}', '"Config":{"User":"0"}', rootfs(id)),
    ),
    made('rootfs-case', 'rootfs and RootFS', (id) =>
      text(...HEAD, rootfs(id), `"RootFS":{"type":"layers","diff_ids":["${digestOf(GOOD)}"]}`),
    ),
    made('rootfs-case-same', 'rootfs and RootFS, alike', (id) =>
      text(...HEAD, rootfs(id), rootfs(id).replace('rootfs', 'RootFS')),
    ),
    made('diff-ids-case', 'diff_ids and DIFF_IDS', (id) =>
      text(...HEAD, `"rootfs":{"type":"layers","diff_ids":["${id}"],"DIFF_IDS":["${digestOf(GOOD)}"]}`),
    ),
    made('diff-ids-long-s', 'diff_ids with a long s', (id) =>
      text(...HEAD, `"rootfs":{"type":"layers","diff_id\u017f":["${id}"]}`),
    ),
    made('os-case', 'os and OS', (id) =>
      text('"architecture":"amd64"', '"os":"linux"', '"OS":"windows"', rootfs(id)),
    ),
    made('architecture-case', 'architecture and Architecture', (id) =>
      text('"architecture":"amd64"', '"Architecture":"arm64"', '"os":"linux"', rootfs(id)),
    ),
  ];
}

function values(): readonly HostileCase[] {
  return [
    run('env-string', 'a string for the environment', '"Env":"A=1"'),
    run('env-object', 'an object for the environment', '"Env":{"A":"1"}'),
    run('env-numbers', 'numbers in the environment', '"Env":[1]'),
    run('env-null', 'no environment', '"Env":null'),
    run('env-null-item', 'null in the environment', '"Env":[null]'),
    run('env-no-equals', 'a variable without a value', '"Env":["A"]'),
    run('env-twice', 'a variable twice', '"Env":["A=1","A=2"]'),
    run('env-nul', 'a NUL in a variable', '"Env":["A=a\\u0000b"]'),
    run('env-escape', 'an escape sequence in a variable', '"Env":["A=\\u001b]0;x\\u0007"]'),
    run('cmd-string', 'a string for a command', '"Cmd":"sh -c x"'),
    run('entrypoint-string', 'a string for an entry point', '"Entrypoint":"sh"'),
    run('cmd-empty', 'an empty command', '"Cmd":[]'),
    run('ports-list', 'a list of ports', '"ExposedPorts":["80/tcp"]'),
    run('ports-odd', 'a port that is none', '"ExposedPorts":{"99999/xyz":{}}'),
    run('ports-value', 'a port with a number', '"ExposedPorts":{"80/tcp":1}'),
    run('volumes-list', 'a list of volumes', '"Volumes":["/data"]'),
    run('labels-list', 'a list of labels', '"Labels":["a"]'),
    run('labels-number', 'a label that is a number', '"Labels":{"a":1}'),
    run('labels-null', 'a label that is null', '"Labels":{"a":null}'),
    run(
      'labels-containerd',
      'labels that containerd knows',
      '"Labels":{"containerd.io/restart.loguri":"binary:///bin/sh"}',
    ),
    run('working-dir-relative', 'a working directory that climbs', '"WorkingDir":"../../etc"'),
    run('working-dir-number', 'a number for a working directory', '"WorkingDir":5'),
    run('stop-signal-number', 'a number for a signal', '"StopSignal":9'),
    run('on-build', 'instructions for a later build', '"OnBuild":["RUN x"]'),
    made('config-null', 'no run-time part', (id) => text(...HEAD, '"config":null', rootfs(id))),
    made('config-list', 'a list for the run-time part', (id) => text(...HEAD, '"config":[]', rootfs(id))),
    made('config-absent', 'no run-time part at all', (id) => text(...HEAD, rootfs(id))),
    beside('created-bad', 'a date that is none', '"created":"yesterday"'),
    beside('created-30-february', 'the 30th of February', '"created":"2026-02-30T00:00:00Z"'),
    beside('created-empty', 'an empty date', '"created":""'),
    beside('created-number', 'a number for a date', '"created":0'),
    beside('created-null', 'no date', '"created":null'),
    beside('created-no-zone', 'a date without a zone', '"created":"2026-01-01T00:00:00"'),
    beside('created-lower-case', 'a date in lower case', '"created":"2026-01-01t00:00:00z"'),
    beside('created-24-hours', 'an hour that there is not', '"created":"2026-01-01T24:00:00Z"'),
    beside('created-leap-second', 'a leap second', '"created":"2016-12-31T23:59:60Z"'),
    beside('created-comma', 'a comma before the fraction', '"created":"2026-01-01T00:00:00,5Z"'),
    beside('created-zone-99', 'a zone that there is not', '"created":"2026-01-01T00:00:00+99:99"'),
    beside('author-number', 'a number for an author', '"author":5'),
    beside('variant-number', 'a number for a variant', '"variant":5'),
    beside('os-features-string', 'a string for features', '"os.features":"x"'),
    beside('unknown', 'fields that nobody knows', '"what":{"ever":1}'),
    beside('history-string', 'a string for the history', '"history":"x"'),
    beside('history-null', 'no history', '"history":null'),
    beside('history-null-line', 'null in the history', '"history":[null]'),
    beside('history-too-long', 'more steps than layers', '"history":[{"created_by":"a"},{"created_by":"b"}]'),
    beside('history-all-empty', 'steps without a layer', '"history":[{"created_by":"a","empty_layer":true}]'),
    beside(
      'history-empty-string',
      'a string that says whether it is empty',
      '"history":[{"empty_layer":"true"}]',
    ),
    beside('history-bad-date', 'a step at no time', '"history":[{"created":"never"}]'),
    beside(
      'history-hostile',
      'an escape sequence and a command in a step',
      '"history":[{"created_by":"\\u001b[31m\\n::error::x"}]',
    ),
    beside(
      'container-config-case',
      'the part of the builder in two cases',
      '"container_config":{"User":"a"}',
      '"Container_Config":{"User":"b"}',
    ),
  ];
}

function roots(): readonly HostileCase[] {
  const other = digestOf(GOOD);
  const ids = (name: string, note: string, list: (diffId: string) => string, type = '"layers"') =>
    made(`diff-ids-${name}`, note, (id) => text(...HEAD, `"rootfs":{"type":${type},"diff_ids":${list(id)}}`));
  const platform = (name: string, note: string, ...fields: readonly string[]) =>
    made(`platform-${name}`, note, (id) => text(...fields, rootfs(id)));
  return [
    ids('wrong', 'the diffID of other content', () => `["${other}"]`),
    ids('none', 'no diffIDs', () => '[]'),
    ids('null', 'null for the diffIDs', () => 'null'),
    ids('more', 'one diffID too many', (id) => `["${id}","${other}"]`),
    ids('twice', 'the diffID twice', (id) => `["${id}","${id}"]`),
    ids('upper-case', 'a diffID in upper case', (id) => `["sha256:${id.slice(7).toUpperCase()}"]`),
    ids('sha512', 'a diffID by sha512', () => `["${digestOf(EVIL, 'sha512')}"]`),
    ids('sha384', 'a diffID by sha384', () => `["${digestOf(EVIL, 'sha384')}"]`),
    ids('short', 'a diffID that is too short', (id) => `["${id.slice(0, -1)}"]`),
    ids('traversal', 'a diffID that climbs', () => '["sha256:../../etc/passwd"]'),
    ids('null-item', 'null for a diffID', () => '[null]'),
    ids('number', 'a number for a diffID', () => '[5]'),
    ids('string', 'a string for the diffIDs', (id) => `"${id}"`),
    ids('type-base', 'an older type of root', (id) => `["${id}"]`, '"layers+base"'),
    ids('type-empty', 'an empty type of root', (id) => `["${id}"]`, '""'),
    ids('type-null', 'no type of root', (id) => `["${id}"]`, 'null'),
    ids('type-upper-case', 'a type of root in upper case', (id) => `["${id}"]`, '"LAYERS"'),
    made('rootfs-absent', 'no root', () => text(...HEAD)),
    made('rootfs-null', 'null for a root', () => text(...HEAD, '"rootfs":null')),
    made('rootfs-list', 'a list for a root', () => text(...HEAD, '"rootfs":[]')),
    platform('absent', 'no platform', '"config":{}'),
    platform('no-os', 'no operating system', '"architecture":"amd64"'),
    platform('no-architecture', 'no architecture', '"os":"linux"'),
    platform('windows', 'another operating system', '"architecture":"amd64"', '"os":"windows"'),
    platform('upper-case', 'a platform in upper case', '"architecture":"AMD64"', '"os":"Linux"'),
    platform('x86-64', 'the older name of an architecture', '"architecture":"x86_64"', '"os":"linux"'),
    platform('variant', 'a newer variant', '"architecture":"amd64"', '"os":"linux"', '"variant":"v3"'),
    platform('arm64', 'another architecture', '"architecture":"arm64"', '"os":"linux"'),
    platform('unknown', 'a platform that is unknown', '"architecture":"unknown"', '"os":"unknown"'),
    platform('nonsense', 'a platform that there is not', '"architecture":"../x"', '"os":"li nux"'),
    made('text-bom', 'a byte order mark', (id) => `\ufeff${text(...HEAD, rootfs(id))}`),
    made('text-trailing', 'a second document behind', (id) => `${text(...HEAD, rootfs(id))}{}`),
    made('text-empty', 'nothing', () => ''),
    made('text-list', 'a list', () => '[]'),
    made('text-null', 'null', () => 'null'),
    made('text-invalid-utf8', 'bytes that are not UTF-8', (id) =>
      Buffer.from(text(...HEAD, rootfs(id), '"author":"\xff"'), 'latin1'),
    ),
    made('text-depth-500', '500 levels', (id) =>
      text(...HEAD, rootfs(id), `"x":${'['.repeat(500)}${']'.repeat(500)}`),
    ),
    made('text-5-mib', 'a configuration of 5 MiB', (id) =>
      text(...HEAD, rootfs(id), `"x":"${'x'.repeat(5 << 20)}"`),
    ),
  ];
}

export function configCases(): readonly HostileCase[] {
  return [...users(), ...keys(), ...values(), ...roots()];
}
