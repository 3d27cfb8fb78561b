import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { PratiqueError, toPratiqueError } from '../../errors.ts';
import { readFields } from '../../io/json/json-fields.ts';
import { readJson } from '../../io/json/strict-json.ts';
import { type Digest, parseDigest } from '../../model/digest.ts';
import { PUBLIC_GOOD, type TrustRoot, type TufRepository } from '../../model/trust-root.ts';
import { parseDuration } from '../duration.ts';
import type { Surroundings } from '../surroundings.ts';
import { requireUsableRoot } from './trust-root-content.ts';
import type { DemandsFile, TrustRootFile } from './trust-root-schema.ts';

type Places = Pick<Surroundings, 'folder' | 'files'>;

const SHIPPED = new URL('../../../trust-roots/', import.meta.url);
const PUBLIC_MIRROR = 'https://tuf-repo-cdn.sigstore.dev';
const TARGET = 'trusted_root.json';
const DAY = 86_400; // seconds
const METADATA = { jsonDepth: 32, values: 20_000 }; // Sigstore's root.json has some 150 values

let known: TrustRoot | undefined;

/**
 * The public-good Sigstore instance, from the copy that ships with the package. Read once in the life of the process.
 * @throws {PratiqueError} `POLICY_NOT_FOUND` where the installation lacks it
 */
export function publicGood(): TrustRoot {
  try {
    known ??= {
      ...toTrustRoot(PUBLIC_GOOD, readShipped('sigstore.json'), {}),
      repository: {
        mirror: PUBLIC_MIRROR,
        anchor: readShipped('tuf/root.json'),
        target: TARGET,
        targetsVersion: targetsVersionIn(readShipped('tuf/versions.json')),
      },
    };
    return known;
  } catch (thrown) {
    throw new PratiqueError('POLICY_NOT_FOUND', {
      what: 'the trust root of Sigstore that ships with pratique cannot be used',
      where: 'trust-roots/sigstore.json',
      why: toPratiqueError(thrown).problem.why ?? 'it cannot be read',
      next: 'install pratique again',
    });
  }
}

/**
 * Reads a trust root that a policy names: a `trusted_root.json`, or the `root.json` of a TUF repository, which is asked for
 * the other only when a signature is checked.
 * @param places the folder that paths start from, and what files are read from
 * @throws {PratiqueError} `POLICY_INVALID`, `POLICY_NOT_FOUND`
 */
export async function readTrustRoot(
  name: string,
  written: TrustRootFile,
  places: Places,
): Promise<TrustRoot> {
  const { file, tuf, refresh } = written;
  if (file !== undefined) {
    const text = await places.files.read(resolve(places.folder, file), file);
    return toTrustRoot(name, text, written);
  }
  if (tuf !== undefined) return readRepository(name, { ...written, tuf }, places);
  if (name === PUBLIC_GOOD) return withRefresh(publicGood(), refreshOf(refresh ?? 'never'));
  throw new PratiqueError('POLICY_INVALID', {
    what: `only ${PUBLIC_GOOD}, which is built in, has nothing but a refresh`,
    next: 'give it a file, or tuf',
  });
}

async function readRepository(
  name: string,
  { tuf, refresh = '1d', ...demands }: TrustRootFile & { readonly tuf: NonNullable<TrustRootFile['tuf']> },
  { folder, files }: Places,
): Promise<TrustRoot> {
  const { mirror, root, target = TARGET } = tuf;
  const anchor = await files.read(resolve(folder, root), root);
  requireRootMetadata(anchor, root);
  return withRefresh(
    { name, repository: { mirror, anchor, target }, ...demandsOf(demands) },
    refreshOf(refresh),
  );
}

function refreshOf(written: string): number | undefined {
  return written === 'never' ? undefined : (parseDuration(written) ?? DAY);
}

function withRefresh(root: TrustRoot, refreshSeconds: number | undefined): TrustRoot {
  if (root.repository === undefined || refreshSeconds === undefined) return root;
  return { ...root, repository: { ...root.repository, refreshSeconds } };
}

/**
 * What stands for a root in the policy's digest. Of one that a TUF repository tells, who may tell it, and never what it was
 * told: two machines that asked on different days have the same policy. The public instance is one, whatever version of
 * pratique it ships with.
 */
export function identifyRoot({ name, digest, repository, needsLog, needsCertificateLog }: TrustRoot) {
  const demands = { needsLog, needsCertificateLog };
  if (repository === undefined) return { digest, ...demands };
  if (name === PUBLIC_GOOD) return { instance: PUBLIC_GOOD, ...demands };
  return { ...identifyRepository(repository), ...demands };
}

function identifyRepository({ mirror, anchor, target }: TufRepository) {
  return { mirror: new URL(mirror).href.replace(/\/+$/, ''), anchor: digestOfText(anchor), target };
}

function toTrustRoot(name: string, text: string, written: DemandsFile): TrustRoot {
  const root = { name, text, digest: digestOfText(text), ...demandsOf(written) };
  requireUsableRoot(text, root);
  return root;
}

function demandsOf(written: DemandsFile): Pick<TrustRoot, 'needsLog' | 'needsCertificateLog'> {
  return {
    needsLog: written['transparency-log'] !== 'none',
    needsCertificateLog: written['certificate-log'] !== 'none',
  };
}

/** Whether a text is a `root.json` at all. It is held against its signatures only where it is followed. */
function requireRootMetadata(text: string, where: string): void {
  const { jsonDepth: depth, values } = METADATA;
  const document = readJson(Buffer.from(text), { where, depth, values, free: new Set(['signed.keys']) });
  const signed = readFields(document, { where, code: 'POLICY_INVALID' }).object('signed');
  if (signed.string('_type') !== 'root') throw signed.error('_type', 'a root.json of TUF was expected');
}

/** Of the metadata that vouched for what ships, the version that says what the file is. */
function targetsVersionIn(text: string): number {
  const where = 'tuf/versions.json';
  return readFields(readJson(Buffer.from(text), { where }), { where }).integer('targets', { min: 1 });
}

function readShipped(name: string): string {
  return readFileSync(new URL(name, SHIPPED), 'utf8');
}

function digestOfText(text: string): Digest {
  return parseDigest(`sha256:${createHash('sha256').update(text).digest('hex')}`);
}
