import type { Image } from '../model/image.ts';
import { fieldsOfDocument } from './document-fields.ts';
import { redactSecrets } from './redact.ts';
import type { ContentScanner, Hit } from './rule.ts';

/** A hit in the configuration or the manifest. */
export interface ConfigHit {
  /** `config.Env[3]`, `config.Labels[maintainer]`, `history[2]`, `manifest.annotations[…]`; foreign, not escaped */
  readonly field: string;
  readonly hit: Hit;
}

interface Field {
  readonly field: string;
  readonly text: string;
}

/**
 * Scans what an image says of itself: environment, commands, labels, health check, triggers, the history with its
 * build arguments, and the manifest's annotations; then every other text of its documents. Most secrets that still
 * work are found in the environment.
 */
export function scanConfig(image: Image, scanner: ContentScanner): readonly ConfigHit[] {
  const known = fieldsOf(image, scanner).flatMap((field) => scanField(field, scanner));
  const hits = [...known, ...scanDocuments(image, scanner, known)];
  if (hits.some(isSureMiner)) return hits;
  const process = scanProcess(image, scanner);
  if (process.length === 0) return hits;
  // What is only hinted at by one field is told by all of them together.
  const isHinted = hits.some(({ hit }) => hit.check === 'miners');
  if (isHinted && !process.some(isSureMiner)) return hits;
  return [...hits.filter(({ hit }) => hit.check !== 'miners'), ...process];
}

function isSureMiner({ hit }: ConfigHit): boolean {
  return hit.check === 'miners' && hit.confidence !== 'low';
}

/** What the documents hold beside the fields above; the same value is told once, under the better name. */
function scanDocuments(
  { documents }: Image,
  scanner: ContentScanner,
  known: readonly ConfigHit[],
): readonly ConfigHit[] {
  const told = new Set(known.map(({ hit }) => hit.fingerprint));
  const found: ConfigHit[] = [];
  for (const document of documents) {
    for (const { field, text } of fieldsOfDocument(document)) {
      // What runs has been looked at above, under its own name; here a miner can only be spoken of.
      const fresh = scanField({ field, text }, scanner).filter(
        ({ hit }) => hit.check !== 'miners' && !told.has(hit.fingerprint),
      );
      for (const one of fresh) told.add(one.hit.fingerprint);
      found.push(...fresh.map((one) => ({ ...one, field: redactSecrets(field, scanner) })));
    }
  }
  return found;
}

/** Scans one text by itself. */
export function scanField({ field, text }: Field, scanner: ContentScanner): readonly ConfigHit[] {
  if (text === '') return [];
  scanner.begin({ field });
  scanner.write(Buffer.from(text));
  return scanner.end().map((hit) => ({ field, hit }));
}

/** The process as it runs: a miner may stand in the entrypoint, its pool in the arguments, its wallet in the environment. */
function scanProcess({ config }: Image, scanner: ContentScanner): readonly ConfigHit[] {
  const command = [...config.entrypoint, ...config.cmd].join(' ');
  const text = [command, ...config.env].join('\n');
  return scanField({ field: 'config.Entrypoint', text }, scanner).filter(({ hit }) => hit.check === 'miners');
}

function fieldsOf({ config, annotations }: Image, scanner: ContentScanner): readonly Field[] {
  return [
    ...config.env.map((text, index) => ({ field: `config.Env[${index}]`, text })),
    { field: 'config.Entrypoint', text: config.entrypoint.join(' ') },
    { field: 'config.Cmd', text: config.cmd.join(' ') },
    { field: 'config.Healthcheck', text: config.healthcheck.join(' ') },
    ...config.onBuild.map((text, index) => ({ field: `config.OnBuild[${index}]`, text })),
    ...config.volumes.map((text, index) => ({ field: `config.Volumes[${index}]`, text })),
    { field: 'config.User', text: config.user },
    { field: 'config.WorkingDir', text: config.workingDir },
    ...pairsOf('config.Labels', config.labels, scanner),
    ...config.history.flatMap(({ createdBy, comment }, index) => [
      { field: `history[${index}]`, text: createdBy },
      { field: `history[${index}].comment`, text: comment },
    ]),
    ...pairsOf('manifest.annotations', annotations, scanner),
  ];
}

function pairsOf(
  field: string,
  pairs: ReadonlyMap<string, string>,
  scanner: ContentScanner,
): readonly Field[] {
  return [...pairs].map(([key, value]) => ({
    field: `${field}[${redactSecrets(key, scanner)}]`,
    text: `${key}=${value}`,
  }));
}
