import { PratiqueError } from '../../errors.ts';
import { printable, quoted } from '../../model/printable.ts';
import { importAllowedRepos } from './allowed-repos.ts';
import { importClusterImagePolicies } from './cluster-image-policy.ts';
import { importContainersPolicy } from './containers-policy.ts';
import { readDocuments } from './documents.ts';
import { type Imported, type ImportRemark, remarkOn } from './imported.ts';
import { importOpenShiftImage } from './openshift-image.ts';
import { at, type Part, placeOf, textOf } from './part.ts';
import { importRegistriesConf } from './registries-conf.ts';

/** A policy of another program, read from its file. */
export interface ForeignFile {
  /** as it stands in messages; the ending `.conf` or `.toml` says that it is TOML */
  readonly shown: string;
  readonly text: string;
}

type Kind = 'gatekeeper' | 'containers-policy' | 'openshift' | 'cluster-image-policy';

/** Kinds of which several documents hold together. */
const JOINABLE: ReadonlySet<Kind> = new Set(['gatekeeper', 'cluster-image-policy']);

/**
 * Makes a policy of ours from those of other programs: constraints of Gatekeeper, `policy.json` and `registries.conf` of
 * containers/image, the image configuration of OpenShift, policies of the sigstore policy-controller. It never admits what the
 * original refuses; what could not be said so is among the remarks.
 * @throws {PratiqueError} `POLICY_INVALID` for what cannot be read, `USAGE` for files that cannot be one policy
 */
export function importPolicy(files: readonly ForeignFile[]): Imported {
  const isToml = files.map(({ shown }) => /\.(?:conf|toml)$/i.test(shown));
  const [file] = files;
  if (file !== undefined && isToml[0] === true && files.length === 1)
    return importRegistriesConf(file.text, file.shown);
  if (isToml.includes(true)) throw mixed(files.map(({ shown }) => quoted(shown)).join(', '));
  const documents = files.flatMap(({ text, shown }) => readDocuments(text, shown));
  const known = documents.flatMap((document) => {
    const kind = kindOf(document);
    return kind === undefined ? [] : [{ kind, document }];
  });
  const [first] = known;
  if (first === undefined) throw unknown(documents[0], files);
  if (known.some(({ kind }) => kind !== first.kind) || (known.length > 1 && !JOINABLE.has(first.kind)))
    throw mixed(
      known
        .slice(0, 2)
        .map(({ document }) => placeOf(document))
        .join(' and '),
    );
  const others = documents.filter((document) => !known.some((one) => one.document === document));
  const made = importKind(
    first.kind,
    first.document,
    known.map(({ document }) => document),
  );
  const left = others.map((part) =>
    remarkOn(
      part,
      `${called(part)} is left out: it says nothing of where images come from that is understood`,
    ),
  );
  return { ...made, remarks: [...made.remarks, ...left].sort(byPlace) };
}

function byPlace(one: ImportRemark, other: ImportRemark): number {
  return one.place.localeCompare(other.place, 'en', { numeric: true });
}

function importKind(kind: Kind, document: Part, documents: readonly Part[]): Imported {
  if (kind === 'gatekeeper') return importAllowedRepos(documents);
  if (kind === 'cluster-image-policy') return importClusterImagePolicies(documents);
  return kind === 'openshift' ? importOpenShiftImage(document) : importContainersPolicy(document);
}

function kindOf(document: Part): Kind | undefined {
  const [version = '', kind = ''] = [textOf(at(document, 'apiVersion')), textOf(at(document, 'kind'))];
  if (version.startsWith('constraints.gatekeeper.sh/') && /^K8sAllowedRepos(?:v2)?$/.test(kind))
    return 'gatekeeper';
  if (version.startsWith('policy.sigstore.dev/') && kind === 'ClusterImagePolicy')
    return 'cluster-image-policy';
  if (version.startsWith('config.openshift.io/') && kind === 'Image') return 'openshift';
  const isPolicy = Array.isArray(at(document, 'default')?.value) || at(document, 'transports') !== undefined;
  return kind === '' && isPolicy ? 'containers-policy' : undefined;
}

function called(document: Part): string {
  const kind = textOf(at(document, 'kind'));
  return kind === undefined ? 'this document' : `a ${quoted(kind)}`;
}

function unknown(document: Part | undefined, files: readonly ForeignFile[]): PratiqueError {
  return new PratiqueError('POLICY_INVALID', {
    what: 'nothing here can be imported',
    where: printable(document === undefined ? (files[0]?.shown ?? '') : placeOf(document)),
    why: `${document === undefined ? 'it' : called(document)} is no policy for images that is understood`,
    next: 'name one of the files that docs/policy.md lists under "Import"',
  });
}

function mixed(which: string): PratiqueError {
  return new PratiqueError('USAGE', {
    what: 'these cannot be imported as one policy',
    where: printable(which),
    why: 'only constraints of Gatekeeper, or policies of the policy-controller, hold together',
    next: 'import them one by one',
  });
}
