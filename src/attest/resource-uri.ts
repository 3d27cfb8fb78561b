import type { Digest } from '../model/digest.ts';
import type { Reference } from '../model/reference.ts';

/**
 * The name of an image's content in a repository, as a package URL:
 * `pkg:oci/app@sha256%3A…?repository_url=ghcr.io/acme/app`. The tag is left out: it is not what was judged.
 * SLSA wants the URI that the consumer can work out by itself; in-toto recommends package URLs for it.
 * The percent-encoding is fixed here and compared as text: the digest's colon is encoded, in `repository_url`
 * everything but letters, digits and `. - _ ~ / :`.
 * @see SLSA v1.2, verification_summary.md, `resourceUri`; package-url, purl-types `oci`
 */
export function resourceUri({ registry, repository }: Reference, digest: Digest): string {
  const name = repository.slice(repository.lastIndexOf('/') + 1);
  const place = encodeURIComponent(`${registry}/${repository}`).replaceAll('%2F', '/').replaceAll('%3A', ':');
  return `pkg:oci/${encodeURIComponent(name)}@${encodeURIComponent(digest)}?repository_url=${place}`;
}
