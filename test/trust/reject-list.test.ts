import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

/**
 * What a verifier has to withstand, and the test that fails where it does not: file and title, as they are written there. A test that
 * is renamed or taken out has to be renamed or taken out here, too.
 */
type Proof = readonly [file: string, ...titles: readonly string[]];

const CERTIFICATE = 'trust/keyless/certificate-rejected.test.ts';
const ENVELOPE = 'trust/keyless/envelope-rejected.test.ts';
const ENTRY = 'trust/keyless/log-entry-rejected.test.ts';
const TAG = 'trust/keyless/tag-rejected.test.ts';
const POLICY = 'trust/keyless/policy.test.ts';
const BUNDLE = 'trust/sigstore-bundle-rejected.test.ts';
const SIGNATURE = 'trust/cosign-signature.test.ts';
const ATTESTATION = 'trust/cosign-attestation.test.ts';
const COLLECT = 'trust/collect-evidence.test.ts';
const HOSTILE = 'trust/keyless/hostile-bundles.ts';
const UNDECIDED = 'trust/undecided.test.ts';
const REGISTRY = 'sources/registry/hostile.test.ts';
const ADMIT = 'attest/admit.test.ts';
const PROVENANCE = 'checks/provenance/provenance.test.ts';
const LAYOUTS = 'check-image.provenance.test.ts';
const NOTATION = 'trust/notation/envelope-rejected.test.ts';
const NOTATION_CERTIFICATE = 'trust/notation/certificate-rejected.test.ts';
const NOTATION_POLICY = 'policy/notation.test.ts';

