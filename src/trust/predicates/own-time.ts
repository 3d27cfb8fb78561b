import { PREDICATE, type Statement } from '../../model/statement.ts';
import type { Verified } from '../../model/trusted.ts';
import { predicateFields, readOptionalTime, readTime } from './predicate-fields.ts';
import { readVsa } from './vsa.ts';
import { scanFinishedOn } from './vulnerabilities.ts';

type ReadTime = (statement: Verified<Statement>) => Date | undefined;

/** By type, or by what a type with a version begins with. */
const TIMES: readonly (readonly [type: string, read: ReadTime])[] = [
  [PREDICATE.cosignVulnerabilities, scanFinishedOn],
  [PREDICATE.vulnerabilitiesV01, scanFinishedOn],
  [PREDICATE.vulnerabilitiesV02, scanFinishedOn],
  [PREDICATE.vsa, (statement) => readVsa(statement).timeVerified],
  [PREDICATE.provenanceV02, buildFinishedOn],
  [PREDICATE.provenanceV1, finishedOn],
  ['https://spdx.dev/Document', spdxCreated],
  ['https://cyclonedx.org/bom', cycloneDxTimestamp],
  ['https://openvex.dev/ns', openVexTimestamp],
];

/**
 * The moment that an attestation itself speaks of: when the scan ended, the SBOM was made, the image was verified. `undefined`
 * where its type has none, or leaves it open.
 * @throws {PratiqueError} `JSON_INVALID` where the type has one and this attestation does not, or no time that can be read
 */
export function ownTime(statement: Verified<Statement>): Date | undefined {
  const { predicateType } = statement;
  const found = TIMES.find(([type]) => predicateType === type || predicateType.startsWith(`${type}/`));
  return found?.[1](statement);
}

function buildFinishedOn(statement: Statement): Date | undefined {
  const predicate = predicateFields(statement, 'provenance');
  return readOptionalTime(predicate.optionalObject('metadata'), 'buildFinishedOn');
}

function finishedOn(statement: Statement): Date | undefined {
  const details = predicateFields(statement, 'provenance').optionalObject('runDetails');
  return readOptionalTime(details?.optionalObject('metadata'), 'finishedOn');
}

/** SPDX 2 as JSON. Version 3 is a graph, and `cosign attest --type spdx` takes tags and values as one text: not looked for there. */
function spdxCreated(statement: Statement): Date | undefined {
  if (typeof statement.predicate === 'string') return undefined;
  const spdx = predicateFields(statement, 'SPDX document');
  return spdx.has('@graph') ? undefined : readTime(spdx.object('creationInfo'), 'created');
}

function cycloneDxTimestamp(statement: Statement): Date | undefined {
  return readOptionalTime(
    predicateFields(statement, 'CycloneDX BOM').optionalObject('metadata'),
    'timestamp',
  );
}

function openVexTimestamp(statement: Statement): Date | undefined {
  const vex = predicateFields(statement, 'OpenVEX document');
  return readOptionalTime(vex, 'last_updated') ?? readTime(vex, 'timestamp');
}
