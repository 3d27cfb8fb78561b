import fc from 'fast-check';
import {
  formatImagePattern,
  matchesImage,
  matchesSurely,
  parseImagePattern,
} from '../../../src/model/image-pattern.ts';
import type { Reference } from '../../../src/model/reference.ts';
import type { Imported } from '../../../src/policy/imports/imported.ts';

/** Names that lie close to one another. */
export const names: fc.Arbitrary<Reference> = fc
  .record({
    registry: fc.constantFrom(
      'docker.io',
      'ghcr.io',
      'example.com',
      'a.example.com',
      'b.a.example.com',
      'example.com:5000',
    ),
    path: fc.array(fc.constantFrom('acme', 'acme-evil', 'app', 'apple', 'library', 'nginx'), {
      minLength: 1,
      maxLength: 3,
    }),
    tag: fc.constantFrom(undefined, 'latest', '1', '1.2', '1.25'),
  })
  .map(({ registry, path, tag }) => ({
    registry,
    repository: registry === 'docker.io' && path.length === 1 ? `library/${path[0]}` : path.join('/'),
    ...(tag === undefined ? {} : { tag }),
  }));

/** Every way in which people write a name: with and without Docker Hub's host, and `latest`. */
export function spellings({ registry, repository, tag }: Reference): readonly string[] {
  const short = repository.replace(/^library\/(?=[^/]+$)/, '');
  const bases =
    registry === 'docker.io'
      ? [
          repository,
          short,
          ...['docker.io', 'index.docker.io'].flatMap((host) => [
            `${host}/${repository}`,
            `${host}/${short}`,
          ]),
        ]
      : [`${registry}/${repository}`];
  const plain = tag === undefined || tag === 'latest' ? bases : [];
  return [...plain, ...bases.map((base) => `${base}:${tag ?? 'latest'}`)];
}

/** Whether the imported policy lets a name in, and whom it then asks for: none of these is nobody. */
export function judged(
  { allow, deny, images }: Imported,
  reference: Reference,
): readonly string[] | undefined {
  const read = (patterns: Imported['allow']) =>
    patterns.map((one) => parseImagePattern(formatImagePattern(one)));
  if (read(deny).some((one) => matchesImage(one, reference))) return undefined;
  if (!read(allow).some((one) => matchesSurely(one, reference))) return undefined;
  const rule = images.find(({ match }) => matchesImage(match, reference));
  return rule === undefined ? [] : rule.signedBy;
}