const REJECTS: Readonly<Record<string, readonly Proof[]>> = {
  'a valid signature over another digest': [
    [
      SIGNATURE,
      'over another digest',
      'over a prefix of the digest',
      'moved from another image of the same signer does not count',
    ],
    [TAG, 'over another image, moved here'],
    [ATTESTATION, 'about another image'],
    [BUNDLE, 'about another image'],
    [ENVELOPE, 'about another image'],
    ['trust/sigstore-bundle.test.ts', 'over other bytes under the digest of the manifest is rejected'],
    ['trust/containers-image.test.ts', 'does not count for an image with another digest'],
  ],
  'an unrelated log entry': [
    [ENTRY, 'of a signature of somebody else (CVE-2026-22703)', 'with another payload'],
    [TAG, 'with the log entry of another payload'],
    [ATTESTATION, 'whose envelope was written anew, which changes its digest'],
  ],
  'a log entry of another certificate': [
    [ENTRY, 'of kind ${kind} that records another certificate', 'that records a key'],
    [TAG, 'with a log entry that records another certificate'],
    [ATTESTATION, 'whose log entry records another certificate'],
  ],
  'a time of entry that nobody signed': [
    [ENVELOPE, 'by the time in an entry that nobody signed', 'by nothing at all'],
    [ENTRY, 'whose time was changed'],
    [ATTESTATION, 'whose time of entry was changed'],
  ],
  'an entry or a log that counts twice': [
    [ENTRY, 'twice', 'beside another of the same log (CVE-2026-49834)'],
  ],
  'a name that is almost the right one': [
    [
      CERTIFICATE,
      'of another repository that begins alike',
      'of another ref',
      'of a ref cut short',
      'of a host that has the name in its query',
      'of a host that a dot of a regular expression would fit',
      'with two names',
      'whose name is the trusted one once a reader drops bit 8',
    ],
    [
      'model/identity-pattern.test.ts',
      'a prefix',
      'a substring',
      'nothing',
      'without a star is met by itself and by nothing else',
    ],
  ],
  'the right issuer with another name, and the reverse': [
    [
      CERTIFICATE,
      'logged in elsewhere',
      'logged in at an issuer that begins alike',
      'logged in nowhere',
      'though issuer and identity are each of somebody whom the policy names',
      'with two issuers',
    ],
  ],
  'a policy that means everybody': [[POLICY, 'cannot be written so that it means everybody']],
  'a certificate where a key is demanded, and the reverse': [
    [ENVELOPE, 'with a certificate where a key is demanded', 'with a key where a certificate is demanded'],
    [POLICY, 'somebody signed with a key'],
  ],
  'another trust root': [
    [
      CERTIFICATE,
      'of an authority that the root does not know',
      'though the identity is right, where it is another instance that says so',
    ],
    [ENTRY, 'of a log that the root does not know'],
    [TAG, 'with the certificate of another instance'],
  ],
  'a predicate of another type than the label says': [
    [BUNDLE, 'labelled a signature and holding something else'],
    [ENVELOPE, 'that its label calls something else'],
    [ATTESTATION, 'that its label calls something else'],
  ],
  'an attestation that passes for a signature': [
    [
      ENVELOPE,
      'with a verdict that the trusted identity signed: it attests and is no signature (CVE-2026-39395)',
    ],
    [POLICY, 'the signer only attested something else'],
  ],
  'a summary that failed, is stale, by another verifier or of another resource': [
    [
      ADMIT,
      'that failed',
      'whose pass is stale',
      'whose pass is from the future',
      'that another verifier passed with the same key',
      'that passed for another repository',
      'whose resource is the right one with more behind it',
    ],
  ],
  'a payload type that was changed': [
    [
      BUNDLE,
      'whose payload type was changed',
      'whose payload type was changed to the right one',
      'with another signed payload type',
    ],
    [ENVELOPE, 'of another type than it was signed with', 'that holds no statement'],
  ],
  'two signatures in one envelope': [
    [BUNDLE, 'with two signatures'],
    [ENVELOPE, 'with two signatures'],
    [ATTESTATION, 'with two signatures'],
  ],
  'a subject that is null or of another kind of digest': [
    [
      BUNDLE,
      'with a null subject',
      'with no subjects',
      'with a sha512 subject only',
      'with the digest under another name',
    ],
    [ENVELOPE, 'about a digest of another kind only', 'about nothing'],
  ],
  'a payload without docker-manifest-digest': [
    [SIGNATURE, 'without docker-manifest-digest', 'whose docker-manifest-digest is null'],
  ],
  'a layer digest that is not that of the blob': [
    [SIGNATURE, 'whose blob is not the one that the layer names is a fault, not a rejection'],
  ],
  'a referrer of another image': [
    [BUNDLE, 'in a referrer of another image', 'in a manifest without a subject'],
    [ENVELOPE, 'that the registry puts beside another image'],
  ],
  'other bytes than those of the digest': [
    [
      REGISTRY,
      'of a manifest by digest, with the header telling the truth or lying',
      'of a blob: other, short, long, and with a length that is announced wrong',
    ],
    [COLLECT, 'from a source that gives too little of a %s is a fault'],
  ],
  'a tag that moves between verifying and using': [
    [REGISTRY, '14. a tag that moves after it was looked up changes nothing (enduragent #890)'],
  ],
  'endless signatures': [
    [SIGNATURE, 'among more than the limit is a fault, after bounded work (CVE-2023-46737)'],
    [
      COLLECT,
      'of endless referrers is a fault after bounded work',
      'counts the signatures of the image and of its indexes together',
    ],
    [ADMIT, 'where there are endless attestations'],
  ],
  'huge layers': [
    [BUNDLE, 'in a layer that claims to be huge (CVE-2024-29902)'],
    [SIGNATURE, 'in a layer that claims to be huge'],
  ],
  'names that are regular expressions': [
    [
      ENTRY,
      'with a checkpoint by a name that is a regular expression',
      'with a checkpoint by a name that is half a regular expression',
    ],
    [HOSTILE, 'with names that are regular expressions', 'with a checkpoint of such names'],
  ],
  'nothing found, and could not be looked for': [
    [POLICY, 'nobody signed'],
    [
      UNDECIDED,
      'for %s of an image that is not signed',
      'where the registry %s: undecided, %s',
      'where the list of referrers goes on and its next page',
    ],
    [
      COLLECT,
      'of an unsigned image is empty, after both places were looked at',
      '%s that fails with %s is never "unsigned"',
    ],
  ],
  'an issuing authority that had run out': [
    [
      CERTIFICATE,
      'of an authority whose own has run out (CVE-2026-24122)',
      'of an authority that the root trusts no more',
    ],
  ],
  'a timestamp outside the term of a key': [
    [
      ENVELOPE,
      'by a timestamp after the certificate had run out (CVE-2026-54787)',
      'by two moments of which one is too late',
      'by an authority whose term is over',
    ],
    [ENTRY, 'of a log whose term is over', 'with a proof by a log whose term is over'],
    [
      CERTIFICATE,
      'that had run out when it was logged',
      'that was yet to come when it was logged',
      'in a certificate log that was given up',
    ],
  ],
  'a crash that ends well': [
    [BUNDLE, 'of any JSON at all is rejected and never a crash'],
    [
      'trust/keyless/hostile.test.ts',
      'a bundle with any one character changed is rejected, or still by the same signer: nothing is thrown',
    ],
    ['check-image.faults.test.ts', 'that %s is never a pass'],
    ['cli/process.test.ts', 'ends with 3 where work never settles and nothing is left to wait for'],
  ],
  'a login for a host that only looks like its own': [
    [
      REGISTRY,
      'is used for its own, port included',
      'is not used for ${name}',
      'GITHUB_TOKEN is for ghcr.io and nothing that looks like it',
    ],
  ],
  'a provenance of another source, ref or builder': [
    [
      PROVENANCE,
      'a repository has something appended',
      'a repository has something prepended',
      'a repository has something in the middle',
      'a branch is demanded and a tag was built',
      'a tag is demanded and a branch was built',
      'v13 is demanded and v13.0 was built',
      'v13 is no whole version',
    ],
    [LAYOUTS, '%s is refused where %s is demanded: provenance.%s'],
  ],
  'a provenance that its certificate contradicts': [
    [PROVENANCE, 'another repository', 'another ref', 'another commit', 'another builder'],
  ],
  'a provenance that nobody signed': [
    [PROVENANCE, 'BuildKit alone wrote one', 'BuildKit alone wrote one, v1'],
    [LAYOUTS, 'counts for nothing where nobody signed it, and is named'],
  ],
  'a runner of somebody else': [
    [PROVENANCE, 'is 1 for the container generator on a machine of somebody else'],
  ],
  'a signature of Notation that does not hold': [
    [
      NOTATION,
      'with a critical field that nobody understands',
      'with the algorithm of another key (item 14)',
      'whose own time is over',
      'with another size (notation item 14)',
      'with another type (CVE-2023-33959)',
    ],
    [NOTATION_CERTIFICATE, 'that are their own root'],
    [NOTATION_POLICY, 'a level that skips what is demanded (item 14)'],
  ],
};

