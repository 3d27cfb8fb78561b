import type { Package } from '../../model/package.ts';
import {
  type Claim,
  type DatabaseFile,
  type DatabaseReader,
  hexDigest,
  linesOf,
  type Wanted,
} from './claim.ts';

const MD5SUMS = /(?:^|\/)var\/lib\/dpkg\/(?:info|status\.d)\/([^/]+)\.md5sums$/;
const STATUS = /(?:^|\/)var\/lib\/dpkg\/(?:status|status\.d\/[^/]+)$/;

/**
 * Debian's database: `info/NAME.md5sums` with a line for each file, and `status` with the versions and the digests of
 * configuration files. Distroless images have `status.d/NAME` and `status.d/NAME.md5sums` instead.
 * @see dpkg, deb-md5sums(5), deb-conffiles(5), dpkg-divert(1)
 */
export const dpkg: DatabaseReader = {
  name: 'dpkg',
  files: /^var\/lib\/dpkg\/(?:info\/[^/]+\.md5sums|status|status\.d\/[^/]+|diversions)$/,
  *read(files, wanted) {
    const stanzas = stanzasIn(files.filter(isStatus), wanted);
    const versions = versionsOf(stanzas);
    const diversions = readDiversions(
      files.find(({ path }) => path.endsWith('/diversions')),
      wanted,
    );
    for (const file of files) {
      const [, name] = MD5SUMS.exec(file.path) ?? [];
      if (name === undefined) continue;
      const owner = packageOf(name, versions);
      for (const claim of sumsOf(file, owner)) yield* diverted(claim, diversions, wanted);
    }
    for (const { name, version, conffiles } of stanzas)
      for (const { path, digest } of conffiles) yield { path, digest, package: make(name, version) };
  },
};

interface Stanza {
  readonly name: string;
  readonly architecture: string;
  readonly version: string;
  readonly conffiles: readonly { readonly path: string; readonly digest: NonNullable<Claim['digest']> }[];
}

function isStatus({ path }: DatabaseFile): boolean {
  return STATUS.test(path) && !path.endsWith('.md5sums');
}

/** Packages, and diversions of wanted files. Debian has some 65,000 packages in all; what is beyond vouches for nothing. */
const MOST_PACKAGES = 200_000;
const MOST_DIVERSIONS = 10_000;

function stanzasIn(files: readonly DatabaseFile[], wanted: Wanted): readonly Stanza[] {
  const stanzas: Stanza[] = [];
  for (const file of files) {
    for (const stanza of stanzasOf(file, wanted)) {
      if (stanzas.length === MOST_PACKAGES) return stanzas;
      stanzas.push(stanza);
    }
  }
  return stanzas;
}

/** `Field: value` by lines; what goes on in the next line starts with a blank. */
function* stanzasOf({ bytes }: DatabaseFile, { paths }: Wanted): Generator<Stanza> {
  let fields = new Map<string, string>();
  let conffiles: Stanza['conffiles'][number][] = [];
  let field = '';
  const stanza = (): Stanza[] => {
    const [name, version = '', architecture = ''] = ['Package', 'Version', 'Architecture'].map((key) =>
      fields.get(key),
    );
    const made = name === undefined ? [] : [{ name, version, architecture, conffiles }];
    [fields, conffiles, field] = [new Map(), [], ''];
    return made;
  };
  for (const line of linesOf(bytes)) {
    if (line === '') yield* stanza();
    else if (line.startsWith(' ')) {
      const conffile = field === 'Conffiles' ? conffileOf(line) : undefined;
      if (conffile !== undefined && paths.has(conffile.path)) conffiles.push(conffile);
    } else {
      const colon = line.indexOf(':');
      field = line.slice(0, Math.max(0, colon));
      if (['Package', 'Version', 'Architecture'].includes(field))
        fields.set(field, line.slice(colon + 1).trim());
    }
  }
  yield* stanza();
}

/** ` /etc/debian_version 1d2f… obsolete` */
function conffileOf(line: string): Stanza['conffiles'][number] | undefined {
  const [, path, sum = ''] = /^ \/(.+) ([0-9a-f]{32})(?: obsolete)?(?: remove-on-upgrade)?$/.exec(line) ?? [];
  const digest = hexDigest(sum);
  return path === undefined || digest === undefined ? undefined : { path, digest };
}

/** By `name` and by `name:architecture`, as the files of `info` are called; the newest counts. */
function versionsOf(stanzas: readonly Stanza[]): ReadonlyMap<string, string> {
  const versions = new Map<string, string>();
  for (const { name, architecture, version } of stanzas) {
    for (const key of [name, `${name}:${architecture}`]) if (!versions.has(key)) versions.set(key, version);
  }
  return versions;
}

function packageOf(file: string, versions: ReadonlyMap<string, string>): Package {
  const [name = file] = file.split(':');
  return make(name, versions.get(file) ?? versions.get(name) ?? '');
}

function make(name: string, version: string): Package {
  return { manager: 'deb', name, ...(version === '' ? {} : { version }) };
}

/** `d41d8cd98f00b204e9800998ecf8427e  usr/bin/x`; the path may hold blanks. */
function* sumsOf({ bytes }: DatabaseFile, owner: Package): Generator<Claim> {
  for (const line of linesOf(bytes)) {
    const digest = line.startsWith('  ', 32) ? hexDigest(line.slice(0, 32)) : undefined;
    if (digest !== undefined) yield { path: line.slice(34).replace(/^\.?\/+/, ''), digest, package: owner };
  }
}

interface Diversion {
  readonly to: string;
  /** whose file stays at the path itself; `:` for nobody's, made by the administrator */
  readonly by: string;
}

/** Three lines each: from, to, by. */
function readDiversions(file: DatabaseFile | undefined, { paths }: Wanted): ReadonlyMap<string, Diversion> {
  const diversions = new Map<string, Diversion>();
  let three: string[] = [];
  for (const line of file === undefined ? [] : linesOf(file.bytes)) {
    three.push(line);
    if (three.length < 3) continue;
    const [from = '', to = '', by = ''] = three;
    three = [];
    const diversion = { to: to.slice(1), by };
    if (!paths.has(from.slice(1)) && !paths.has(diversion.to)) continue;
    if (diversions.size < MOST_DIVERSIONS) diversions.set(from.slice(1), diversion);
  }
  return diversions;
}

/** A file that another package has put aside lies where the diversion says. */
function* diverted(
  claim: Claim,
  diversions: ReadonlyMap<string, Diversion>,
  { paths }: Wanted,
): Generator<Claim> {
  const diversion = diversions.get(claim.path);
  const path = diversion === undefined || diversion.by === claim.package.name ? claim.path : diversion.to;
  if (paths.has(path)) yield path === claim.path ? claim : { ...claim, path };
}
