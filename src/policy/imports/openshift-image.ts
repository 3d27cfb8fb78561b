import { quoted } from '../../model/printable.ts';
import { type Imported, type ImportRemark, remarkOn } from './imported.ts';
import { at, entriesOf, itemsOf, type Part, textOf } from './part.ts';
import { importScopes, type Scope } from './scopes.ts';

/**
 * The image configuration of an OpenShift cluster: the registries that may be pulled from, or those that may not. The list for
 * imports into image streams counts only where there is neither.
 * @see OpenShift API, config.openshift.io/v1, Image
 */
export function importOpenShiftImage(document: Part): Imported {
  const remarks: ImportRemark[] = [];
  const spec = at(document, 'spec');
  const sources = at(spec, 'registrySources');
  const [allowed, blocked] = [at(sources, 'allowedRegistries'), at(sources, 'blockedRegistries')];
  const streams = at(spec, 'allowedRegistriesForImport');
  const isByStreams = allowed === undefined && blocked === undefined && streams !== undefined;
  for (const [key, part] of [...entriesOf(spec), ...entriesOf(sources)])
    if (!isEmpty(part.value)) tellOther(key, part, isByStreams, remarks);
  if (allowed !== undefined && itemsOf(allowed).length === 0)
    remarks.push(
      remarkOn(allowed, 'this list is empty, so nothing is allowed: take it out where all is meant'),
    );
  const listed = (list: Part | undefined, says: Scope['says']): readonly Scope[] =>
    itemsOf(list).map((part) => ({ text: textOf(part) ?? '?', part, says }));
  const scopes = [
    ...listed(allowed, 'admit'),
    ...listed(blocked, 'refuse'),
    ...(isByStreams ? itemsOf(streams).map((part) => domainOf(part, remarks)) : []),
  ];
  // Without a list of those that are allowed, all others are; with both, which the cluster refuses, none is.
  if (allowed === undefined && !isByStreams)
    scopes.push({ text: '', part: sources ?? document, says: 'admit' });
  return importScopes(scopes, new Map(), remarks);
}

/** `oc get -o yaml` prints `additionalTrustedCA: {name: ""}` of a cluster where nobody set any. */
function isEmpty(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return value === '' || value === null;
  return Object.values(value).every(isEmpty);
}

function domainOf(part: Part, remarks: ImportRemark[]): Scope {
  if (at(part, 'insecure')?.value === true)
    remarks.push(remarkOn(part, 'insecure is not carried over: --insecure HOST says it for one run'));
  return { text: textOf(at(part, 'domainName')) ?? '?', part, says: 'admit' };
}

const SILENT: ReadonlySet<string> = new Set(['registrySources', 'allowedRegistries', 'blockedRegistries']);

function tellOther(key: string, part: Part, isByStreams: boolean, remarks: ImportRemark[]): void {
  if (SILENT.has(key) || (key === 'allowedRegistriesForImport' && isByStreams)) return;
  const why: Readonly<Record<string, string>> = {
    insecureRegistries: '--insecure HOST says it for one run',
    containerRuntimeSearchRegistries: 'a name without a host is one of Docker Hub',
    allowedRegistriesForImport: 'it limits imports into image streams, and not what runs',
    additionalTrustedCA: '--ca-file FILE says it for one run',
  };
  remarks.push(
    remarkOn(part, `${quoted(key)} is not carried over${why[key] === undefined ? '' : `: ${why[key]}`}`),
  );
}