/** Around the libraries, which leave these open. */
const GUARDS: Readonly<Record<string, readonly Proof[]>> = {
  'names in a checkpoint are names': [
    [
      ENTRY,
      'with a checkpoint by a name that is a regular expression',
      "with a checkpoint by a name that is only a part of the log's",
    ],
  ],
  'kinds of entries are known': [
    [ENTRY, 'of a kind that says nothing of certificates', 'of another kind than it says'],
  ],
  'at most 32 entries': [[ENTRY, 'among 33']],
  'one entry of one log': [[ENTRY, 'twice']],
  'a log has a term': [['trust/keyless/log-entry-rejected.test.ts', 'of a log whose term is over']],
  'which digest an entry has depends on its kind': [
    [ENTRY, 'with the digest of the payload where that of the envelope belongs'],
  ],
  'the entry’s key is the signer’s': [[ENTRY, 'of kind ${kind} that records another certificate']],
  'the payload is an in-toto statement': [[ENVELOPE, 'that holds no statement']],
  'exactly one DSSE signature': [[ENVELOPE, 'with two signatures']],
  'whatever is thrown rejects': [
    [CERTIFICATE, 'that is none'],
    [ENVELOPE, 'by bytes that are no timestamp'],
  ],
  'an old log entry is of this envelope': [
    [ATTESTATION, 'whose envelope was written anew, which changes its digest'],
  ],
  'a timestamp of an attestation is over its envelope': [
    [ATTESTATION, 'whose timestamp is over the signature in it'],
  ],
  'thresholds belong to the root': [
    [
      'trust/keyless/accepted.test.ts',
      'in no log counts where the root has none, and only there',
      'with a certificate in no log counts where the root has none, and only there',
    ],
  ],
};

