import type { Collector } from '../sighting.ts';
import { childOf, childrenOf } from '../yaml/find-in.ts';
import type { Tree } from '../yaml/yaml-tree.ts';
import { seeImage } from './image-fields.ts';

const LOCAL = /\$\{localEnv:[A-Za-z_][A-Za-z0-9_]*(?::([^}]*))?\}/g;

/**
 * The image of a development container; what it is built from stands in its Dockerfile or Compose file.
 * @see containers.dev, "devcontainer.json reference": image, "Variables in devcontainer.json"
 */
export function readDevcontainer(tree: Tree, out: Collector): void {
  const files = [...childrenOf(tree, 'dockerFile'), ...childrenOf(childOf(tree, 'build'), 'dockerfile')];
  for (const file of files) if (file.kind === 'text') out.builds(file.spot.start, file.spot.text);
  for (const image of childrenOf(tree, 'image'))
    seeImage(
      'image',
      image,
      (text) => {
        const filled = text.replace(LOCAL, (whole, fallback?: string) => fallback ?? whole);
        return nameless(filled) ?? { text: filled };
      },
      out,
    );
}

function nameless(text: string): { why: string } | undefined {
  const why = 'it hangs on the machine of whoever opens it';
  return text.includes('${') ? { why } : undefined;
}
