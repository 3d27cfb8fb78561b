/**
 * Makes what ships of `wasm/matcher.ts`: `src/scan/matcher-program.ts`. Run: `node testdata/make-wasm.ts`.
 * test/scan/matcher-program.test.ts proves that the same comes out again.
 */
import { writeFileSync } from 'node:fs';
import asc from 'assemblyscript/asc';

const OPTIONS = ['-O3', '--runtime', 'stub', '--noAssert', '--importMemory', '--sharedMemory'];
const MEMORY = ['--initialMemory', '1', '--maximumMemory', '65536', '--enable', 'threads'];

/** The program in WebAssembly. @throws {Error} with what the compiler says */
export async function compileMatcher(): Promise<Uint8Array> {
  const { error, stderr, binary } = await compile();
  if (error !== null || binary === undefined) throw new Error(`asc: ${stderr}`);
  return binary;
}

async function compile() {
  let binary: Uint8Array | undefined;
  const base = new URL('..', import.meta.url).pathname;
  const words = ['wasm/matcher.ts', '--baseDir', base, '-o', 'matcher.wasm', ...OPTIONS, ...MEMORY];
  const writeFile = (name: string, contents: Uint8Array | string) => {
    if (name === 'matcher.wasm' && typeof contents !== 'string') binary = contents;
  };
  const { error, stderr } = await asc.main(words, { writeFile });
  return { error, stderr: stderr.toString(), binary };
}

/** The file that ships. */
export function programFile(binary: Uint8Array): string {
  const text = Buffer.from(binary).toString('base64');
  return `// Made by testdata/make-wasm.ts from wasm/matcher.ts; not to be edited.

/** The inner loop of the matcher as WebAssembly, in base64. */
export const MATCHER_PROGRAM =
  '${text}';
`;
}

if (import.meta.main) {
  const file = new URL('../src/scan/matcher-program.ts', import.meta.url);
  writeFileSync(file, programFile(await compileMatcher()));
}
