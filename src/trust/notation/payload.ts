import { readFields } from '../../io/json/json-fields.ts';
import { readJson } from '../../io/json/strict-json.ts';

/** What a Notation signature is about. */
export interface TargetArtifact {
  readonly mediaType: string;
  readonly digest: string;
  /** bytes */
  readonly size: number;
  /** what the signer wrote beside it; foreign text */
  readonly annotations: ReadonlyMap<string, string>;
}

const WHERE = 'payload of a Notation signature';
const KNOWN = new Set(['targetArtifact', 'mediaType', 'digest', 'size', 'annotations']);
const FREE = new Set(['targetArtifact.annotations']);
const LIMITS = { depth: 16, values: 4096 };

/**
 * Reads the signed payload.
 * @throws {PratiqueError} `JSON_INVALID`, `LIMIT_EXCEEDED`
 * @see Notary Project, signature-specification.md, "Payload"
 */
export function readPayload(bytes: Uint8Array): TargetArtifact {
  const json = readJson(bytes, { where: WHERE, known: KNOWN, free: FREE, ...LIMITS });
  const target = readFields(json, { where: WHERE }).object('targetArtifact');
  return {
    mediaType: target.string('mediaType'),
    digest: target.string('digest'),
    size: target.integer('size'),
    annotations: target.stringMap('annotations'),
  };
}
