import { repositoryOf } from '../finding-key.ts';
import { foreign } from '../foreign.ts';

/**
 * The category of each image's run, in order, all different (GitHub refuses a file with two alike): `pratique/`
 * and the image without its tag, so that the next tag's run follows this one's alerts. Images that differ in the
 * tag alone get their whole name; equal ones a number. The final slash says that the text is all category.
 * @see SARIF 2.1.0, 3.17.3
 */
export function categoriesOf(names: readonly string[]): readonly string[] {
  const short = names.map(repositoryOf);
  const wanted = short.map((name, index) => (isAlone(name, short) ? name : (names[index] ?? name)));
  const taken = new Set<string>();
  return wanted.map((name) => {
    const base = `pratique/${foreign(name, 300)}`;
    let category = base;
    for (let n = 2; taken.has(category); n += 1) category = `${base}#${n}`;
    taken.add(category);
    return `${category}/`;
  });
}

function isAlone(name: string, all: readonly string[]): boolean {
  return all.filter((other) => other === name).length === 1;
}
