import type { Collector } from '../sighting.ts';
import { substitute, type Variables } from '../substitute.ts';
import type { Tree } from '../yaml/yaml-tree.ts';

/** Sees the Dockerfile that a build takes. */
export function seeDockerfile(file: Tree, variables: Variables, out: Collector): void {
  if (file.kind !== 'text') return;
  const resolved = substitute(file.spot.text, variables);
  out.builds(file.spot.start, 'text' in resolved ? resolved.text : file.spot.text);
}

const CONTEXT = /^([^=]*=)?docker-image:\/\//;

/**
 * Sees the image of a build context, `docker-image://alpine:3` or `base=docker-image://alpine:3`; other contexts are
 * folders, repositories and targets.
 * @see Docker build, "Additional contexts"
 */
export function seeContext(role: string, value: Tree, variables: Variables, out: Collector): void {
  if (value.kind !== 'text') return;
  const { text, start, end } = value.spot;
  const resolved = substitute(text, variables);
  const [before = ''] = CONTEXT.exec(text) ?? [];
  const spot = {
    text: text.slice(before.length),
    start: end === undefined ? start : start + before.length,
    ...(end !== undefined && { end }),
  };
  if ('why' in resolved) {
    out.see({ role, spot, why: resolved.why });
    return;
  }
  const [scheme] = CONTEXT.exec(resolved.text) ?? [];
  if (scheme === undefined) return;
  out.see({ role, spot, name: resolved.text.slice(scheme.length) });
}
