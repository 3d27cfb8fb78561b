// Makes program/: the command line with all that it is built on, in few files, for each file that is loaded costs a third of a
// millisecond and the sources with their packages are a thousand. `--into FOLDER` writes it elsewhere, as FOLDER/program.
// dist/ stays what whoever imports the package gets: one file for each of the sources, and packages as npm has them.
import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, posix, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import {
  COMMON,
  englishOnly,
  licences,
  processes,
  sources,
  threads,
  toPosix,
  top,
  withoutControl,
} from './bundle.js';

/**
 * What is imported where it is needed is a file of its own, and so is whatever any two of those share: sixty for the shortest
 * command. What is mostly needed together is therefore put together. It is still loaded only when the first of it is asked for.
 * Paths are below src/; whatever stands in no group keeps a file of its own.
 */
const TOGETHER = {
  // by itself: git is asked before it is loaded
  reading: ['references/find-references.ts'],
  refs: ['cli/refs-command.ts', 'report/references/references-formats.ts'],
  policy: ['policy/read-policy-file.ts', 'policy/added-lists.ts', 'policy/allow-list.ts'],
  gate: ['gate.ts', 'report/formats.ts'],
  rules: ['checks/without-secrets.ts', 'known-rules.ts', 'scan/custom/custom-rules.ts'],
  admit: ['cli/admit-command.ts', 'attest/admit.ts'],
};

/** What nearly every command needs: it is made part of each, so that all share one file with it. */
const BASE = [
  'cli/common-options.ts',
  'cli/exit-code.ts',
  'cli/named-references.ts',
  'cli/views.ts',
  'judge-references.ts',
  'model/certificate-claims.ts',
  'model/identity-pattern.ts',
  'policy/images/predicate-types.ts',
  'references/files/git.ts',
  'references/files/read-text.ts',
  'report/json-text.ts',
  'report/problem.ts',
  'report/sarif/sarif-rules.ts',
  'report/tally.ts',
];

const GROUP = 'together:';
const LAZY = /(?<!typeof )\bimport\('(\.[^']*)'\)/g;
const nameOf = (module) => module.replaceAll(/[^a-z]/g, '_');

/** Stands for the digest in the module that tells it, until all bytes are known. */
const DIGEST = `${'0'.repeat(60)}code`;

/**
 * Three things are other than in the sources. Each module is told the place that it would have below program/, from which it finds its
 * data (allowlists/, trust-roots/, package.json) and its threads. What is put together is imported as that. And the digest of the
 * program's code, which else is that of many files, is a constant.
 */
const ownSources = {
  name: 'own-sources',
  async setup({ onLoad, onResolve }) {
    const { groups, groupOf, alone } = await arrange();
    onLoad({ filter: /[\\/]src[\\/].*\.ts$/ }, async ({ path }) => {
      const module = toPosix(relative(join(top, 'src'), path));
      if (module === 'scan/cache/code-digest.ts') return { contents: digestModule(), loader: 'ts' };
      const text = (await readFile(path, 'utf8'))
        .replaceAll('import.meta.url', placeOf(module))
        .replace(/^import \{ z \} from 'zod';$/m, "import * as z from 'zod';") // of which the rest can be left out
        .replaceAll(LAZY, (whole, named) => {
          const target = posix.join(posix.dirname(module), named);
          const group = groupOf.get(target);
          return group === undefined
            ? whole
            : `import('${GROUP}${group}').then((all) => all.${nameOf(target)})`;
        });
      const base = alone.has(module) ? `import '${GROUP}base';` : '';
      return { contents: base + text, loader: 'ts' };
    });
    onResolve({ filter: new RegExp(`^${GROUP}`) }, ({ path }) => ({ path, namespace: 'together' }));
    onLoad({ filter: /.*/, namespace: 'together' }, ({ path }) => {
      const group = path.slice(GROUP.length);
      const base = group === 'base' ? '' : `import '${GROUP}base';\n`;
      const all = groups.get(group).map((module) => `export * as ${nameOf(module)} from './${module}';`);
      return { contents: base + all.join('\n'), resolveDir: join(top, 'src') };
    });
  },
};

function placeOf(module) {
  const place = JSON.stringify(module.replace(/\.ts$/, '.js'));
  const program = "import.meta.url.slice(0, import.meta.url.lastIndexOf('/program/') + '/program/'.length)";
  return `new URL(${place}, ${program}).href`;
}

