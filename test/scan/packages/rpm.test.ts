import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { wantedOf } from '../../../src/scan/packages/claim.ts';
import { rpm } from '../../../src/scan/packages/rpm.ts';
import { SqliteFile } from '../../../src/scan/packages/sqlite.ts';
import { claimsFor, fileOf, hashOf, rpmHeader, rpmPackage, wordsOf } from './databases.ts';

const SHA256 = hashOf('sha256', 'x');
const PATHS = {
  sqlite: 'var/lib/rpm/rpmdb.sqlite',
  ndb: 'usr/lib/sysimage/rpm/Packages.db',
  bdb: 'var/lib/rpm/Packages',
};

/** A package whose header takes many pages. */
const LARGE = rpmPackage(
  'large',
  Object.fromEntries(Array.from({ length: 500 }, (_, at) => [`/usr/share/large/file${at}`, SHA256])),
);
const SMALL = rpmPackage('small', { '/etc/small.conf': SHA256, '/usr/bin/small': '', '/top': SHA256 });
const MANY = Array.from({ length: 60 }, (_, at) => rpmPackage(`many${at}`, { [`/opt/many/${at}`]: SHA256 }));
const ALL = [LARGE, SMALL, ...MANY];
const WANTED = ['usr/share/large/file499', 'etc/small.conf', 'usr/bin/small', 'top', 'opt/many/59'];
const EXPECTED = [
  'etc/small.conf sha256 rpm:small 1.2-3',
  'opt/many/59 sha256 rpm:many59 1.2-3',
  'top sha256 rpm:small 1.2-3',
  'usr/share/large/file499 sha256 rpm:large 1.2-3',
];

function sqliteOf(headers: readonly Uint8Array[], pageBytes: number): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'rpmdb-'));
  const path = join(folder, 'rpmdb.sqlite');
  const database = new DatabaseSync(path);
  database.exec(`PRAGMA page_size = ${pageBytes}; CREATE TABLE Sigmd5 (key BLOB, hnum INTEGER);
    CREATE TABLE Packages (hnum INTEGER PRIMARY KEY AUTOINCREMENT, blob BLOB NOT NULL);
    INSERT INTO Packages VALUES (999, zeroblob(0));`);
  const insert = database.prepare('INSERT INTO Packages (blob) VALUES (?)');
  for (const header of headers) insert.run(header);
  database.exec('DELETE FROM Packages WHERE hnum = 999');
  database.close();
  const bytes = readFileSync(path);
  rmSync(folder, { recursive: true });
  return bytes;
}

function little(...numbers: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * numbers.length);
  for (const [at, number] of numbers.entries()) bytes.writeUInt32LE(number, 4 * at);
  return bytes;
}

function ndbOf(headers: readonly Uint8Array[]): Buffer {
  const slots: Buffer[] = [];
  const blobs: Buffer[] = [];
  let block = 4096 / 16;
  for (const [at, header] of headers.entries()) {
    const blob = Buffer.concat([
      Buffer.from('BlbS'),
      little(at + 1, 1, header.length),
      header,
      little(0, header.length),
      Buffer.from('BlbE'),
    ]);
    const blocks = Math.ceil(blob.length / 16);
    slots.push(Buffer.concat([Buffer.from('Slot'), little(at + 1, block, blocks)]));
    blobs.push(Buffer.concat([blob, Buffer.alloc(blocks * 16 - blob.length)]));
    block += blocks;
  }
  const free = Buffer.concat([Buffer.from('Slot'), little(0, 0, 0)]);
  while (slots.length < 4096 / 16 - 2) slots.push(free);
  return Buffer.concat([Buffer.from('RpmP'), little(0, 1, 1, 99, 0, 0, 0), ...slots, ...blobs]);
}

/** One page of a hash, and chains of overflow pages; each pair has a key of four bytes. */
function bdbOf(headers: readonly Uint8Array[], big = false, pageBytes = 4096): Buffer {
  const word = (page: Buffer, at: number, value: number) =>
    big ? page.writeUInt32BE(value, at) : page.writeUInt32LE(value, at);
  const half = (page: Buffer, at: number, value: number) =>
    big ? page.writeUInt16BE(value, at) : page.writeUInt16LE(value, at);
  const meta = Buffer.alloc(pageBytes);
  word(meta, 12, 0x061561);
  word(meta, 20, pageBytes);
  meta[25] = 8;
  const hash = Buffer.alloc(pageBytes);
  hash[25] = 13;
  half(hash, 20, 2 * headers.length);
  const pages = [meta, hash];
  let low = pageBytes;
  for (const [at, header] of headers.entries()) {
    low -= 5;
    hash[low] = 1;
    half(hash, 26 + 4 * at, low);
    low -= 12;
    hash[low] = 3;
    word(hash, low + 4, pages.length);
    word(hash, low + 8, header.length);
    half(hash, 26 + 4 * at + 2, low);
    for (let from = 0; from < header.length; from += pageBytes - 26) {
      const part = header.subarray(from, from + pageBytes - 26);
      const page = Buffer.alloc(pageBytes);
      page[25] = 7;
      half(page, 22, part.length);
      if (from + part.length < header.length) word(page, 16, pages.length + 1);
      page.set(part, 26);
      pages.push(page);
    }
  }
  return Buffer.concat(pages);
}

