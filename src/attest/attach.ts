import { PratiqueError } from '../errors.ts';
import type { Descriptor } from '../model/descriptor.ts';
import type { ImageSource } from '../model/image-source.ts';
import { MEDIA } from '../model/media-type.ts';
import { printable } from '../model/printable.ts';
import type { SignedBundle } from './bundle.ts';

/**
 * Pushes a signed statement beside an image, laid out as cosign v3 does: a referrer with one layer.
 * @param subject the index or manifest it refers to; one that the statement is about (`bundle.about`)
 * @returns the referrer
 * @throws {PratiqueError} `NOT_SUPPORTED` where the source cannot be written to; a fault of the source
 * @see OCI distribution-spec v1.1, "Pushing Manifests with Subject"; cosign, specs/BUNDLE_SPEC.md
 */
export async function attachVerdict(
  source: ImageSource,
  subject: Descriptor,
  bundle: SignedBundle,
): Promise<Descriptor> {
  if (source.attach === undefined) {
    throw new PratiqueError('NOT_SUPPORTED', {
      what: 'nothing can be attached here',
      where: printable(source.name),
      next: 'write the attestation to a file, or attach it to the image in its registry',
    });
  }
  return source.attach(subject, {
    artifactType: MEDIA.sigstoreBundle,
    mediaType: MEDIA.sigstoreBundle,
    content: bundle.content,
    annotations: {
      'dev.sigstore.bundle.content': 'dsse-envelope',
      'dev.sigstore.bundle.predicateType': bundle.predicateType,
      'org.opencontainers.image.created': bundle.createdAt,
    },
  });
}
