// Makes action/: the bundle that a step of GitHub Actions runs, and the licences of what is in it. `--check` compares
// instead of writing, `--into FOLDER` writes elsewhere. The same sources give the same bytes on every machine, in whatever folder they lie.
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, posix, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const top = fileURLToPath(new URL('..', import.meta.url));
const [, , mode, place] = process.argv;
const folder = mode === '--into' ? place : join(top, 'action');
/** Packages of CommonJS ask for Node's own modules by `require`, which modules do not have. */
const REQUIRE =
  "import { createRequire as createRequireHere } from 'node:module';\nconst require = createRequireHere(import.meta.url);";

/** What is run: the action, and each thread that it starts, which must lie beside it as it lies below src/. */
async function entries() {
  const sources = await readdir(join(top, 'src'), { recursive: true });
  const threads = sources.map(toPosix).filter((path) => path.endsWith('-worker.ts'));
  await requireAllThreads(sources, threads);
  return [
    { source: 'action.ts', out: 'index.js' },
    ...threads.sort().map((source) => ({ source, out: source.replace(/\.ts$/, '.js') })),
  ];
}

/**
 * A thread by another name would be missing from the bundle, and only a run that needs it would tell. Programs beside a module are
 * named from its place, and all that is named so but not imported is one.
 */
async function requireAllThreads(sources, threads) {
  for (const source of sources.map(toPosix).filter((path) => path.endsWith('.ts'))) {
    const text = await readFile(join(top, 'src', source), 'utf8');
    if (!text.includes('import.meta.url')) continue;
    const code = text.replaceAll(/\b(?:from|import) ?\(?'[^']*'/g, '');
    for (const [, named] of code.matchAll(/'(\.\/[^']+\.[jt]s)'/g)) {
      if (/-process\.[jt]s$/.test(named)) continue; // of commands that the action does not have
      const path = posix.join(posix.dirname(source), named).replace(/\.js$/, '.ts');
      if (!threads.includes(path)) throw new Error(`src/${source} names ${named}, which is no *-worker.ts`);
    }
  }
}

/**
 * Every module asks where it is, to find its data (allowlists/, trust-roots/, package.json) and its threads. In a bundle all would be told the
 * place of the bundle: each is told the place it would have in a folder like dist/.
 */
function inPlace(out) {
  const back = '../'.repeat(out.split('/').length - 1) || './';
  return {
    name: 'in-place',
    setup({ onLoad }) {
      onLoad({ filter: /[\\/]src[\\/].*\.ts$/ }, async ({ path }) => {
        const text = await readFile(path, 'utf8');
        const module = toPosix(relative(join(top, 'src'), path)).replace(/\.ts$/, '.js');
        const place = `new URL(${JSON.stringify(back + module)}, import.meta.url).href`;
        return { contents: text.replaceAll('import.meta.url', place), loader: 'ts' };
      });
    },
  };
}

/** zod brings its messages in fifty languages along, for whoever asks for one. Nobody does. */
const englishOnly = {
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

async function bundle({ source, out }) {
  const { outputFiles, metafile } = await build({
    absWorkingDir: top,
    entryPoints: [join('src', source)],
    outfile: join('action', out),
    bundle: true,
    write: false,
    metafile: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    preserveSymlinks: true, // paths stand in comments, and a linked node_modules would have others
    legalComments: 'inline',
    banner: { js: REQUIRE },
    external: ['@virustotal/yara-x'],
    tsconfigRaw: { compilerOptions: { target: 'es2024', verbatimModuleSyntax: true } },
    plugins: [inPlace(out), englishOnly],
    logLevel: 'warning',
  });
  const text = outputFiles[0].text.replaceAll(
    CONTROL,
    (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
  return { file: out, text, inputs: Object.keys(metafile.inputs) };
}

/** The licence of each package that is in the bundle, as it asks to be passed on. */
async function licences(inputs) {
  const packages = new Set(
    inputs.flatMap((path) => /^(node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []),
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

async function make() {
  const bundles = await Promise.all((await entries()).map(bundle));
  const inputs = bundles.flatMap((one) => one.inputs);
  return new Map([
    ...bundles.map(({ file, text }) => [file, text]),
    ['licences.txt', await licences(inputs)],
  ]);
}

async function there() {
  const names = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return names
    .filter((one) => one.isFile())
    .map((one) => toPosix(relative(folder, join(one.parentPath, one.name))));
}

/** Files that differ, are missing, or are too many. */
async function differing(made) {
  const differs = [];
  for (const [file, text] of made)
    if ((await readFile(join(folder, file), 'utf8').catch(() => undefined)) !== text) differs.push(file);
  return [...differs, ...(await there()).filter((file) => !made.has(file))];
}

function toPosix(path) {
  return path.replaceAll('\\', '/');
}

const made = await make();
if (mode === '--check') {
  const differs = await differing(made);
  if (differs.length > 0) {
    process.stderr.write(
      `action/ is not what the sources make: ${differs.join(', ')}\nRun npm run build:action and commit action/.\n`,
    );
    process.exitCode = 1;
  } else process.stdout.write(`action/ is what the sources make: ${[...made.keys()].join(', ')}\n`);
} else {
  await rm(folder, { recursive: true, force: true });
  for (const [file, text] of made) {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await writeFile(join(folder, file), text);
    process.stdout.write(`action/${file}: ${Math.ceil(Buffer.byteLength(text) / 1024)} KiB\n`);
  }
}
