import { ByteSource } from '../../io/compression/byte-source.ts';
import { inflate } from '../../io/compression/engine.ts';
import { paced } from '../../io/compression/paced.ts';
import type { Limits } from '../../io/limits.ts';
import { cleanPath, decodeName } from '../../io/tar/tar-text.ts';
import { findZip, readZip } from '../../io/zip/zip.ts';
import type { HitBudget } from '../hit-budget.ts';
import { ANSWERED_BY_CONTENT, identityOf } from '../hit-identity.ts';
import { scanName } from '../name-scan.ts';
import { redactSecrets } from '../redact.ts';
import type { ContentScanner, Hit } from '../rule.ts';
import type { YaraWatch } from '../yara/yara-watch.ts';
import { readArMembers } from './ar-members.ts';
import { begun } from './begun.ts';
import { type Format, formatOf, HEAD_BYTES } from './format.ts';
import { readGitPack } from './git-pack.ts';
import { type Member, type MemberName, reasonOf, type TakeMember } from './member.ts';
import { PACKED_PROGRAM, readPackedProgram } from './packed-program.ts';
import { Spending } from './spending.ts';
import { Tap } from './tap.ts';
import { readTarMembers } from './tar-members.ts';
import { unpacked, unpackedName } from './unpacked.ts';
import { UnscannedTally } from './unscanned.ts';
import { hitsIn, holdsMore } from './whole-bytes.ts';

/** A hit in an archive. */
export interface InnerHit {
  /** `srv/app.jar!/BOOT-INF/application.yml`, secrets cut out */
  readonly path: string;
  readonly hit: Hit;
}

/** Where bytes lie that are looked into. */
interface Place {
  readonly path: string;
  /** archives around it */
  readonly depth: number;
  /** the compressed file it came out of: a tar in it is no archive of its own */
  readonly packed?: { readonly path: string; readonly depth: number };
}

type Packed = Exclude<Format['kind'], 'sealed' | 'program' | 'packed-program'>;

/**
 * Looks into archives that lie in a layer as files, and into those inside them: everything in them is scanned as it
 * comes out, and nothing is kept. What cannot be read is told; what is more than the limits allow ends the read.
 */
export class Unpacker {
  private readonly scanner: ContentScanner;
  private readonly names: ContentScanner;
  /** not in use; one is needed for each archive in an archive */
  private readonly idle: ContentScanner[] = [];
  private readonly limits: Limits;
  private readonly budget: HitBudget;
  private readonly where: string;
  private readonly yara: YaraWatch | undefined;
  /** of the file of the layer that is looked into */
  private ordinal = -1;
  private readonly spending: Spending;
  /** what stays unseen in the layer */
  readonly unscanned: UnscannedTally;
  /** paths of packed programs in the file that is looked into, of which all was read */
  private readonly openPrograms = new Set<string>();

  /**
   * @param scanner forked, never used itself
   * @param isOver asked at every step; a few bytes can unpack to as many as the limits allow
   * @param yara is given what lies in archives, too
   */
  constructor(
    scanner: ContentScanner,
    limits: Limits,
    budget: HitBudget,
    where: string,
    isOver: () => boolean,
    yara?: YaraWatch,
  ) {
    this.scanner = scanner;
    this.names = scanner.fork?.() ?? scanner;
    this.limits = limits;
    this.unscanned = new UnscannedTally(limits.hitsPerRule);
    this.budget = budget;
    this.where = where;
    this.spending = new Spending(limits, where, isOver);
    this.yara = yara;
  }

  /** Whether what lies at a path, in the file last looked into, is a packed program of which all was read. */
  isOpenProgram(path: string): boolean {
    return this.openPrograms.has(path);
  }

  /**
   * Looks into a file whose own bytes somebody else scans. One at a time.
   * @param bytes read as far as they are needed
   * @param path with secrets cut out
   * @param start position of the first byte; past 0 in a file that is no archive, where a zip may begin
   * @param ordinal of the file in its layer
   * @returns what is in it, where it is an archive; what was found twice is told where it lies deepest
   * @throws {PratiqueError} `LIMIT_EXCEEDED`
   */
  async lookInto(
    bytes: AsyncIterable<Uint8Array>,
    path: string,
    start: number,
    ordinal = -1,
  ): Promise<readonly InnerHit[]> {
    this.ordinal = ordinal;
    this.openPrograms.clear();
    const found: InnerHit[] = [];
    const source = new ByteSource(bytes);
    source.position = start;
    const place = { path, depth: 0 };
    await (start > 0 ? this.openBehind(source, place, found) : this.open(source, place, found));
    return found;
  }

