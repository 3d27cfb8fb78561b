import { dirname, resolve } from 'node:path';
import { checkOf } from './check-names.ts';
import { collectFaults } from './faults.ts';
import { readSmallFile, shownPath } from './read-file.ts';
import { readYaml } from './yaml-file.ts';
import type { Path, YamlFile } from './yaml-places.ts';

/** Where a policy says something, as `pratique.yaml:14 images.1.signed-by`; absent where no file says it. */
export interface PolicyLines {
  /** @param index of the rule in `Policy.images` */
  ofRule(index: number): string | undefined;
  /** a key of an image rule, as `signed-by` */
  ofDemand(index: number, key: string): string | undefined;
  /** a key of the policy as a whole, as `sources` or `lookalikes.action` */
  ofKey(path: Path): string | undefined;
  /** what sets the level of a check or rule. @param index of the rule that fits the image, where one does */
  ofLevel(id: string, index: number | undefined): string | undefined;
}

/** A policy of no file. */
export const NO_LINES: PolicyLines = {
  ofRule: () => undefined,
  ofDemand: () => undefined,
  ofKey: () => undefined,
  ofLevel: () => undefined,
};

/**
 * Where the files of a policy say what they say. It was read before, and has no faults.
 * @param origin the policy's file as it is shown, from `cwd`
 * @throws {PratiqueError} `POLICY_NOT_FOUND`, `POLICY_INVALID` where a file has changed since
 */
export async function readPolicyLines(origin: string, cwd: string): Promise<PolicyLines> {
  const files = await readChain(resolve(cwd, origin), cwd);
  // As `extend` puts them together: rules of the file itself come first, and its word goes over that of the one it extends.
  const rules = files.flatMap((file) => rulesOf(file).map((_, index) => ({ file, index })));
  const lineAt = (file: YamlFile, path: Path) => `${file.shown}:${lineOf(file, path)} ${path.join('.')}`;
  const ofKey = (path: Path) => {
    const file = files.find(({ value }) => has(value, path));
    return file && lineAt(file, path);
  };
  const inRule = (at: number | undefined, ...path: Path) => {
    const { file, index } = rules[at ?? -1] ?? {};
    const full = ['images', index ?? 0, ...path];
    return file !== undefined && has(file.value, full) ? lineAt(file, full) : undefined;
  };
  return {
    ofRule: (index) => inRule(index),
    ofDemand: inRule,
    ofKey,
    ofLevel(id, index) {
      const parent = checkOf(id)?.id ?? id;
      const action = parent === 'name.lookalike' ? ofKey(['lookalikes', 'action']) : undefined;
      const near = inRule(index, 'checks', id) ?? inRule(index, 'checks', parent);
      return near ?? ofKey(['checks', id]) ?? action ?? ofKey(['checks', parent]);
    },
  };
}

/** The file, the one that it extends, and so on. */
async function readChain(path: string, cwd: string): Promise<readonly YamlFile[]> {
  const faults = collectFaults();
  const shown = shownPath(cwd, path);
  const file = readYaml(await readSmallFile(path, shown), shown, faults);
  faults.throwIfAny();
  if (file === undefined) return [];
  const base = valueAt(file.value, ['extends']);
  return typeof base === 'string' ? [file, ...(await readChain(resolve(dirname(path), base), cwd))] : [file];
}

function rulesOf({ value }: YamlFile): readonly unknown[] {
  const rules = valueAt(value, ['images']);
  return Array.isArray(rules) ? rules : [];
}

/** Of a key the key's own line, of an item of a list the item's. */
function lineOf(file: YamlFile, path: Path): string {
  const isItem = typeof path.at(-1) === 'number';
  return (isItem ? file.placeOf(path) : file.placeOfKey(path)).split(':')[0] ?? '1';
}

function has(value: unknown, path: Path): boolean {
  return valueAt(value, path) !== undefined;
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (inner, key) =>
      typeof inner === 'object' && inner !== null && Object.hasOwn(inner, key)
        ? (inner as Record<PropertyKey, unknown>)[key]
        : undefined,
    value,
  );
}
