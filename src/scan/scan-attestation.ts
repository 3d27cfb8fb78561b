import { PratiqueError } from '../errors.ts';
import type { Limits } from '../io/limits.ts';
import type { Digest } from '../model/digest.ts';
import type { AttestationDocument } from '../model/image.ts';
import { fieldsOfDocument } from './document-fields.ts';
import { DocumentTexts } from './document-texts.ts';
import type { HitBudget } from './hit-budget.ts';
import { redactSecrets } from './redact.ts';
import type { ContentScanner, Hit } from './rule.ts';
import { type ConfigHit, scanField } from './scan-config.ts';
import { ArchiveWatch } from './unpack/archive-watch.ts';
import { Unpacker } from './unpack/unpacker.ts';

/** What reading attestations hangs on. */
export interface AttestationTerms {
  readonly limits: Limits;
  readonly budget: HitBudget;
  readonly isOver: (() => boolean) | undefined;
}

/** What a document is called, until it says what it is. */
const NAME = 'attestation';

/**
 * Scans what a builder attests of an image: the arguments of the build, its environment, the addresses of sources, the
 * lists of packages. Only for secrets: nothing of it runs. The same value of one manifest is told once.
 * @throws {PratiqueError} `LIMIT_EXCEEDED`, `TIMEOUT`; what reading a document throws
 */
export async function scanAttestations(
  documents: AsyncIterable<AttestationDocument> | undefined,
  scanner: ContentScanner,
  terms: AttestationTerms,
): Promise<readonly ConfigHit[]> {
  if (documents === undefined) return [];
  const told = new Set<string>();
  const found: ConfigHit[] = [];
  for await (const document of documents) {
    const { manifest } = document;
    const inDocument: ConfigHit[] = [];
    const tell = (field: string, hits: readonly Hit[]) => {
      for (const hit of hits) {
        const key = `${manifest} ${hit.fingerprint}`;
        if (hit.check !== 'secrets' || told.has(key)) continue;
        told.add(key);
        terms.budget.spend(1);
        inDocument.push({ field, hit: { ...hit, args: { ...hit.args, attestation: manifest } } });
      }
    };
    const name = await scanDocument(document, scanner, terms, tell);
    for (const { field, hit } of inDocument)
      found.push({ field: name + redactSecrets(field.slice(NAME.length), scanner), hit });
  }
  return found;
}

type Tell = (field: string, hits: readonly Hit[]) => void;

/** @returns what the document is called */
async function scanDocument(
  document: AttestationDocument,
  scanner: ContentScanner,
  terms: AttestationTerms,
  tell: Tell,
): Promise<string> {
  const { manifest } = document;
  if ('bytes' in document) return scanBytes(document.bytes, manifest, scanner, terms, tell);
  for (const field of fieldsOfDocument({ name: NAME, json: document.json })) {
    if (terms.isOver?.()) throw tooLate(manifest);
    for (const { hit } of scanField(field, scanner)) tell(field.field, [hit]);
  }
  return NAME;
}

/**
 * Reads a document once, as its texts and as the bytes that it is; the latter counts where it was no JSON after all, and
 * is not held until that is known.
 */
async function scanBytes(
  bytes: AsyncIterable<Uint8Array>,
  manifest: Digest,
  scanner: ContentScanner,
  { limits, budget, isOver = () => false }: AttestationTerms,
  tell: Tell,
): Promise<string> {
  const where = `attestation ${manifest}`;
  const texts = new DocumentTexts(NAME, scanner, { where, depth: limits.jsonDepth }, tell);
  const raw = scanner.fork?.() ?? scanner;
  const archives = new ArchiveWatch(new Unpacker(scanner, limits, budget, where, isOver));
  let hits: readonly Hit[] = [];
  let inner: ReturnType<ArchiveWatch['finish']> = [];
  let isJson = false;
  raw.begin({ field: NAME });
  archives.begin(NAME, 0);
  try {
    for await (const chunk of bytes) {
      if (isOver()) throw tooLate(manifest);
      texts.write(chunk);
      raw.write(chunk);
      archives.write(chunk);
      await archives.settle();
    }
    archives.end();
    await archives.settle();
    inner = archives.finish();
  } finally {
    isJson = texts.end();
    archives.close();
    hits = raw.end();
  }
  for (const { path, hit } of inner) tell(path, [hit]);
  if (!isJson) tell(NAME, hits);
  return nameOf(texts.predicateType);
}

/** By what the statement says of itself: it is for people to find the place, and nothing hangs on it. */
function nameOf(predicateType: string): string {
  if (predicateType.startsWith('https://slsa.dev/provenance/')) return 'provenance';
  return /^https:\/\/(?:spdx\.dev|cyclonedx\.org)\//.test(predicateType) ? 'sbom' : NAME;
}

function tooLate(manifest: Digest): PratiqueError {
  const what = 'the run was over before the attestations of the image were read';
  return new PratiqueError('TIMEOUT', { what, where: manifest });
}
