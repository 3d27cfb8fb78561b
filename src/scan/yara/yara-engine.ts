import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { PratiqueError } from '../../errors.ts';
import { boundMemory, WASM_PAGE } from './bounded-memory.ts';

/** A `WebAssembly.Module`, which the types of Node do not know: it is only handed on. */
export type WasmModule = object;

const { WebAssembly } = globalThis as unknown as {
  readonly WebAssembly: { readonly Module: new (bytes: Uint8Array) => WasmModule };
};

/** The engine for YARA rules, found and ready to be started in any number of threads. */
export interface YaraEngine {
  /** of its JavaScript, for `import` */
  readonly url: string;
  readonly module: WasmModule;
  readonly version: string;
}

/** Who runs a policy with YARA rules installs it: few do, and it has 6 MB. */
const PACKAGE = '@virustotal/yara-x';
/** The version that the tests are run with: what rules find, and what of its interface is used, hangs on it. */
const TESTED = '1.20.0';
/** Bytes of one engine: a large file, and some tens of millions of matches. */
const MOST_MEMORY = 1024 * 1024 * 1024;

/**
 * Finds the engine among the packages beside this one. No other place is asked: a folder that a user happens to stand
 * in must not say what code runs.
 * @param resolve for tests
 * @throws {PratiqueError} `POLICY_INVALID` where it is not installed, or cannot be read
 */
export function findYaraEngine(resolve: (name: string) => string = resolver()): YaraEngine {
  const entry = attempt(() => resolve(PACKAGE), 'the engine for them is not installed');
  return attempt(() => {
    const { version } = JSON.parse(readFileSync(resolve(`${PACKAGE}/package.json`), 'utf8'));
    const program = readFileSync(join(dirname(entry), 'yara_x_js_bg.wasm'));
    const module = new WebAssembly.Module(boundMemory(program, MOST_MEMORY / WASM_PAGE));
    return { url: pathToFileURL(entry).href, module, version: String(version) };
  }, 'the engine for them cannot be read');
}

function resolver(): (name: string) => string {
  return createRequire(import.meta.url).resolve;
}

function attempt<T>(work: () => T, why: string): T {
  try {
    return work();
  } catch (thrown) {
    throw new PratiqueError(
      'POLICY_INVALID',
      {
        what: 'the YARA rules of the policy cannot be run',
        why,
        next: `run npm install ${PACKAGE}@${TESTED} beside pratique, or take yara out of the policy`,
      },
      { cause: thrown },
    );
  }
}
