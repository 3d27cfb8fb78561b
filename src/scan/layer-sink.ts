import { createHash, type Hash } from 'node:crypto';
import type { Place } from '../io/outside.ts';
import type { TarEntry, TarSink } from '../io/tar/tar.ts';
import type { LayerEntry } from '../model/filesystem/layer-entry.ts';
import type { HitBudget } from './hit-budget.ts';
import { FileKeeper } from './kept-files.ts';
import { inOrder, type LayerHit, type LayerScan, OUTSIDE } from './layer-scan.ts';
import { scanName } from './name-scan.ts';
import { OutsideScan } from './outside-scan.ts';
import type { FileRecorder } from './packages/file-recorder.ts';
import { redactSecrets } from './redact.ts';
import type { ContentScanner, Hit } from './rule.ts';
import type { ArchiveWatch } from './unpack/archive-watch.ts';
import type { FileIntake } from './yara/file-intake.ts';
import type { YaraWatch } from './yara/yara-watch.ts';
import { inZeros, isZeros } from './zero-run.ts';

/** Bytes of a chunk from which on it is worth looking whether it is all zeros. */
const LEAST_ZEROS = 4096;

/** Takes in a layer's tar as it is read, and gives each of its bytes to all who want to see it. */
export class LayerSink implements TarSink {
  private readonly entries: LayerEntry[] = [];
  private readonly hits: LayerHit[] = [];
  private files = 0;
  private contentBytes = 0;
  /** zeros of the open file that the scanner has not been told of */
  private zeros = 0;
  private open:
    | { readonly entry: LayerEntry; readonly path: string; readonly hash: Hash | undefined }
    | undefined;
  private readonly scanner: ContentScanner;
  /** for names, which are looked at while nothing else is open */
  private readonly names: ContentScanner;
  private readonly outsiders: OutsideScan;
  private readonly hashFiles: boolean;
  private readonly recorder: FileRecorder;
  private readonly keeper = new FileKeeper();
  private readonly archives: ArchiveWatch;
  private readonly budget: HitBudget;
  private readonly yara: YaraWatch | undefined;
  /** takes in the open file for YARA rules */
  private intake: FileIntake | undefined;

  constructor(
    scanner: ContentScanner,
    hashFiles: boolean,
    recorder: FileRecorder,
    archives: ArchiveWatch,
    budget: HitBudget,
    yara: YaraWatch | undefined,
  ) {
    this.scanner = scanner;
    this.names = scanner.fork?.() ?? scanner;
    this.outsiders = new OutsideScan(scanner);
    this.hashFiles = hashFiles;
    this.recorder = recorder;
    this.archives = archives;
    this.budget = budget;
    this.yara = yara;
  }

  entry(entry: TarEntry): void {
    const { xattrs, anomalies: _anomalies, mtime, ...plain } = entry;
    const path = this.scanNames(plain, xattrs);
    this.entries.push(plain);
    if (plain.type !== 'file') return;
    this.files++;
    this.scanner.begin({ path: plain.path, size: plain.size });
    this.recorder.begin({ path: plain.path, size: plain.size, mtime, ordinal: this.entries.length - 1 });
    this.archives.begin(path, this.entries.length - 1);
    this.intake = this.yara?.begin(path, this.entries.length - 1);
    this.keeper.begin(plain, this.entries.length - 1);
    this.open = { entry: plain, path, hash: this.hashFiles ? createHash('sha256') : undefined };
  }

  data(bytes: Uint8Array): void {
    if (this.open === undefined) return;
    this.contentBytes += bytes.length;
    this.open.hash?.update(bytes);
    this.recorder.write(bytes);
    this.keeper.write(bytes);
    this.archives.write(bytes);
    this.intake?.write(bytes);
    if (bytes.length >= LEAST_ZEROS && isZeros(bytes)) {
      this.zeros += bytes.length;
      return;
    }
    this.passZeros();
    this.scanner.write(bytes);
  }

  hole(length: number): void {
    if (this.open === undefined) return;
    const { hash } = this.open;
    this.contentBytes += length;
    this.recorder.hole();
    this.keeper.hole();
    this.archives.hole(length);
    this.intake?.hole(length);
    if (hash !== undefined) inZeros(length, (part) => hash.update(part));
    this.zeros += length;
  }

