import type { CheckWords } from '../check-words.ts';

/** What is told of the checks of who signed and who built. */
export const TRUST_WORDS: Readonly<Record<string, CheckWords>> = {
  signature: {
    what:
      "One of the signers in `signed-by` of the image's rule has signed the image, or the index it was " +
      'reached through: with a key; without one, by an identity in a certificate of Sigstore; or with ' +
      'notation, by a certificate of an authority of the policy.',
    why: 'Only a signature ties what a name stands for today to somebody who answers for it.',
    evidence:
      'The signatures found and why each does not count. Rules: `signature.missing`, ' +
      '`signature.other-signer`, `signature.invalid`. An attestation by a demanded signer is no signature: ' +
      "it may say anything, also FAILED. Read are cosign's signatures under their tag (v2) and as referrers " +
      '(v3), Sigstore bundles v0.1 to v0.3, and signatures of the Notary Project (JWS and COSE). What the ' +
      "policy does not ask of revocations is said. Attestations (GitHub's, and cosign's under the tag " +
      '`.att`) are verified too, and are no signatures.',
    remedy: 'Sign the image by its digest, with a key or as an identity that the policy names.',
    settings:
      '`signers` (a key: file, `env://NAME` or PEM; issuer and identity; or `notation`), `trust-roots`, ' +
      '`images[].signed-by`. Without `signed-by` nothing is demanded. Default level: fail. What a keyless ' +
      'signature has to prove: [policy.md](policy.md#keyless-signers), one of Notation: ' +
      '[policy.md](policy.md#notation-signers); with which authorities and logs, and how old these are: ' +
      '[policy.md](policy.md#trust-roots), and `pratique trust`. A trust root that was never had ' +
      '(`TRUST_ROOT_INVALID`) leaves the image undecided, not unsigned.',
  },
  provenance: {
    what:
      "A SLSA provenance (v0.2 or v1) that a demanded signer signed meets `provenance` of the image's rule: " +
      'builder, repository, ref or tag, build type, hosted runner, SLSA Build level. One that meets all of ' +
      'it is enough. Runs only where the policy has such a rule.',
    why:
      'A signature says who, not from what: a workflow that may sign can also build another branch, a fork ' +
      "or a laptop's files.",
    evidence:
      'For a keyless signer what its certificate says (repository, ref, commit, runner and build signer), ' +
      'which an authority checked at log-in. The provenance is text of the workflow itself: where both ' +
      'speak they must agree, and a difference in repository, ref, commit or builder is ' +
      '`provenance.contradiction`. What the certificate does not say meets no demand. Only for a key, and ' +
      "for a signer of Notation, does the provenance speak alone, as that signer's word. The build type " +
      "stands in no certificate and is the signer's word in any case. Rules: `provenance.missing`, " +
      '`provenance.unsigned`, `provenance.other-signer`, `provenance.malformed`, ' +
      '`provenance.contradiction`, `provenance.other-builder`, `provenance.other-source`, ' +
      '`provenance.other-ref`, `provenance.other-build-type`, `provenance.self-hosted`, ' +
      '`provenance.other-level`. What BuildKit writes into the index nobody signed: it never counts, and is ' +
      'named where nothing else is there. Where a demanded signer signed the manifest that lists it, as ' +
      "Docker's builders do, it counts as that signer's.",
    remedy:
      'Build with a workflow that attests its provenance (`actions/attest-build-provenance` with ' +
      '`push-to-registry`, or the container generator of slsa-github-generator), at the ref that the policy ' +
      'demands.',
    settings: '`images[].provenance`; see [policy.md](policy.md#provenance). Default level: fail.',
  },
  attestations: {
    what:
      "Everything that `attestations` of the image's rule lists is there: of the demanded type, by a " +
      'demanded signer, about this image or the index it was reached through, young enough, without a ' +
      'vulnerability from `fail-from` on, and as `where` says. Runs only where the policy has such a rule.',
    why:
      'This is how vulnerability data enters: pratique has no such database, the scanner that is run ' +
      'already has one, and its signed result says when it looked.',
    evidence:
      'Of each signer the newest attestation of the type, by the moment that it tells itself (end of the ' +
      'scan, creation of the SBOM, verification), else by the proved moment of signing; those without ' +
      'either count all. What is about the index does not replace what is about the platform: the newest ' +
      'about each counts. One that speaks against the image refuses it, whatever another signer says; one ' +
      'that is too old says nothing. Rules: `attestations.missing`, `attestations.unsigned`, ' +
      '`attestations.other-signer`, `attestations.malformed`, `attestations.too-old`, ' +
      '`attestations.vulnerable`, `attestations.condition`, `attestations.failed` (a VSA), ' +
      '`attestations.other-verifier`, `attestations.other-resource`. Undecided: a scan that cannot be ' +
      'counted, a field of another type than the condition is about, an age that nobody tells, a moment ' +
      'more than five minutes ahead; and beside one that would do a later one that may be of the type and ' +
      'could not be read, because it is too big, or because what a demanded signer signed is no statement. ' +
      'How scans are counted: [policy.md](policy.md#attestations).',
    remedy:
      '`trivy image --format cosign-vuln` and `cosign attest --type vuln` in the pipeline, and again before ' +
      'it is too old.',
    settings: '`images[].attestations`. Default level: fail.',
  },
};
