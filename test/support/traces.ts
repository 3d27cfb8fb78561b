import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { FORMATS } from '../../src/report/formats.ts';
import type { Stage } from './stage.ts';

export interface Seen {
  readonly env?: Readonly<Record<string, string>>;
  /** on a terminal: with colours, and the line of progress */
  readonly draws?: boolean;
}

/** All that a run has left: what it wrote to its terminal, to files, and to the registry. */
export async function leftBy(
  stage: Stage,
  argv: readonly string[],
  { env = {}, draws = false }: Seen = {},
): Promise<{ code: number; text: string }> {
  const before = new Set(await readdir(stage.folder));
  const asked = stage.registry.requests.length;
  let drawn = '';
  const write = (text: string) => {
    drawn += text;
  };
  const output = { write, isTTY: true, columns: 100 };
  const change = draws ? { env, out: output, err: output } : { env };
  const { code, out, err } = await stage.pratique(argv, change);
  const files: string[] = [];
  for (const name of await readdir(stage.folder)) {
    if (before.has(name) || !(await stat(join(stage.folder, name))).isFile()) continue;
    files.push(name, await readFile(join(stage.folder, name), 'latin1'));
    await rm(join(stage.folder, name));
  }
  return { code, text: [out, err, drawn, ...files, ...sentSince(stage, asked)].join('\n') };
}

/** What the registry was given to keep, and the addresses, which end up in logs of proxies and servers. */
export function sentSince({ registry }: Stage, first: number): readonly string[] {
  return registry.requests.slice(first).flatMap(({ method, target, body }) => {
    const address = `${method} ${target}`;
    if (method === 'GET' || method === 'HEAD') return [address];
    const text = body.toString('latin1');
    return [address, text, decodedPayloads(text)];
  });
}

/** Statements inside signed envelopes. */
function decodedPayloads(text: string): string {
  return [...text.matchAll(/"payload": ?"([A-Za-z0-9+/=]+)"/g)]
    .map(([, payload = '']) => Buffer.from(payload, 'base64').toString('latin1'))
    .join('\n');
}

/** Every way to look at a verdict. */
const FORMAT_NAMES = Object.keys(FORMATS);
export const VIEWS: readonly { readonly view: readonly string[]; readonly draws: boolean }[] = [
  ...FORMAT_NAMES.map((format) => ({ view: ['-o', format], draws: false })),
  { view: ['-v'], draws: false },
  { view: ['-q'], draws: false },
  { view: ['-v'], draws: true },
  { view: FORMAT_NAMES.flatMap((format) => ['-o', `${format}=told.${format}`]), draws: true },
];
/** All at once, for what is done many times. */
export const ALL_VIEWS = VIEWS.slice(-1);