describe('rpm', () => {
  it.each([
    ['SQLite with small pages', PATHS.sqlite, sqliteOf(ALL, 512)],
    ['SQLite with pages of 4 KiB', PATHS.sqlite, sqliteOf(ALL, 4096)],
    ['SQLite with the largest pages', PATHS.sqlite, sqliteOf(ALL, 65_536)],
    ['its own format', PATHS.ndb, ndbOf(ALL)],
    ['Berkeley DB', PATHS.bdb, bdbOf(ALL)],
    ['Berkeley DB of a big-endian machine', PATHS.bdb, bdbOf(ALL, true)],
  ])('reads every package from %s', (_, path, bytes) => {
    expect(wordsOf(claimsFor(rpm, [fileOf(path, bytes)], WANTED)).toSorted()).toEqual(EXPECTED);
  });

  it('takes digests by the algorithm that the header names, and MD5 where it names none', () => {
    const md5 = hashOf('md5', 'x');
    const old = rpmHeader([
      [1000, ['old']],
      [1035, [md5]],
      [1116, [0]],
      [1117, ['a']],
      [1118, ['/etc/']],
    ]);
    const lying = rpmPackage('lying', { '/etc/b': md5 });
    const unknown = rpmPackage('unknown', { '/etc/c': SHA256 }, 14);
    const found = claimsFor(
      rpm,
      [fileOf(PATHS.ndb, ndbOf([old, lying, unknown]))],
      ['etc/a', 'etc/b', 'etc/c'],
    );
    expect(wordsOf(found)).toEqual(['etc/a md5 rpm:old -']);
  });

  it('tells epoch, version and release', () => {
    const header = rpmHeader([
      [1000, ['a']],
      [1001, ['1.2']],
      [1002, ['3.el9']],
      [1003, [4]],
      [1035, [SHA256]],
      [1116, [0]],
      [1117, ['a']],
      [1118, ['/etc/']],
      [5011, [8]],
    ]);
    expect(wordsOf(claimsFor(rpm, [fileOf(PATHS.ndb, ndbOf([header]))], ['etc/a']))).toEqual([
      'etc/a sha256 rpm:a 4:1.2-3.el9',
    ]);
  });

  it('keeps what it read before something malformed', () => {
    const broken = ndbOf([SMALL, Buffer.from('no header')]);
    expect(claimsFor(rpm, [fileOf(PATHS.ndb, broken)], WANTED)).toHaveLength(2);
  });

  it('is not read on where every cell of a page leads to one long record', () => {
    const plain = sqliteOf([LARGE], 4096);
    const page = Array.from({ length: plain.length / 4096 }, (_, at) => at * 4096).find(
      (at) => at > 0 && plain[at] === 0x0d && plain.readUInt16BE(at + 3) === 1 && plain[at + 5] !== 0x10,
    );
    const start = page ?? 0;
    const cells = 100;
    const cell = plain.readUInt16BE(start + 8);
    plain.writeUInt16BE(cells, start + 3);
    for (let at = 0; at < cells; at++) plain.writeUInt16BE(cell, start + 8 + 2 * at);
    expect(() => [...new SqliteFile(plain).column('Packages', 7)]).toThrow('the records are longer');
  });

  it('does not follow what goes in a circle, and reads one blob only once for each place', () => {
    const sqlite = sqliteOf(ALL, 512);
    const circle = Buffer.from(sqlite);
    for (let page = 512; page < circle.length; page += 512)
      if (circle[page] === 5) circle.writeUInt32BE(1 + page / 512, page + 8);
    expect(claimsFor(rpm, [fileOf(PATHS.sqlite, circle)], WANTED).length).toBeLessThan(EXPECTED.length);
    const bdb = bdbOf([LARGE]);
    bdb.writeUInt32LE(2, 2 * 4096 + 16);
    expect(claimsFor(rpm, [fileOf(PATHS.bdb, bdb)], WANTED)).toEqual([]);
    const ndb = ndbOf([LARGE]);
    for (let slot = 48; slot < 4096; slot += 16) ndb.copyWithin(slot, 32, 48);
    expect(claimsFor(rpm, [fileOf(PATHS.ndb, ndb)], WANTED)).toHaveLength(1);
  });

  it('builds no long folders that nobody asks about', () => {
    const folder = `/${'a/'.repeat(100_000)}`;
    const files = Array.from({ length: 100_000 }, (_, at) => String(at));
    const header = rpmHeader([
      [1000, ['long']],
      [1035, files.map(() => SHA256)],
      [1116, files.map(() => 0)],
      [1117, files],
      [1118, [folder]],
      [5011, [8]],
    ]);
    const began = performance.now();
    expect(claimsFor(rpm, [fileOf(PATHS.ndb, ndbOf([header]))], WANTED)).toEqual([]);
    expect(performance.now() - began).toBeLessThan(5000);
  });

  it('reads anything without a throw, also a database in which some bytes are others', () => {
    const wanted = wantedOf(WANTED);
    const sound = [
      [PATHS.sqlite, sqliteOf(ALL, 512)],
      [PATHS.ndb, ndbOf([SMALL, LARGE])],
      [PATHS.bdb, bdbOf([SMALL, LARGE])],
    ] as const;
    const change = fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 }));
    fc.assert(
      fc.property(
        fc.constantFrom(...sound),
        fc.array(change, { maxLength: 12 }),
        fc.nat(),
        ([path, bytes], changes, cut) => {
          const changed = Buffer.from(bytes.subarray(0, cut % 3 === 0 ? cut % bytes.length : bytes.length));
          for (const [at, value] of changes)
            if (changed.length > 0) changed[at % Math.min(changed.length, 4096)] = value;
          for (const { digest } of rpm.read([fileOf(path, changed)], wanted))
            expect(digest?.hex).toMatch(/^[0-9a-f]{32,64}$/);
        },
      ),
      { numRuns: 500 },
    );
    fc.assert(
      fc.property(
        fc.constantFrom(...Object.values(PATHS)),
        fc.uint8Array({ maxLength: 5000 }),
        (path, bytes) => {
          expect([...rpm.read([fileOf(path, bytes)], wanted)]).toEqual([]);
        },
      ),
    );
  });
});