  private async open(source: ByteSource, place: Place, found: InnerHit[]): Promise<void> {
    const format = formatOf(await source.peek(HEAD_BYTES));
    if (format?.kind === 'sealed') return this.tellUnscanned(place.path, format.name, found);
    if (format === undefined || format.kind === 'program') return this.openBehind(source, place, found);
    if (format.kind === 'packed-program') return this.openProgram(source, place, found);
    return this.tryUnpack(format.kind, source, place, found);
  }

  /** A program that may be packed, and a zip behind it. */
  private async openProgram(source: ByteSource, place: Place, found: InnerHit[]): Promise<void> {
    const { packedProgramBytes: most } = this.limits;
    const program = await readPackedProgram(source, most, {
      onWasted: (count) => this.spending.countBytes(count, place.path),
      onTooLarge: () => {
        const what = `a packed program, or a block in it, has more than ${most} bytes`;
        throw this.spending.tooMuch(what, 'packed-program-bytes', place.path);
      },
    });
    const bytes = await begun(paced(program.unpack()));
    if (bytes !== undefined) {
      const { path, depth } = this.enter(place, place.path);
      await this.scanContent(bytes, { path: `${path}!/unpacked`, depth }, found);
    }
    if (program.isOpen) this.openPrograms.add(place.path);
    if (program.isSealed) this.tellUnscanned(place.path, PACKED_PROGRAM, found);
    return this.openBehind(source, place, found);
  }

  /** A zip is read from its end, so anything may stand before it. */
  private async openBehind(source: ByteSource, place: Place, found: InnerHit[]): Promise<void> {
    if (await findZip(source)) await this.tryUnpack('zip', source, place, found);
  }

  private async tryUnpack(kind: Packed, source: ByteSource, place: Place, found: InnerHit[]): Promise<void> {
    try {
      await this.unpack(kind, source, place, found);
    } catch (thrown) {
      const reason = reasonOf(thrown);
      if (reason === undefined) throw thrown;
      this.tellUnscanned(place.path, reason, found);
    }
  }

  private async unpack(kind: Packed, source: ByteSource, place: Place, found: InnerHit[]): Promise<void> {
    const { limits, where } = this;
    const inside = (what: Place) => this.enter(what, place.path);
    switch (kind) {
      case 'zlib': {
        const bytes = await begun(inflate(source, 'zlib', where));
        if (bytes === undefined) return this.openBehind(source, place, found);
        return this.scanUnpacked(bytes, inside(place), found);
      }
      case 'tar':
        await this.scanEach(
          (take) => readTarMembers(source, limits, where, take),
          inside(place.packed ?? place),
          found,
        );
        return this.openBehind(source, place, found);
      case 'deb':
        return this.scanMembers(readArMembers(source, where), inside(place), found);
      case 'git-pack':
        return this.scanMembers(readGitPack(source, where), inside(place), found);
      case 'zip':
        return this.scanEach((take) => readZip(source, limits, where, take), inside(place), found);
      default: {
        const bytes = unpacked(kind, source, () => this.spending.countMember(), limits, where);
        return this.scanUnpacked(bytes, inside(place), found);
      }
    }
  }

  /** One archive deeper. @throws {PratiqueError} `LIMIT_EXCEEDED` */
  private enter({ path, depth }: Place, archive: string): Place {
    if (depth < this.limits.archiveDepth) return { path, depth: depth + 1 };
    throw this.spending.tooMuch(
      `archives lie in archives more than ${this.limits.archiveDepth} deep`,
      'archive-depth',
      archive,
    );
  }

  /** What comes out of a compressed file: its content, or a tar. */
  private scanUnpacked(
    bytes: AsyncIterable<Uint8Array>,
    { path, depth }: Place,
    found: InnerHit[],
  ): Promise<void> {
    const packed = { path, depth: depth - 1 };
    return this.scanContent(bytes, { path: `${path}!/${unpackedName(path)}`, depth, packed }, found);
  }

  /** As `scanMembers`, of what is read by somebody who offers at once what is at hand. */
  private scanEach(
    read: (take: TakeMember) => AsyncIterable<Member>,
    place: Place,
    found: InnerHit[],
  ): Promise<void> {
    const members = read((member, bytes) => this.scanAtOnce(member, bytes, place.path, found));
    return this.scanMembers(members, place, found);
  }

