import { PratiqueError } from '../errors.ts';
import { type ImagePattern, parseImagePattern } from '../model/image-pattern.ts';
import { quoted } from '../model/printable.ts';
import { parseReference, type Reference } from '../model/reference.ts';

/** What a sweep is to look at: one image, or all that a pattern stands for. */
export type Wanted =
  /** a name with a tag or digest, or of which `latest` is meant */
  | { readonly kind: 'image'; readonly text: string; readonly reference: Reference }
  /** tags of one repository */
  | { readonly kind: 'repository'; readonly text: string; readonly reference: Reference }
  /** repositories of a registry, and their tags */
  | {
      readonly kind: 'registry';
      readonly text: string;
      readonly registry: string;
      readonly pattern: ImagePattern;
    };

export interface WantedOptions {
  /** whether tags are chosen: a name without one stands for its repository then, else for `latest` */
  readonly choosesTags: boolean;
}

/**
 * Reads what a sweep is to look at: `ghcr.io/acme/shop:1.4` is an image, `ghcr.io/acme/shop:*` the tags of a repository,
 * `ghcr.io/acme/**` all of a registry's repositories under that path.
 * @throws {PratiqueError} `REFERENCE_INVALID`, `POLICY_INVALID` for a pattern that is none, `USAGE` for one without a registry
 */
export function readWanted(text: string, { choosesTags }: WantedOptions): Wanted {
  if (!text.includes('*')) {
    const reference = parseReference(text);
    const isWhole = choosesTags && reference.tag === undefined && reference.digest === undefined;
    return { kind: isWhole ? 'repository' : 'image', text, reference };
  }
  const pattern = parseImagePattern(text);
  if (pattern.host === undefined || pattern.host.includes('*'))
    throw new PratiqueError('USAGE', {
      what: `${quoted(text)} names no registry`,
      next: 'begin with the host of one: a sweep asks the registries that it is told',
    });
  if (pattern.parts.some((part) => part.includes('*')))
    return { kind: 'registry', text, registry: pattern.host, pattern };
  const { registry, repository } = parseReference(`${pattern.host}/${pattern.parts.join('/')}`);
  return { kind: 'repository', text, reference: { registry, repository, tag: pattern.tag ?? '*' } };
}
