import type {
  AttestationDocument,
  ForeignJson,
  HistoryLine,
  Image,
  ImageConfig,
} from '../../../src/model/image.ts';
import { makeZip } from '../../io/zip/zip-parts.ts';
import { makeImage, makeLayer, makeTar, type TestEntry, type TestLayer, validToken } from '../images.ts';

/** A token that proves itself; found, wherever it is hidden. */
export const TOKEN = validToken('placement');
export const TEXT = `token = "${TOKEN}"\n`;
export const NOISE = Buffer.from('the quick brown fox jumps over the lazy dog\n'.repeat(2000));

export interface Hidden {
  readonly image: Image;
  readonly layers: readonly TestLayer[];
  readonly attestations?: readonly AttestationDocument[];
}

interface Expected {
  readonly path?: string;
  readonly field?: string;
  readonly visibility?: string;
  readonly part?: string;
}

export interface Place {
  readonly name: string;
  readonly hide: () => Promise<Hidden>;
  readonly expected: Expected;
}

export function imageOf(...layers: readonly TestLayer[]): Hidden {
  return { image: makeImage(layers), layers };
}

/** A place among the files of one layer. */
export function inFiles(
  name: string,
  path: string,
  entries: readonly TestEntry[] | (() => Promise<readonly TestEntry[]>),
): Place {
  const hide = async () =>
    imageOf(await makeLayer(typeof entries === 'function' ? await entries() : entries));
  return { name, hide, expected: { path, visibility: 'visible' } };
}

/** A place in one file. */
export function inFile(path: string, content: string | Buffer): Place {
  return inFiles(path, path, [{ name: path, content }]);
}

/** A place in an archive that lies in the layer. */
export function inArchive(found: string, make: () => Buffer | Promise<Buffer>): Place {
  const name = found.slice(0, found.indexOf('!/'));
  return inFiles(found, found, async () => [{ name, content: await make() }]);
}

export function inConfig(
  field: string,
  config: Partial<ImageConfig>,
  annotations?: Record<string, string>,
): Place {
  const hide = async () => ({ image: makeImage([], config, annotations), layers: [] });
  return { name: field, hide, expected: { field } };
}

export function inDocument(field: string, name: 'config' | 'manifest' | 'index', json: unknown): Place {
  const documents = [{ name, json: asForeign(json) }];
  const hide = async () => ({ image: { ...makeImage([]), documents }, layers: [] });
  return { name: field, hide, expected: { field } };
}

/** A place in what the builder attests: JSON, or bytes as they are. */
export function inAttestation(field: string, content: unknown): Place {
  const image = makeImage([]);
  const [, kind = ''] = /^(\w+)/.exec(field) ?? [];
  const said = { provenance: 'https://slsa.dev/provenance/v1', sbom: 'https://spdx.dev/Document' }[kind];
  const bytes =
    content instanceof Uint8Array
      ? content
      : Buffer.from(JSON.stringify({ ...(content as object), predicateType: said }));
  const document = () => ({ manifest: image.manifest.digest, bytes: inChunks(bytes) });
  return {
    name: field,
    hide: async () => ({ image, layers: [], attestations: [document()] }),
    expected: { field },
  };
}

async function* inChunks(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 7) yield bytes.subarray(at, at + 7);
}

export function inLayer(name: string, expected: Expected, make: () => Promise<TestLayer>): Place {
  return { name, hide: async () => imageOf(await make()), expected };
}

function asForeign(json: unknown): ForeignJson {
  if (Array.isArray(json)) return json.map(asForeign);
  if (typeof json !== 'object' || json === null) return json as ForeignJson;
  return new Map(Object.entries(json).map(([key, value]) => [key, asForeign(value)]));
}

export function utf16(text: string, order: 'LE' | 'BE'): Buffer {
  const bytes = Buffer.from(text, 'utf16le');
  return order === 'LE' ? bytes : bytes.swap16();
}

export function base64(text: string | Uint8Array): string {
  return Buffer.from(text as string).toString('base64');
}

export function wrapped(text: string, columns: number, between: string): string {
  return text.match(new RegExp(`.{1,${columns}}`, 'g'))?.join(between) ?? '';
}

/** Bytes of a program around a text. */
export function programWith(text: string): Buffer {
  const noise = Buffer.from(Array.from({ length: 5000 }, (_, index) => (index * 131) % 251));
  return Buffer.concat([Buffer.from('\x7fELF\x02\x01\x01'), noise, Buffer.from(`\0${text}\0`), noise]);
}

export function tarOf(...entries: readonly TestEntry[]): Promise<Buffer> {
  return makeTar(entries);
}

/** A Debian package with one member. */
export function deb(name: string, member: Buffer): Buffer {
  const entry = (title: string, bytes: Buffer) =>
    Buffer.concat([
      Buffer.from(
        `${title.padEnd(16)}${'0'.padEnd(12)}${'0'.padEnd(6)}${'0'.padEnd(6)}${'100644'.padEnd(8)}`,
      ),
      Buffer.from(`${String(bytes.length).padEnd(10)}\`\n`),
      bytes,
      Buffer.alloc(bytes.length % 2, '\n'),
    ]);
  return Buffer.concat([
    Buffer.from('!<arch>\n'),
    entry('debian-binary', Buffer.from('2.0\n')),
    entry(name, member),
  ]);
}

export async function nested(depth: number, pack: (tar: Buffer) => Buffer, suffix: string): Promise<Buffer> {
  let bytes: Buffer = Buffer.from(TEXT);
  for (let level = 0; level < depth; level++)
    bytes = pack(await tarOf({ name: level === 0 ? 'env' : `in${suffix}`, content: bytes }));
  return bytes;
}

export const jar = (content: string | Buffer, name = 'app.properties') => makeZip([{ name, content }]);
export const secretYaml = (value: string) => `apiVersion: v1\nkind: Secret\ndata:\n  token: ${value}\n`;
export const line = (createdBy: string, comment = ''): HistoryLine => ({
  createdBy,
  comment,
  emptyLayer: true,
});
