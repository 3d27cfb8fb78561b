// Makes action/: the bundle that a step of GitHub Actions runs, and the licences of what is in it. `--check` compares
// instead of writing, `--into FOLDER` writes elsewhere. The same sources give the same bytes on every machine, in whatever folder they lie.
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { build } from 'esbuild';
import { COMMON, englishOnly, licences, threads, toPosix, top, withoutControl } from './bundle.js';

const [, , mode, place] = process.argv;
const folder = mode === '--into' ? place : join(top, 'action');
/** Packages of CommonJS ask for Node's own modules by `require`, which modules do not have. */
const REQUIRE =
  "import { createRequire as createRequireHere } from 'node:module';\nconst require = createRequireHere(import.meta.url);";

/** What is run: the action, and each thread that it starts, which must lie beside it as it lies below src/. */
async function entries() {
  return [
    { source: 'action.ts', out: 'index.js' },
    ...(await threads()).map((source) => ({ source, out: source.replace(/\.ts$/, '.js') })),
  ];
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

async function bundle({ source, out }) {
  const { outputFiles, metafile } = await build({
    ...COMMON,
    entryPoints: [join('src', source)],
    outfile: join('action', out),
    target: 'node24',
    banner: { js: REQUIRE },
    external: ['@virustotal/yara-x'],
    plugins: [inPlace(out), englishOnly],
  });
  return { file: out, text: withoutControl(outputFiles[0].text), inputs: Object.keys(metafile.inputs) };
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