/** What is put together, by the name of the group; in which group a file is; and which have a file of their own, with the base. */
async function arrange() {
  const lazy = await lazilyImported();
  const inBase = await reachedFromBase();
  const groups = new Map([
    ['base', [...new Set([...BASE, ...[...lazy].filter((one) => inBase.has(one))])]],
    ...Object.entries(TOGETHER),
  ]);
  const groupOf = new Map([...groups].flatMap(([group, all]) => all.map((one) => [one, group])));
  return { groups, groupOf, alone: new Set([...lazy].filter((one) => !groupOf.has(one))) };
}

/** Each file below src/ that is imported where it is needed. */
async function lazilyImported() {
  const found = new Set();
  for (const source of (await sources()).filter((path) => path.endsWith('.ts'))) {
    const text = await readFile(join(top, 'src', source), 'utf8');
    for (const [, named] of text.matchAll(LAZY)) found.add(posix.join(posix.dirname(source), named));
  }
  return found;
}

/** The base with whatever its files import. */
async function reachedFromBase() {
  const options = { ...COMMON, entryPoints: BASE.map((one) => join('src', one)), outdir: 'program' };
  const { inputs } = (await build({ ...options, packages: 'external' })).metafile;
  const reached = new Set();
  const reach = (path) => {
    if (inputs[path] === undefined || reached.has(path)) return;
    reached.add(path);
    for (const one of inputs[path].imports) if (one.kind === 'import-statement') reach(one.path);
  };
  for (const one of BASE) reach(`src/${one}`);
  return new Set([...reached].map((path) => path.slice('src/'.length)));
}

function digestModule() {
  return `import { createHash } from 'node:crypto';
export function codeDigest(): string {
  return createHash('sha256').update(process.versions.node).update('${DIGEST}').digest('hex');
}`;
}

/**
 * What packages ask for that takes long and is of no use here. yargs lays out its help with a table of all emoji, which takes half as
 * long as Node itself to make ready, looks for words of other languages in files beside it, and for settings in the package.json of
 * whoever installed it: its help is laid out by ours. Of the types of a language server dockerfile-ast makes two.
 */