  private async scanMembers(
    members: AsyncIterable<Member>,
    { path: prefix, depth }: Place,
    found: InnerHit[],
  ): Promise<void> {
    for await (const member of members) {
      if (this.spending.isTurn) await this.spending.giveTurn();
      this.spending.countMember();
      const path = this.scanNames(member, prefix, found);
      if (member.unreadable !== undefined) this.tellUnscanned(path, member.unreadable, found);
      else await this.scanContent(member.bytes, { path, depth }, found);
    }
  }

  /**
   * Scans a member of which all is there. Most hold nothing to look into, and to wait for their bytes would take longer
   * than to scan them.
   * @returns whether it did
   */
  private scanAtOnce(member: MemberName, bytes: Uint8Array, prefix: string, found: InnerHit[]): boolean {
    if (this.yara !== undefined || this.spending.isTurn || holdsMore(bytes)) return false;
    this.spending.countMember();
    const path = this.scanNames(member, prefix, found);
    this.spending.countBytes(bytes.length, path);
    const scanner = this.takeScanner();
    const hits = hitsIn(bytes, path, scanner);
    this.idle.push(scanner);
    if (hits.length > 0) this.tell(path, withoutRepeated(hits, [], this.isOpenProgram(path)), found);
    return true;
  }

  private scanNames(
    { name, link }: Pick<Member, 'name' | 'link'>,
    prefix: string,
    found: InnerHit[],
  ): string {
    const inName = scanName(Buffer.from(name, 'latin1'), 'file name', this.names);
    const shown = decodeName(cleanPath(name));
    const path = `${prefix}!/${inName.length === 0 ? shown : redactSecrets(shown, this.names)}`;
    const inLink = link === undefined ? [] : scanName(Buffer.from(link, 'latin1'), 'link target', this.names);
    this.tell(path, [...inName, ...inLink], found);
    return path;
  }

  /** Scans bytes as they come, and looks into them while they do. */
  private async scanContent(
    bytes: AsyncIterable<Uint8Array>,
    place: Place,
    found: InnerHit[],
  ): Promise<void> {
    const scanner = this.takeScanner();
    const intake = this.yara?.begin(place.path, this.ordinal);
    const readers = intake === undefined ? [scanner] : [scanner, intake];
    const tap = new Tap(bytes, readers, (count) => this.spending.countBytes(count, place.path));
    const source = new ByteSource(tap);
    const inner: InnerHit[] = [];
    scanner.begin({ path: place.path });
    try {
      await this.open(source, place, inner);
      await readOut(source); // what follows an archive is scanned as well
    } catch (thrown) {
      scanner.end();
      throw thrown;
    }
    const hits = scanner.end();
    this.idle.push(scanner);
    intake?.end();
    await this.yara?.settle(); // an archive unpacks to more than is held
    this.tell(place.path, withoutRepeated(hits, inner, this.isOpenProgram(place.path)), found);
    for (const one of inner) found.push(one);
    const archive = place.packed?.path ?? place.path;
    const { cut } = tap;
    const isTold = inner.some(({ path, hit }) => path === place.path && hit.args['reason'] === cut);
    if (cut !== undefined && !isTold) this.tellUnscanned(archive, cut, found);
  }

  private takeScanner(): ContentScanner {
    return this.idle.pop() ?? this.scanner.fork?.() ?? this.scanner;
  }

  private tell(path: string, hits: readonly Hit[], found: InnerHit[]): void {
    this.budget.spend(hits.length);
    for (const hit of hits) found.push({ path, hit });
  }

  private tellUnscanned(path: string, reason: string, found: InnerHit[]): void {
    const hit = this.unscanned.add(path, reason);
    if (hit !== undefined) this.tell(path, [hit], found);
  }
}

/**
 * What is in the bytes of an archive themselves, less what was found inside: a stored entry shows its secrets there,
 * too, and a program in a tar is judged as a program only by itself.
 */
function withoutRepeated(hits: readonly Hit[], inner: readonly InnerHit[], isOpen: boolean): readonly Hit[] {
  const told = new Set(inner.map(({ hit }) => identityOf(hit)));
  if (isOpen) for (const one of ANSWERED_BY_CONTENT) told.add(one);
  return hits.filter((hit) => !told.has(identityOf(hit)));
}

async function readOut(source: ByteSource): Promise<void> {
  for (let chunk = await source.next(); chunk !== undefined; ) chunk = await source.next();
}
