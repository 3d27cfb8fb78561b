import { JsonReader, type JsonReaderOptions } from '../io/json/json-reader.ts';
import { LONGEST_KEY, nameBelow } from './document-fields.ts';
import type { ContentScanner, Hit } from './rule.ts';

/** Values of one document; an SBOM of 64 MiB has 1.6 million. Each costs time, and an empty one has 2 bytes. */
const MOST_VALUES = 2_000_000;
/** Bytes of inline `data` that are decoded by themselves; more than that is found as any base64 is. */
const MOST_DATA = 1024 * 1024;

/** An object or list that is open. */
interface Level {
  readonly field: string;
  /** of the next item; -1 in an object */
  index: number;
  key: string;
}

/**
 * The texts and numbers of a JSON document that streams by, each scanned by itself under the name of its place: the same
 * as `fieldsOfDocument` for what is too large to be held.
 */
export class DocumentTexts {
  /** what the statement says it is, once it has said so */
  predicateType = '';
  private readonly scanner: ContentScanner;
  private readonly onHits: (field: string, hits: readonly Hit[]) => void;
  private readonly reader: JsonReader;
  private readonly levels: Level[] = [];
  private readonly root: string;
  /** of the text that is open */
  private field = '';
  private isPredicateType = false;
  /** inline data, while it comes */
  private data: Uint8Array[] | undefined;
  private dataBytes = 0;

  /**
   * @param root what the fields' names begin with
   * @param onHits told after each text in which there are any
   */
  constructor(
    root: string,
    scanner: ContentScanner,
    options: Omit<JsonReaderOptions, 'values'>,
    onHits: (field: string, hits: readonly Hit[]) => void,
  ) {
    this.root = root;
    this.scanner = scanner;
    this.onHits = onHits;
    this.reader = new JsonReader(
      {
        open: (isObject) => this.open(isObject),
        close: () => void this.levels.pop(),
        key: (key) => this.setKey(key),
        beginText: () => this.beginText(),
        text: (bytes) => this.text(bytes),
        endText: () => this.endText(),
        literal: (text) => this.literal(text),
      },
      { ...options, values: MOST_VALUES },
    );
  }

  /** The next bytes. @throws {PratiqueError} `LIMIT_EXCEEDED` */
  write(bytes: Uint8Array): void {
    this.reader.write(bytes);
  }

  /** Ends the document. @returns whether it was JSON, and all of it */
  end(): boolean {
    return this.reader.end();
  }

  private get level(): Level | undefined {
    return this.levels.at(-1);
  }

  private get key(): string {
    const { level } = this;
    return level === undefined || level.index >= 0 ? '' : level.key;
  }

  private setKey(key: string): void {
    if (this.level !== undefined) this.level.key = key;
  }

  /** The name of the value that comes now, which counts it. */
  private next(): string {
    const { level } = this;
    if (level === undefined) return this.root;
    return level.index < 0 ? nameBelow(level.field, level.key) : `${level.field}[${level.index++}]`;
  }

  private open(isObject: boolean): void {
    this.scanKey();
    this.levels.push({ field: this.next(), index: isObject ? -1 : 0, key: '' });
  }

  private literal(text: string): void {
    this.scanKey();
    const { key } = this;
    const field = this.next();
    if (/[0-9]/.test(text)) this.scan(field, Buffer.from(`${key}=${text}`));
  }

  /** The key of what is no text, by itself. */
  private scanKey(): void {
    const { level, key } = this;
    if (level !== undefined && key !== '') this.scan(`${level.field} (key)`, Buffer.from(key));
  }

  private scan(field: string, bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.scanner.begin({ field });
    this.scanner.write(bytes);
    this.tell(field, this.scanner.end());
  }

  private beginText(): void {
    const { key } = this;
    this.isPredicateType = this.levels.length === 1 && key === 'predicateType';
    this.data = key === 'data' ? [] : undefined;
    this.dataBytes = 0;
    this.field = this.next();
    this.scanner.begin({ field: this.field });
    if (key !== '') this.scanner.write(Buffer.from(`${key}=`));
  }

  private text(bytes: Uint8Array): void {
    this.scanner.write(bytes);
    if (this.isPredicateType && this.predicateType.length < LONGEST_KEY)
      this.predicateType += Buffer.from(bytes).toString('latin1');
    this.dataBytes += bytes.length;
    if (this.dataBytes > MOST_DATA) this.data = undefined;
    else this.data?.push(Uint8Array.from(bytes));
  }

  private endText(): void {
    this.tell(this.field, this.scanner.end());
    const { data } = this;
    this.data = undefined;
    if (data !== undefined)
      this.scan(this.field, Buffer.from(Buffer.concat(data).toString('latin1'), 'base64'));
  }

  private tell(field: string, hits: readonly Hit[]): void {
    if (hits.length > 0) this.onHits(field, hits);
  }
}