  /** Zeros cost nothing but their count, however many calls they come in: a layer of 10 GiB of them takes 10 MB. */
  private passZeros(): void {
    const { zeros, scanner } = this;
    this.zeros = 0;
    if (zeros === 0) return;
    if (scanner.hole !== undefined) scanner.hole(zeros);
    else inZeros(zeros, (part) => scanner.write(part));
  }

  end(): void {
    if (this.open === undefined) return;
    const { entry, path, hash } = this.open;
    this.open = undefined;
    const ordinal = this.entries.length - 1;
    if (hash !== undefined) this.entries[ordinal] = { ...entry, sha256: hash.digest('hex') };
    this.passZeros();
    const hits = this.scanner.end();
    this.archives.end();
    this.intake?.end();
    const isNamed = path !== entry.path; // something was cut out of it
    this.keeper.end();
    this.recorder.end(hits.length > 0 || this.archives.isArchive || isNamed || this.keeper.asksForPackage);
    this.tell(path, ordinal, hits);
  }

  settle(): Promise<void> | undefined {
    const { yara } = this;
    const unpacking = this.archives.settle();
    return unpacking === undefined || yara === undefined
      ? (unpacking ?? yara?.settle())
      : unpacking.then(() => yara.settle());
  }

  outside(bytes: Uint8Array, place: Place, isFirst: boolean): void {
    this.outsiders.write(bytes, place, isFirst);
  }

  finish(bytes: { readonly compressedBytes: number; readonly expandedBytes: number }): LayerScan {
    this.finishOutside();
    const { files, contentBytes } = this;
    const counts = { files, ...bytes, contentBytes };
    return {
      entries: this.entries,
      hits: this.allHits(),
      counts,
      packages: this.recorder.finish(),
      kept: this.keeper.finish(),
    };
  }

  /** Leaves the scanner ready for the next layer, whatever became of this one. */
  close(): void {
    this.archives.close();
    if (this.open !== undefined) this.scanner.end();
    this.zeros = 0;
    this.outsiders.close();
    this.open = undefined;
  }

  private finishOutside(): void {
    const told = new Set(this.hits.filter(({ hit }) => 'part' in hit.args).map(({ hit }) => hit.fingerprint));
    this.tell(OUTSIDE, -1, this.outsiders.finish(told));
  }

  private tell(path: string, ordinal: number, hits: readonly Hit[]): void {
    this.budget.spend(hits.length);
    for (const hit of hits) this.hits.push({ path, ordinal, hit });
  }

  /** Those in archives behind those in the file itself; what was found in both is told once, where it lies deepest. */
  private allHits(): readonly LayerHit[] {
    const inner = this.archives.finish();
    const own = this.hits.filter(
      ({ ordinal, hit }) => 'part' in hit.args || this.archives.tellsMore(ordinal, hit),
    );
    return inOrder([...own, ...inner]);
  }

  /** Scans what names an entry; tells its path with secrets cut out. */
  private scanNames(entry: LayerEntry, xattrs: TarEntry['xattrs']): string {
    const inName = this.scanName(Buffer.from(entry.path), 'file name');
    const path = inName.length === 0 ? entry.path : redactSecrets(entry.path, this.names);
    const inLink = entry.linkPath === '' ? [] : this.scanName(Buffer.from(entry.linkPath), 'link target');
    if (inName.length === 0 && inLink.length === 0 && xattrs.size === 0) return path;
    const inXattrs = [...xattrs].flatMap(([key, value]) => [
      ...this.scanName(Buffer.from(key), 'name of an extended attribute'),
      ...this.scanName(value, `extended attribute ${redactSecrets(key, this.names)}`),
    ]);
    const ordinal = this.entries.length;
    this.tell(path, ordinal, [...inName, ...inLink, ...inXattrs]);
    return path;
  }

  private scanName(bytes: Uint8Array, part: string): readonly Hit[] {
    return scanName(bytes, part, this.names);
  }
}
