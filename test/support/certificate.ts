import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { isIP } from 'node:net';

/** A certificate and its key, made for one test run: no key lies in the repository, and none expires there. */
export interface Issued {
  readonly pem: string;
  readonly der: Buffer;
  readonly keyPem: string;
  readonly key: KeyObject;
  readonly subject: string;
}

export interface IssueOptions {
  /** host names and IPv4 addresses the certificate is for */
  readonly names?: readonly string[];
  /** who signs it; itself where absent */
  readonly issuer?: Issued;
  readonly authority?: boolean;
  readonly kind?: 'ec' | 'rsa';
}

const DAY = 86_400_000;

/** Makes an X.509 v3 certificate; Node reads them but cannot write them. RFC 5280, section 4.1. */
export function issueCertificate(subject: string, options: IssueOptions = {}): Issued {
  const { names = [], issuer, authority = false, kind = 'ec' } = options;
  const { publicKey, privateKey } =
    kind === 'rsa'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const signer = issuer?.key ?? privateKey;
  const algorithm = algorithmOf(signer);
  const body = sequence(
    tlv(0xa0, integer(Buffer.from([2]))),
    integer(Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    algorithm,
    nameOf(issuer?.subject ?? subject),
    sequence(timeOf(Date.now() - DAY), timeOf(Date.now() + DAY)),
    nameOf(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    tlv(0xa3, sequence(...extensionsOf(names, authority))),
  );
  const der = sequence(body, algorithm, bits(sign('sha256', body, signer)));
  const pem = `-----BEGIN CERTIFICATE-----\n${der.toString('base64').replaceAll(/(.{64})/g, '$1\n')}\n-----END CERTIFICATE-----\n`;
  const keyPem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  return { pem, der, keyPem, key: privateKey, subject };
}

/** An authority and a certificate of it for the given names. */
export function issueChain(names: readonly string[]): {
  readonly authority: Issued;
  readonly server: Issued;
} {
  const authority = issueCertificate('pratique test authority', { authority: true });
  return { authority, server: issueCertificate('pratique test server', { names, issuer: authority }) };
}

function extensionsOf(names: readonly string[], authority: boolean): Buffer[] {
  const constraints = authority ? sequence(tlv(0x01, Buffer.from([0xff]))) : sequence();
  // keyCertSign (bit 5) for an authority; digitalSignature (bit 0) otherwise
  const usage = authority ? Buffer.from([2, 0x04]) : Buffer.from([7, 0x80]);
  const extensions = [
    extension('2.5.29.19', constraints, true),
    extension('2.5.29.15', tlv(0x03, usage), true),
  ];
  if (names.length > 0)
    extensions.push(extension('2.5.29.17', sequence(...names.map(alternativeName)), false));
  return extensions;
}

function alternativeName(name: string): Buffer {
  if (isIP(name) === 4) return tlv(0x87, Buffer.from(name.split('.').map(Number)));
  return tlv(0x82, Buffer.from(name));
}

function extension(id: string, value: Buffer, critical: boolean): Buffer {
  const flag = critical ? [tlv(0x01, Buffer.from([0xff]))] : [];
  return sequence(oid(id), ...flag, tlv(0x04, value));
}

function algorithmOf(key: KeyObject): Buffer {
  if (key.asymmetricKeyType === 'rsa')
    return sequence(oid('1.2.840.113549.1.1.11'), tlv(0x05, Buffer.alloc(0)));
  return sequence(oid('1.2.840.10045.4.3.2'));
}

function nameOf(common: string): Buffer {
  return sequence(tlv(0x31, sequence(oid('2.5.4.3'), tlv(0x0c, Buffer.from(common)))));
}

function timeOf(milliseconds: number): Buffer {
  const text = new Date(milliseconds).toISOString().replaceAll(/[-:T]/g, '');
  return tlv(0x18, Buffer.from(`${text.slice(0, 14)}Z`));
}

function bits(content: Buffer): Buffer {
  return tlv(0x03, Buffer.concat([Buffer.from([0]), content]));
}

function integer(content: Buffer): Buffer {
  return tlv(0x02, content);
}

function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const bytes = [first * 40 + second, ...rest.flatMap(base128)];
  return tlv(0x06, Buffer.from(bytes));
}

function base128(value: number): number[] {
  const digits = [value & 127];
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) digits.unshift((rest & 127) | 128);
  return digits;
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return tlv(0x30, Buffer.concat(parts));
}

function tlv(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}