const ADVISORIES: Readonly<Record<string, readonly Proof[]>> = {
  'CVE-2026-22703, CVE-2022-23649, CVE-2024-51746: an unrelated entry of the log': [
    [ENTRY, 'of a signature of somebody else (CVE-2026-22703)'],
  ],
  'CVE-2026-39395, CVE-2022-35929, CVE-2022-35930: another predicate passes': [
    [
      ENVELOPE,
      'with a verdict that the trusted identity signed: it attests and is no signature (CVE-2026-39395)',
    ],
    [BUNDLE, 'without a predicate type', 'with an empty predicate type'],
  ],
  'CVE-2026-24122: an issuing authority that had run out': [
    [CERTIFICATE, 'of an authority whose own has run out (CVE-2026-24122)'],
  ],
  'CVE-2026-39984: a timestamp chooses its certificate': [
    [ENVELOPE, 'by another authority of the same name, which brings its certificate (CVE-2026-39984)'],
  ],
  'CVE-2026-54787: a timestamp outside the term': [
    [ENVELOPE, 'by a timestamp after the certificate had run out (CVE-2026-54787)'],
  ],
  'CVE-2026-49834: one log counted twice': [[ENTRY, 'beside another of the same log (CVE-2026-49834)']],
  'CVE-2023-46737, CVE-2024-45395: endless signatures': [
    [SIGNATURE, 'among more than the limit is a fault, after bounded work (CVE-2023-46737)'],
  ],
  'CVE-2024-29902, CVE-2024-29903: huge attachments': [
    [BUNDLE, 'in a layer that claims to be huge (CVE-2024-29902)'],
  ],
  'CVE-2023-33959, CVE-2022-47633: the registry exchanges what was verified': [
    [REGISTRY, '14. a tag that moves after it was looked up changes nothing (enduragent #890)'],
  ],
  'CVE-2025-29778: a pattern that is passed over': [
    ['model/identity-pattern.test.ts', 'a regular expression', 'a dot that stands for any character'],
  ],
  'CVE-2023-42813 to 42816: huge manifests': [[REGISTRY, 'a manifest is cut off at its limit']],
  'CVE-2025-25204: no attestation, and all is well': [
    [POLICY, 'nobody signed'],
    ['checks/signature.test.ts', 'is not met by what a demanded signer attests about the image'],
  ],
  'CVE-2026-44310: a crash, and all is well': [[BUNDLE, 'of any JSON at all is rejected and never a crash']],
  'CVE-2025-27403: logins by part of a host': [[REGISTRY, 'is not used for ${name}']],
};

const TEST = new URL('..', import.meta.url).pathname;
const sources = new Map<string, string>();

function sourceOf(file: string): string {
  const path = join(TEST, file);
  const text = sources.get(file) ?? (existsSync(path) ? readFileSync(path, 'utf8') : '');
  sources.set(file, text);
  return text;
}

/** Whether a text of the file, in any quotes, is this one. */
function hasTitle(file: string, title: string): boolean {
  return ["'", '"', '`'].some((quote) =>
    sourceOf(file).includes(quote + title.replaceAll(quote, `\\${quote}`) + quote),
  );
}

describe.each([
  ['an attack', REJECTS],
  ['a guard', GUARDS],
  ['an advisory', ADVISORIES],
])('%s has a test that fails without us', (_kind, table) => {
  test.each(Object.entries(table))('%s', (_what, proofs) => {
    const missing = proofs.flatMap(([file, ...titles]) =>
      titles.filter((title) => !hasTitle(file, title)).map((title) => `${file}: ${title}`),
    );
    expect(missing).toEqual([]);
    expect(proofs.flatMap(([, ...titles]) => titles)).not.toEqual([]);
  });
});

const REASONS = [
  'other-key',
  'other-identity',
  'bad-certificate',
  'bad-timestamp',
  'bad-log-entry',
  'bad-signature',
  'other-subject',
  'wrong-predicate',
  'malformed',
  'too-big',
  'unsupported',
];
/** A row of a table of rejections: what it is, and for which reason it is rejected. */
const ROW = new RegExp(`\\[\\s*(['"\`])((?:(?!\\1).)+)\\1,\\s*'(${REASONS.join('|')})'`, 'g');

test('eighty rejections at least have a name and a reason of their own, each reason among them', () => {
  const files = readdirSync(join(TEST, 'trust'), { recursive: true, encoding: 'utf8' }).filter((name) =>
    /(?:rejected|cosign-[a-z]+)\.test\.ts$/.test(name),
  );
  const rows = files.flatMap((file) => [...sourceOf(join('trust', file)).matchAll(ROW)]);
  const named = new Set(rows.map(([, , title, reason]) => `${title}: ${reason}`));
  process.stderr.write(`measured: ${rows.length} rejections, ${named.size} by name and reason\n`);
  expect(named.size).toBeGreaterThanOrEqual(80);
  expect(new Set(rows.map(([, , , reason]) => reason))).toEqual(new Set(REASONS));
});
