import { PREDICATE } from '../../model/statement.ts';

const SCAN = [PREDICATE.cosignVulnerabilities, PREDICATE.vulnerabilitiesV01, PREDICATE.vulnerabilitiesV02];

function withVersions(type: string, ...versions: readonly string[]): readonly string[] {
  return [type, ...versions.map((version) => `${type}/${version}`)];
}

/** Names that a policy can write for predicate types, and what they stand for: the type, and its versions that are in use. */
const TYPES: ReadonlyMap<string, readonly string[]> = new Map([
  ['vulnerability-scan', SCAN],
  ['spdx', withVersions('https://spdx.dev/Document', 'v2.2', 'v2.3', 'v3.0', 'v3.0.1')],
  ['cyclonedx', withVersions('https://cyclonedx.org/bom', 'v1.4', 'v1.5', 'v1.6', 'v1.7')],
  ['openvex', withVersions('https://openvex.dev/ns', 'v0.0.1', 'v0.0.2', 'v0.2.0')],
  ['vsa', [PREDICATE.vsa]],
  ['slsa-provenance', [PREDICATE.provenanceV02, PREDICATE.provenanceV1]],
]);

export const SHORT_TYPES: readonly string[] = [...TYPES.keys()];

/** The predicate types that a name stands for: a short one, or the URI itself. `undefined` for what is neither. */
export function predicateTypesOf(text: string): readonly string[] | undefined {
  return TYPES.get(text) ?? (/^[a-z][a-z0-9+.-]*:\S+$/.test(text) ? [text] : undefined);
}

/** Whether all of these are scans for vulnerabilities. */
export function areScans(types: readonly string[]): boolean {
  return types.every((type) => (SCAN as readonly string[]).includes(type));
}

/** Whether these are verification summaries. */
export function areVsas(types: readonly string[]): boolean {
  return types.every((type) => type === PREDICATE.vsa);
}
