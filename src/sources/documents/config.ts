import { type JsonFields, readFields } from '../../io/json/json-fields.ts';
import { type JsonValue, readJson } from '../../io/json/strict-json.ts';
import type { Limits } from '../../io/limits.ts';
import type { Descriptor } from '../../model/descriptor.ts';
import type { Digest } from '../../model/digest.ts';
import type { HistoryLine, ImageConfig } from '../../model/image.ts';
import { quoted } from '../../model/printable.ts';
import { readDigest } from './descriptor-fields.ts';

/** Keys that runtimes look for; what only folds to one of them is refused (`User` and `user`). */
const KEYS: ReadonlySet<string> = new Set([
  ...['architecture', 'os', 'os.version', 'os.features', 'variant', 'created', 'author', 'config', 'rootfs'],
  ...['type', 'diff_ids', 'history', 'created_by', 'comment', 'empty_layer'],
  ...['User', 'WorkingDir', 'Env', 'Entrypoint', 'Cmd', 'ExposedPorts', 'Volumes', 'Labels', 'StopSignal'],
  ...['Healthcheck', 'Test', 'OnBuild', 'Shell', 'ArgsEscaped', 'Memory', 'MemorySwap', 'CpuShares'],
]);

/** Places whose keys belong to whoever built the image: `/Data` and `/data` are two volumes. */
const FREE: ReadonlySet<string> = new Set(
  ['config', 'container_config'].flatMap((part) =>
    ['ExposedPorts', 'Volumes', 'Labels'].map((name) => `${part}.${name}`),
  ),
);

/**
 * Reads an image configuration. What Go's decoder refuses (a string for a list, a date that is none) is
 * refused; `null` is absent, as there.
 * @param bytes verified against `what`
 * @throws {PratiqueError} `CONFIG_INVALID`, `JSON_INVALID`, `DIGEST_INVALID`, `LIMIT_EXCEEDED`
 * @see OCI image-spec v1.1.1, config.md
 */
export function readImageConfig(bytes: Uint8Array, what: Descriptor, limits: Limits): ImageConfig {
  return imageConfigOf(readConfigJson(bytes, what, limits), what);
}

/**
 * Reads the JSON of an image configuration, all of it.
 * @throws {PratiqueError} `JSON_INVALID`, `LIMIT_EXCEEDED`
 */
export function readConfigJson(bytes: Uint8Array, what: Descriptor, limits: Limits): JsonValue {
  return readJson(bytes, { where: placeOf(what), known: KEYS, free: FREE, depth: limits.jsonDepth });
}

/**
 * The part of the JSON that decides how the image runs.
 * @throws {PratiqueError} `CONFIG_INVALID`, `DIGEST_INVALID`
 */
export function imageConfigOf(value: JsonValue, what: Descriptor): ImageConfig {
  const where = placeOf(what);
  const code = 'CONFIG_INVALID';
  const image = readFields(value, { where, code });
  const run = image.optionalObject('config') ?? readFields(new Map(), { where, code, path: '$.config' });
  const created = readTime(image, 'created');
  requireTypes(image);
  const variant = image.optionalString('variant') ?? '';
  return {
    os: image.optionalString('os') ?? '',
    architecture: image.optionalString('architecture') ?? '',
    ...(variant === '' ? {} : { variant }),
    ...(created === undefined ? {} : { created }),
    user: run.optionalString('User') ?? '',
    workingDir: run.optionalString('WorkingDir') ?? '',
    env: run.strings('Env'),
    entrypoint: run.strings('Entrypoint'),
    cmd: run.strings('Cmd'),
    exposedPorts: run.keys('ExposedPorts'),
    volumes: run.keys('Volumes'),
    labels: run.stringMap('Labels'),
    healthcheck: run.optionalObject('Healthcheck')?.strings('Test') ?? [],
    onBuild: run.strings('OnBuild'),
    stopSignal: run.optionalString('StopSignal') ?? '',
    diffIds: readDiffIds(image, where),
    history: image.objects('history').map(readHistoryLine),
  };
}

// Read by no check, and yet a runtime fails on them where they are of another type.
function requireTypes(image: JsonFields): void {
  image.optionalString('author');
  image.optionalString('os.version');
  image.strings('os.features');
}

function placeOf({ digest }: Descriptor): string {
  return `configuration ${digest}`;
}

function readDiffIds(image: JsonFields, where: string): readonly Digest[] {
  const rootfs = image.optionalObject('rootfs');
  if (rootfs === undefined) return [];
  const type = rootfs.optionalString('type') ?? 'layers';
  if (type !== 'layers') throw rootfs.error('type', `${quoted(type)} is not "layers"`);
  return rootfs.strings('diff_ids').map((text, index) => readDigest(text, `${where}, diff_ids[${index}]`));
}

function readHistoryLine(line: JsonFields): HistoryLine {
  readTime(line, 'created');
  line.optionalString('author');
  return {
    createdBy: line.optionalString('created_by') ?? '',
    comment: line.optionalString('comment') ?? '',
    emptyLayer: line.optionalBoolean('empty_layer') ?? false,
  };
}

const RFC_3339 = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/;

function readTime(fields: JsonFields, name: string): string | undefined {
  const text = fields.optionalString(name);
  if (text === undefined || isTime(text)) return text;
  throw fields.error(name, `${quoted(text)} is not a date and time of RFC 3339`);
}

// 30 February is a date to `Date.parse`, and none to Go
function isTime(text: string): boolean {
  const wall = RFC_3339.exec(text)?.[1];
  const date = new Date(`${wall}Z`);
  return wall !== undefined && !Number.isNaN(date.getTime()) && date.toISOString().startsWith(wall);
}
