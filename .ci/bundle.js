// What the bundles of this program have in common: that of the action, and that of the command line.
import { readdir, readFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';

export const top = fileURLToPath(new URL('..', import.meta.url));

/** How both are built. Paths stand in comments, and a linked node_modules would have others. */
export const COMMON = {
  absWorkingDir: top,
  bundle: true,
  write: false,
  metafile: true,
  platform: 'node',
  format: 'esm',
  preserveSymlinks: true,
  legalComments: 'inline',
  tsconfigRaw: { compilerOptions: { target: 'es2024', verbatimModuleSyntax: true } },
  logLevel: 'warning',
};

/** Each file below src/. */
export async function sources() {
  return (await readdir(join(top, 'src'), { recursive: true })).map(toPosix).sort();
}

/** Each process that is started beside the door, as it lies below src/. The action has no command that starts one. */
export async function processes() {
  return (await sources()).filter((path) => path.endsWith('-process.ts'));
}

/** Each thread that is started, which must lie in a bundle as it lies below src/. */
export async function threads() {
  const all = await sources();
  const found = all.filter((path) => path.endsWith('-worker.ts'));
  await requireAllThreads(all, found);
  return found;
}

/**
 * A thread by another name would be missing from the bundle, and only a run that needs it would tell. Programs beside a module are
 * named from its place, and all that is named so but not imported is one.
 */
async function requireAllThreads(all, found) {
  for (const source of all.filter((path) => path.endsWith('.ts'))) {
    const text = await readFile(join(top, 'src', source), 'utf8');
    if (!text.includes('import.meta.url')) continue;
    const code = text.replaceAll(/\b(?:from|import) ?\(?'[^']*'/g, '');
    for (const [, named] of code.matchAll(/'(\.\/[^']+\.[jt]s)'/g)) {
      if (/-process\.[jt]s$/.test(named)) continue;
      const path = posix.join(posix.dirname(source), named).replace(/\.js$/, '.ts');
      if (!found.includes(path)) throw new Error(`src/${source} names ${named}, which is no *-worker.ts`);
    }
  }
}

/** zod brings its messages in fifty languages along, for whoever asks for one. Nobody does. */
export const englishOnly = {
  name: 'english-only',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]zod[\\/]v4[\\/]locales[\\/]index\.js$/ }, () => ({
      contents: "export { default as en } from './en.js';",
      loader: 'js',
    }));
  },
};

/** esbuild writes them into texts as they are, and for git a file with a zero in it is none that can be compared. */
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f]/g;

export function withoutControl(text) {
  return text.replaceAll(CONTROL, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

/** The licence of each package that is in a bundle, as it asks to be passed on. */
export async function licences(inputs) {
  const packages = new Set(
    inputs.flatMap(
      (path) => /^((?:node_modules\/(?:@[^/]+\/)?[^/]+(?:\/(?=node_modules\/))?)+)\//.exec(path)?.[1] ?? [],
    ),
  );
  const parts = [];
  for (const name of [...packages].sort()) {
    const { version, license } = JSON.parse(await readFile(join(top, name, 'package.json'), 'utf8'));
    const file = (await readdir(join(top, name))).sort().find((one) => /^licen[cs]e(?:\.|$)/i.test(one));
    const text =
      file === undefined
        ? '(the package has no file with its licence)\n'
        : await readFile(join(top, name, file), 'utf8');
    parts.push(`${name.slice('node_modules/'.length)} ${version}: ${license}\n\n${text.trim()}\n`);
  }
  return parts.join(`\n${'-'.repeat(80)}\n\n`);
}

export function toPosix(path) {
  return path.replaceAll('\\', '/');
}
