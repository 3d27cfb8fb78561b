import { type JsonFields, readFields } from '../io/json/json-fields.ts';
import { readJson } from '../io/json/strict-json.ts';
import { isDigest } from '../model/digest.ts';
import { isManifest } from '../model/media-type.ts';
import { parseReference, type Reference } from '../model/reference.ts';

const WHERE = 'registry event';
/** values of all kinds in one message; distribution sends events in batches */
const VALUES = 100_000;
/** Harbor's names of a push, and where it tells of it: in its own form and in that of CloudEvents, as its webhook is set. */
const HARBOR_PUSHES: ReadonlyMap<string, string> = new Map([
  ['PUSH_ARTIFACT', 'event_data'],
  ['harbor.artifact.pushed', 'data'],
]);
/** Companion tags of signatures and attestations, and the fallback tags of referrers: what a gate itself pushes. */
const COMPANION = /^sha(?:256|512)-[0-9a-f]{64,128}(?:\.[a-z]+)?$/;

/**
 * Reads what a registry tells of a push: the images that got a tag, each once, by name and digest. Manifests without a tag are
 * parts of an index or referrers, which an image's own check reads; companion tags are left out, or what a gate attaches
 * would be judged in turn, for ever.
 * @param registry the host (with port) that the images are pulled from; what the message says of hosts is not believed
 * @throws {PratiqueError} `JSON_INVALID`: it is neither distribution's nor Harbor's
 * @see distribution, docs/content/about/notifications.md; Harbor, "Configure Webhook Notifications"
 */
export function readRegistryEvents(body: Uint8Array, registry: string): readonly Reference[] {
  const message = readFields(readJson(body, { where: WHERE, values: VALUES }), { where: WHERE });
  const pushed = message.has('events')
    ? message.objects('events').flatMap((event) => ofDistribution(event, registry))
    : ofHarbor(message, registry);
  return [...new Map(pushed.map((one) => [JSON.stringify(one), one])).values()];
}

function ofDistribution(event: JsonFields, registry: string): readonly Reference[] {
  if (event.optionalString('action') !== 'push') return [];
  const target = event.object('target');
  if (!isManifest(target.optionalString('mediaType') ?? '')) return [];
  return referenceOf(
    registry,
    target.string('repository'),
    target.optionalString('tag'),
    target.string('digest'),
  );
}

function ofHarbor(message: JsonFields, registry: string): readonly Reference[] {
  const field = HARBOR_PUSHES.get(message.string('type'));
  if (field === undefined) return [];
  const data = message.object(field);
  const repository = data.object('repository').string('repo_full_name');
  return data
    .objects('resources')
    .flatMap((one) => referenceOf(registry, repository, one.optionalString('tag'), one.string('digest')));
}

function referenceOf(
  registry: string,
  repository: string,
  tag: string | undefined,
  digest: string,
): readonly Reference[] {
  if (tag === undefined || tag === '' || tag === digest || COMPANION.test(tag) || !isDigest(digest))
    return [];
  return [parseReference(`${registry}/${repository}:${tag}@${digest}`)];
}
