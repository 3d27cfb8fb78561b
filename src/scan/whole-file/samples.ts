import { createCipheriv, createHash, createHmac, generateKeyPairSync, hash } from 'node:crypto';
import { HEX, sample } from '../rules/sample.ts';
import { myloginKey } from './mylogin.ts';

/** Bytes that look drawn at random and are the same on every run. */
export function sampleBytes(length: number, seed: string): Buffer {
  return Buffer.from(sample(HEX, 2 * length, seed), 'hex');
}

/** A private key in DER that nobody uses. */
export function sampleDerKey(type: 'pkcs8' | 'pkcs1' | 'sec1', passphrase?: string): Buffer {
  const locked = passphrase === undefined ? {} : { cipher: 'aes-256-cbc', passphrase };
  if (type === 'pkcs1')
    return generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey.export({ type, format: 'der' });
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return privateKey.export({ type, format: 'der', ...locked });
}

/** A Java keystore; `password` is what its digest is made with. */
export function sampleJks(entries: readonly ('key' | 'certificate')[], password: string): Buffer {
  const body = Buffer.concat([
    Buffer.from('feedfeed00000002', 'hex'),
    uint(entries.length, 4),
    ...entries.map((kind, index) => {
      const head = [uint(kind === 'key' ? 1 : 2, 4), named(`entry${index}`), Buffer.alloc(8)];
      const certificate = [named('X.509'), counted(sampleBytes(300, `certificate ${index}`), 4)];
      const key = [counted(sampleBytes(400, `jks ${index}`), 4), uint(1, 4)];
      return Buffer.concat([...head, ...(kind === 'key' ? key : []), ...certificate]);
    }),
  ]);
  const words = Buffer.from(password, 'utf16le').swap16();
  return Buffer.concat([
    body,
    createHash('sha1').update(words).update('Mighty Aphrodite').update(body).digest(),
  ]);
}

/** A PKCS #12 file with one bag: of a key (1), of a key under a password (2), of a certificate (3). */
export function samplePkcs12(bag: 1 | 2 | 3, password: string): Buffer {
  const kind = der(0x06, Buffer.from(`2a864886f70d010c0a010${bag}`, 'hex'));
  const bags = der(0x30, der(0x30, kind, der(0xa0, sampleBytes(200, 'p12'))));
  const safe = der(0x30, data(bags));
  const salt = sampleBytes(20, 'salt');
  const letters = Buffer.from(`${password}\0`, 'utf16le').swap16();
  let key = Buffer.concat([Buffer.alloc(64, 3), Buffer.alloc(64, salt), Buffer.alloc(64, letters)]);
  for (let round = 0; round < 2048; round++) key = hash('sha256', key, 'buffer');
  const sum = createHmac('sha256', key).update(safe).digest();
  const how = der(0x30, der(0x06, Buffer.from('608648016503040201', 'hex')), der(0x05));
  const mac = der(0x30, der(0x30, how, der(0x04, sum)), der(0x04, salt), der(0x02, uint(2048, 2)));
  return der(0x30, der(0x02, uint(3, 1)), data(safe), mac);
}

function data(content: Buffer): Buffer {
  return der(0x30, der(0x06, Buffer.from('2a864886f70d010701', 'hex')), der(0xa0, der(0x04, content)));
}

/** Always with a length of two bytes, as keystores have: not minimal where they are small. */
function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  if (content.length < 128) return Buffer.concat([Buffer.from([tag, content.length]), content]);
  return Buffer.concat([Buffer.from([tag, 0x82]), counted(content, 2)]);
}

/** A secret key of OpenPGP; `usage` 0: in clear. */
export function sampleOpenPgpKey(usage: 0 | 254): Buffer {
  const number = (seed: string) => {
    const bytes = sampleBytes(256, seed);
    bytes[0] = (bytes[0] ?? 0) | 0x80;
    return Buffer.concat([uint(2048, 2), bytes]);
  };
  const way = usage === 0 ? [] : [Buffer.from('090308', 'hex'), sampleBytes(8, 's2k'), Buffer.from([0x60])];
  const body = Buffer.concat([
    Buffer.from('0465000000', 'hex'),
    Buffer.from([1]),
    number('n'),
    Buffer.from('0011010001', 'hex'),
    Buffer.from([usage]),
    ...way,
    sampleBytes(600, 'pgp'),
  ]);
  return Buffer.concat([Buffer.from([0x95]), counted(body, 2)]);
}

/** A keytab with one entry. */
export function sampleKeytab(): Buffer {
  const entry = Buffer.concat([
    uint(2, 2),
    named('HARBOUR.EXAMPLE'),
    named('host'),
    named('quay.harbour.example'),
    uint(1, 4),
    uint(1_700_000_000, 4),
    uint(3, 1),
    uint(18, 2),
    counted(sampleBytes(32, 'keytab'), 2),
  ]);
  return Buffer.concat([Buffer.from('0502', 'hex'), counted(entry, 4)]);
}

/** A login file of MySQL's clients. */
export function sampleMylogin(text: string): Buffer {
  const seed = sampleBytes(20, 'mylogin');
  const cipher = createCipheriv('aes-128-ecb', myloginKey(seed), null);
  const line = Buffer.concat([cipher.update(text), cipher.final()]);
  const length = Buffer.alloc(4);
  length.writeInt32LE(line.length);
  return Buffer.concat([Buffer.alloc(4), seed, length, line]);
}

function named(text: string): Buffer {
  return counted(Buffer.from(text), 2);
}

function counted(bytes: Buffer, width: 2 | 4): Buffer {
  return Buffer.concat([uint(bytes.length, width), bytes]);
}

function uint(value: number, width: 1 | 2 | 4): Buffer {
  const bytes = Buffer.alloc(width);
  bytes.writeUIntBE(value, 0, width);
  return bytes;
}