const INSTEAD = {
  'string-width': "export { cellsOf as default } from './report/terminal/columns.ts';",
  'strip-ansi': "export { stripVTControlCharacters as default } from 'node:util';",
  'wrap-ansi': `import { wrap } from './report/terminal/columns.ts';
    export default (text, width) => text.split('\\n').flatMap((line) => wrap(line, width)).join('\\n');`,
  y18n: `import { format } from 'node:util';
    import words from 'yargs/locales/en.json';
    export default () => ({
      __: (text, ...all) => format(words[text] ?? text, ...all),
      __n: (one, other, count, ...all) => format(count === 1 ? one : other, ...all),
      getLocale: () => 'en_US', setLocale() {}, updateLocale() {},
    });`,
  'escalade/sync': 'export default () => undefined;',
  'get-caller-file': "export default () => '';",
  assert: `const hold = (is, why) => { if (!is) throw new Error(why); };
    export const strictEqual = (one, other, why) => hold(Object.is(one, other), why);
    export const notStrictEqual = (one, other, why) => hold(!Object.is(one, other), why);`,
  'node:module': 'export const createRequire = () => undefined;',
  'vscode-languageserver-types': `const isPlace = (it) => Number.isInteger(it?.line) && Number.isInteger(it?.character);
    export const Position = { create: (line, character) => ({ line, character }) };
    export const Range = { create(one, two, three, four) {
      const [start, end] = four === undefined ? [one, two] : [Position.create(one, two), Position.create(three, four)];
      if (!isPlace(start) || !isPlace(end)) throw new Error('no range: ' + [one, two, three, four]);
      return { start, end };
    } };`,
};
/** Before each command it lays out the help, for the case that one is asked for behind it. */
const KEEPS_HELP = 'yargs.getInternalMethods().getUsageInstance().cacheHelpMessage();';
const ASKING = /[\\/]node_modules[\\/](?:yargs|yargs-parser|cliui|dockerfile-ast)[\\/]/;
const insteadOf = {
  name: 'instead-of',
  setup({ onLoad, onResolve }) {
    onResolve({ filter: new RegExp(`^(?:${Object.keys(INSTEAD).join('|')})$`) }, ({ path, importer }) =>
      ASKING.test(importer) ? { path, namespace: 'instead' } : undefined,
    );
    onLoad({ filter: /[\\/]yargs[\\/]build[\\/]lib[\\/]command\.js$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8');
      if (!text.includes(KEEPS_HELP)) throw new Error(`yargs no longer has ${KEEPS_HELP}`);
      return { contents: text.replace(KEEPS_HELP, ''), loader: 'js' };
    });
    onResolve({ filter: /^yargs\/locales\// }, ({ path }) => ({ path: join(top, 'node_modules', path) }));
    onLoad({ filter: /.*/, namespace: 'instead' }, ({ path }) => ({
      contents: INSTEAD[path],
      loader: 'ts',
      resolveDir: join(top, 'src'),
    }));
  },
};

/** Single functions of semver, whose expressions take a while to make ready: at the first call, for few policies have ranges of versions. */
const atFirstCall = {
  name: 'at-first-call',
  setup({ onLoad, onResolve }) {
    onResolve({ filter: /^semver\/(?:functions|ranges)\// }, ({ path, namespace }) =>
      namespace === 'at-first-call' ? undefined : { path, namespace: 'at-first-call' },
    );
    onLoad({ filter: /.*/, namespace: 'at-first-call' }, ({ path }) => ({
      contents: `export default (...all) => require('${path}')(...all);`,
      resolveDir: top,
    }));
  },
};

/** Packages of CommonJS ask for Node's own modules by `require`, which modules do not have. All else of theirs is in the bundle. */
const REQUIRE = `const require = (name) => {
  const found = process.getBuiltinModule(name);
  if (found === undefined) throw new Error('this Node has no ' + name);
  return found;
};
`;

/**
 * The same sources as for Node, as ES modules: what is not asked for is left out, and the rest is not wrapped. It differs in how it
 * logs, which is not asked for, and in how it reads `!!binary`: with what throws at any other letter, and says nothing of the tag.
 */
const ES_YAML = join(top, 'node_modules/yaml/browser/dist/index.js');
const READS_BINARY = String.raw`atob(src.replace(/[\n\r]/g, ''))`;
const binaryAsInNode = {
  name: 'binary-as-in-node',
  setup({ onLoad }) {
    onLoad(
      { filter: /[\\/]yaml[\\/]browser[\\/]dist[\\/]schema[\\/]yaml-1\.1[\\/]binary\.js$/ },
      async ({ path }) => {
        const text = await readFile(path, 'utf8');
        if (!text.includes(READS_BINARY)) throw new Error(`yaml no longer has ${READS_BINARY}`);
        const likeNode = "Buffer.from(src, 'base64').toString('latin1')";
        return { contents: text.replace(READS_BINARY, likeNode), loader: 'js' };
      },
    );
  },
};

/** @returns what esbuild made, by its path below program/, and what of it is in which file */
export async function bundleProgram() {
  const { outputFiles, metafile } = await build({
    ...COMMON,
    entryPoints: ['cli/main.ts', ...(await processes()), ...(await threads())].map((path) =>
      join('src', path),
    ),
    outbase: 'src',
    outdir: 'program',
    splitting: true,
    chunkNames: 'parts/[name]-[hash]',
    target: 'node22',
    external: ['@bull-board/api', '@opentelemetry/api', '@virustotal/yara-x', 'bullmq', 'ioredis'],
    alias: { yaml: ES_YAML },
    plugins: [ownSources, insteadOf, atFirstCall, binaryAsInNode, englishOnly],
  });
  const all = outputFiles.map(({ path, text }) => [
    toPosix(relative(join(top, 'program'), path)),
    (text.includes('typeof require') ? REQUIRE : '') + withoutControl(text),
  ]);
  const hash = createHash('sha256');
  for (const [, text] of all.sort()) hash.update(createHash('sha256').update(text).digest());
  const digest = hash.digest('hex');
  const files = new Map(all.map(([path, text]) => [path, text.replaceAll(DIGEST, digest)]));
  files.set('licences.txt', await licences(Object.keys(metafile.inputs)));
  return { files, metafile };
}

async function write(folder) {
  const { files } = await bundleProgram();
  await rm(folder, { recursive: true, force: true });
  for (const [path, text] of files) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , mode, place] = process.argv;
  await write(join(mode === '--into' ? place : top, 'program'));
}
