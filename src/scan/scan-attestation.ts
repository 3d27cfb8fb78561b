import { PratiqueError } from '../errors.ts';
import type { Limits } from '../io/limits.ts';
import type { AttestationDocument } from '../model/image.ts';
import { fieldsOfDocument } from './document-fields.ts';
import type { HitBudget } from './hit-budget.ts';
import { redactSecrets } from './redact.ts';
import type { ContentScanner, Hit } from './rule.ts';
import { type ConfigHit, scanField } from './scan-config.ts';
import { Unpacker } from './unpack/unpacker.ts';

/** What reading attestations hangs on. */
export interface AttestationTerms {
  readonly limits: Limits;
  readonly budget: HitBudget;
  readonly isOver: (() => boolean) | undefined;
}

/**
 * Scans what a builder attests of an image: the arguments of the build, its environment, the addresses of sources, the
 * lists of packages. Only for secrets: nothing of it runs. The same value of one manifest is told once.
 * @throws {PratiqueError} `LIMIT_EXCEEDED`, `TIMEOUT`
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
    for await (const { field, hit } of hitsIn(document, scanner, terms)) {
      const key = `${document.manifest} ${hit.fingerprint}`;
      if (hit.check !== 'secrets' || told.has(key)) continue;
      told.add(key);
      terms.budget.spend(1);
      const args = { ...hit.args, attestation: document.manifest };
      found.push({ field: redactSecrets(field, scanner), hit: { ...hit, args } });
    }
  }
  return found;
}

async function* hitsIn(
  document: AttestationDocument,
  scanner: ContentScanner,
  { limits, budget, isOver = () => false }: AttestationTerms,
): AsyncGenerator<ConfigHit> {
  if ('json' in document) {
    for (const field of fieldsOfDocument(document)) {
      if (isOver()) throw tooLate(document);
      yield* scanField(field, scanner);
    }
    return;
  }
  const { name, bytes, manifest } = document;
  const unpacker = new Unpacker(scanner, limits, budget, `attestation ${manifest}`, isOver);
  for (const { path, hit } of await unpacker.lookInto(once(bytes), name, 0)) yield { field: path, hit };
  yield* scanBytes(name, bytes, scanner).map((hit) => ({ field: name, hit }));
}

function scanBytes(field: string, bytes: Uint8Array, scanner: ContentScanner): readonly Hit[] {
  scanner.begin({ field });
  scanner.write(bytes);
  return scanner.end();
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

function tooLate({ manifest }: AttestationDocument): PratiqueError {
  const what = 'the run was over before the attestations of the image were read';
  return new PratiqueError('TIMEOUT', { what, where: manifest });
}
