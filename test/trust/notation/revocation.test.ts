import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { readDer } from '../../../src/io/der.ts';
import { openFetch } from '../../../src/io/fetch-url.ts';
import { ocspRequest } from '../../../src/trust/notation/revocation/ocsp.ts';
import { readCertificate } from '../../../src/trust/notation/x509/certificate.ts';
import { integer, oid, sequence, tlv } from '../../support/notation/der-writer.ts';
import {
  type AnswerOptions,
  answerFor,
  days,
  type Extension,
  type Identity,
  issue,
  type ListOptions,
  listBy,
  lists,
  OID,
  purposes,
  responders,
  stamp,
  usage,
} from '../../support/notation/pki.ts';
import { type Attempt, intermediate, judge, root, STAMPED, tsaRoot } from '../../support/notation/sign.ts';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;
const handlers = new Map<string, Handler>();
const asked: string[] = [];
const server = createServer((request, response) => {
  asked.push(`${request.method} ${request.url}`);
  const handler = handlers.get(request.url ?? '');
  if (handler === undefined) response.writeHead(404).end();
  else handler(request, response);
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
afterAll(() => new Promise((resolve) => server.close(resolve)));
afterEach(() => {
  handlers.clear();
  asked.length = 0;
});

const NO_CHECK: Extension = { oid: '1.3.6.1.5.5.7.48.1.5', value: Buffer.from([5, 0]) };
const delegate = issue({ issuer: intermediate, purposes: [OID.ocspSigning], more: [NO_CHECK] });

function serve(path: string, bytes: Buffer): void {
  handlers.set(path, (_request, response) => response.writeHead(200).end(bytes));
}

/** A certificate that names a responder, a list, or both. */
function certificate({ ocsp = false, list = false } = {}, issuer: Identity = intermediate): Identity {
  const more = [...(ocsp ? [responders(`${base}/ocsp`)] : []), ...(list ? [lists(`${base}/list`)] : [])];
  return issue({ issuer, more });
}

function check(by: Identity, attempt: Attempt = {}): ReturnType<typeof judge> {
  return judge({ by, fetchUrl: openFetch(), trust: { revocation: 'check' }, ...attempt });
}

/** Evidence that leaves whoever demands it undecided. */
function unsettled(why = ''): object {
  const fault = { code: 'NETWORK', problem: { why: expect.stringContaining(why) } };
  return [{ state: 'rejected', reason: 'unsettled', unsettled: { signer: 'acme', fault } }];
}

describe('a certificate that names a responder', () => {
  test.each<readonly [string, AnswerOptions]>([
    ['of its issuer', {}],
    ['that the issuer has made one', { by: delegate }],
    ['that says nothing of the next answer', { nextUpdate: null, thisUpdate: days(-0.5) }],
  ])('is good by an answer %s', async (_what, options) => {
    const by = certificate({ ocsp: true });
    serve('/ocsp', answerFor(by, options));
    const [evidence] = await check(by);
    expect(evidence).toMatchObject({ state: 'verified' });
    expect(evidence).not.toHaveProperty('unchecked');
    expect(asked).toEqual(['POST /ocsp']);
  });

  test('is rejected where it is revoked', async () => {
    const by = certificate({ ocsp: true, list: true });
    serve('/ocsp', answerFor(by, { status: 'revoked' }));
    serve('/list', listBy(intermediate));
    for (const revocation of ['check', 'best-effort'] as const) {
      const evidence = await check(by, { trust: { revocation } });
      expect(evidence).toMatchObject([
        { state: 'rejected', reason: 'revoked', detail: expect.stringContaining('CN=release') },
      ]);
    }
    expect(asked).toEqual(['POST /ocsp', 'POST /ocsp']);
  });

  test.each<readonly [string, string, AnswerOptions]>([
    ['that is signed by somebody else', 'neither by the issuer', { signedBy: root.key }],
    [
      'of a responder that another has made one',
      'neither by the issuer',
      { by: issue({ issuer: root, purposes: [OID.ocspSigning], more: [NO_CHECK] }) },
    ],
    [
      'of a certificate that is for something else',
      'neither by the issuer',
      { by: issue({ issuer: intermediate, more: [NO_CHECK] }) },
    ],
    [
      'of a responder whose own revocation would have to be asked for',
      'neither by the issuer',
      { by: issue({ issuer: intermediate, purposes: [OID.ocspSigning] }) },
    ],
    [
      'of a responder that has expired',
      'neither by the issuer',
      {
        by: issue({
          issuer: intermediate,
          purposes: [OID.ocspSigning],
          more: [NO_CHECK],
          notAfter: days(-1),
        }),
      },
    ],
    [
      'of a responder that is not one yet',
      'neither by the issuer',
      {
        by: issue({
          issuer: intermediate,
          purposes: [OID.ocspSigning],
          more: [NO_CHECK],
          notBefore: days(1),
        }),
      },
    ],
    ['that is in there twenty times', 'too many answers', { times: 20 }],
    ['of another type', 'another type', { type: '1.2.3.4' }],
    ['about a certificate of another issuer', 'about another certificate', { issuerName: root.name }],
    [
      'about a certificate of an issuer with another key',
      'about another certificate',
      { issuerKey: Buffer.from('x') },
    ],
    [
      'with something about it that has to be understood',
      'critical extension',
      { answerExtensions: [{ oid: '1.2.3', critical: true, value: Buffer.from([5, 0]) }] },
    ],
    [
      'with twenty certificates',
      'too many certificates',
      { carries: Array.from({ length: 20 }, () => root.der) },
    ],
    ['about another certificate', 'about another certificate', { about: intermediate }],
    ['that is out of date', 'out of date', { nextUpdate: days(-0.5) }],
    [
      'of last week that does not say how long it counts',
      'out of date',
      { nextUpdate: null, thisUpdate: days(-7) },
    ],
    ['of the future', 'of the future', { thisUpdate: days(1), nextUpdate: days(2) }],
    ['that does not know it', 'does not know', { status: 'unknown' }],
    ['that it should be tried later', 'status 3', { outer: 3 }],
    [
      'with a critical extension',
      'critical extension',
      { extensions: [{ oid: '1.2.3', critical: true, value: Buffer.from([5, 0]) }] },
    ],
  ])('leaves it open by an answer %s', async (_what, why, options) => {
    const by = certificate({ ocsp: true });
    serve('/ocsp', answerFor(by, options));
    expect(await check(by)).toMatchObject(unsettled(why));
    const told = await check(by, { trust: { revocation: 'best-effort' } });
    expect(told).toMatchObject([{ state: 'verified', unchecked: expect.stringContaining(why) }]);
  });

  test('is looked for in the list where the responder does not answer', async () => {
    const by = certificate({ ocsp: true, list: true });
    serve('/list', listBy(intermediate));
    expect(await check(by)).toMatchObject([{ state: 'verified' }]);
    expect(asked).toEqual(['POST /ocsp', 'GET /list']);
    serve('/list', listBy(intermediate, { revoked: [by] }));
    expect(await check(by)).toMatchObject([{ reason: 'revoked' }]);
  });

  test('is asked for by its serial number and its issuer', () => {
    const by = certificate({ ocsp: true });
    const request = Buffer.from(ocspRequest(readCertificate(by.der), readCertificate(intermediate.der)));
    expect(readDer(request).raw).toHaveLength(request.length);
    expect(request.includes(by.serial)).toBe(true);
  });
});

describe('a certificate that names a list', () => {
  test.each<readonly [string, ListOptions]>([
    ['that is empty', {}],
    ['with others', { revoked: [root] }],
    ['for such certificates, at this very place', { extensions: [scope({ users: true, own: true })] }],
  ])('is good by one %s', async (_what, options) => {
    const by = certificate({ list: true });
    serve('/list', listBy(intermediate, options));
    expect(await check(by)).toMatchObject([{ state: 'verified' }]);
  });

  test.each<readonly [string, ListOptions]>([
    ['whenever that was', {}],
    ['on hold', { entryExtensions: [{ oid: '2.5.29.21', value: tlv(0x0a, Buffer.from([6])) }] }],
    [
      'since after it signed',
      { entryExtensions: [{ oid: '2.5.29.24', value: tlv(0x18, Buffer.from('20300101000000Z')) }] },
    ],
    ['although the list is out of date', { nextUpdate: days(-0.5) }],
    ['although another list adds to this one', { extensions: [{ oid: '2.5.29.46', value: sequence() }] }],
    ['although the list is that of another place', { extensions: [scope({ other: true })] }],
    [
      'although the list has some reasons only',
      {
        extensions: [
          { oid: '2.5.29.28', critical: true, value: sequence(tlv(0x83, Buffer.from([7, 0x80]))) },
        ],
      },
    ],
  ])('is rejected where it is in there, %s', async (_what, options) => {
    const by = certificate({ list: true });
    serve('/list', listBy(intermediate, { ...options, revoked: [root, by] }));
    for (const revocation of ['check', 'best-effort'] as const)
      expect(await check(by, { trust: { revocation } })).toMatchObject([{ reason: 'revoked' }]);
  });

  test.each<readonly [string, string, ListOptions]>([
    ['that is signed by somebody else', 'not signed by the issuer', { signedBy: root.key }],
    ['of another issuer', 'another issuer', { name: root.name }],
    ['of version 3', 'version 2', { version: 2 }],
    [
      'that says outside that it is signed in another way',
      'algorithms differ',
      { saidOutside: sequence(oid('1.2.840.10045.4.3.2'), Buffer.from([5, 0])) },
    ],
    ['that is out of date', 'out of date', { nextUpdate: days(-0.5) }],
    ['that does not say until when it counts', 'until when', { nextUpdate: null }],
    ['of the future', 'of the future', { thisUpdate: days(1), nextUpdate: days(2) }],
    [
      'that only adds to another',
      'without another list',
      { extensions: [{ oid: '2.5.29.27', critical: true, value: integer(1) }] },
    ],
    [
      'that another adds to',
      'without another list',
      { extensions: [{ oid: '2.5.29.46', value: sequence() }] },
    ],
    [
      'with a critical extension',
      'critical extension 1.2.3',
      { extensions: [{ oid: '1.2.3', critical: true, value: integer(1) }] },
    ],
    [
      'with an entry that has to be understood',
      'entry has a critical',
      { revoked: [root], entryExtensions: [{ oid: '2.5.29.29', critical: true, value: sequence() }] },
    ],
    ['of certificates of authorities', 'of another kind', { extensions: [scope({ authorities: true })] }],
    ['of another place', 'of another place', { extensions: [scope({ other: true })] }],
    [
      'that is indirect',
      'more in it',
      { extensions: [{ oid: '2.5.29.28', critical: true, value: sequence(tlv(0x84, Buffer.from([0xff]))) }] },
    ],
    [
      'of some reasons only',
      'more in it',
      {
        extensions: [
          { oid: '2.5.29.28', critical: true, value: sequence(tlv(0x83, Buffer.from([7, 0x80]))) },
        ],
      },
    ],
  ])('leaves it open by one %s', async (_what, why, options) => {
    const by = certificate({ list: true });
    serve('/list', listBy(intermediate, options));
    expect(await check(by)).toMatchObject(unsettled(why));
  });

  test('is not asked where it only lists some reasons, or is by another issuer', async () => {
    const place = tlv(0xa0, tlv(0xa0, tlv(0x86, Buffer.from(`${base}/list`))));
    serve('/list', listBy(intermediate));
    for (const more of [tlv(0x81, Buffer.from([7, 0x80])), tlv(0xa2, tlv(0xa4, root.name))]) {
      const points = { oid: '2.5.29.31', value: sequence(sequence(place, more)) };
      const by = issue({ issuer: intermediate, more: [points] });
      expect(await check(by)).toMatchObject(unsettled('no place'));
    }
    expect(asked).toEqual([]);
  });

  test('leaves it open where it is in one that only adds to another: it may be taken out there', async () => {
    const by = certificate({ list: true });
    const delta = { oid: '2.5.29.27', critical: true, value: integer(1) };
    serve('/list', listBy(intermediate, { extensions: [delta], revoked: [by] }));
    expect(await check(by)).toMatchObject(unsettled('without another list'));
  });

  test('leaves it open where its issuer may sign no lists', async () => {
    const issuer = issue({ authority: true, issuer: root, usage: usage([5]) });
    const by = certificate({ list: true }, issuer);
    serve('/list', listBy(issuer));
    expect(await check(by)).toMatchObject(unsettled());
  });
});

describe('what is asked', () => {
  test('is nobody, where certificates name no place', async () => {
    expect(await check(certificate())).toMatchObject([{ state: 'verified' }]);
    expect(asked).toEqual([]);
  });

  test('is nobody, where the policy does not want it, or the chain is no chain of the policy', async () => {
    const by = certificate({ ocsp: true });
    expect(await check(by, { trust: { revocation: 'skip' } })).toMatchObject([
      { unchecked: expect.any(String) },
    ]);
    expect(await check(certificate({ ocsp: true }, issue({ authority: true })))).toMatchObject([
      { reason: 'other-key' },
    ]);
    expect(await check(by, { signedBy: root.key })).toMatchObject([{ reason: 'bad-signature' }]);
    expect(asked).toEqual([]);
  });

  test('is undecided where nobody can be asked from here, or only over other ways than http', async () => {
    const by = certificate({ ocsp: true });
    expect(await judge({ by, trust: { revocation: 'check' } })).toMatchObject(unsettled());
    const ldap = issue({ issuer: intermediate, more: [lists('ldap://127.0.0.1/x')] });
    expect(await check(ldap)).toMatchObject(unsettled());
    const https = issue({ issuer: intermediate, more: [responders('https://127.0.0.1:1/x')] });
    expect(await check(https)).toMatchObject(unsettled());
  });

  test.each<readonly [string, string, Handler]>([
    [
      'answers with a redirect',
      'status 302',
      (_q, r) => r.writeHead(302, { location: `${base}/elsewhere` }).end(),
    ],
    ['answers with an error', 'status 500', (_q, r) => r.writeHead(500).end()],
    ['answers without end', 'more than 65536 bytes', (_q, r) => r.writeHead(200).end(Buffer.alloc(70_000))],
    ['answers something else', 'cut', (_q, r) => r.writeHead(200).end('x')],
    ['hangs up', 'a server did not answer', (q) => q.socket.destroy()],
    ['does not answer in time', 'within 2 seconds', () => undefined],
  ])('is undecided where the server %s', async (_what, why, handler) => {
    handlers.set('/ocsp', handler);
    expect(await check(certificate({ ocsp: true }))).toMatchObject(unsettled(why));
    expect(asked).toEqual(['POST /ocsp']);
  });

  test('is the authority above, too', async () => {
    const middle = issue({ authority: true, issuer: root, more: [lists(`${base}/root`)] });
    const by = certificate({}, middle);
    serve('/root', listBy(root, { revoked: [middle] }));
    expect(await check(by)).toMatchObject([{ reason: 'revoked' }]);
    serve('/root', listBy(root, { extensions: [scope({ authorities: true })] }));
    expect(await check(by)).toMatchObject([{ state: 'verified' }]);
  });

  test('is the timestamp authority, too, and a revocation after the timestamp counts', async () => {
    const stamps = purposes([OID.timeStamping], true);
    const tsa = issue({ issuer: tsaRoot, purposes: stamps, more: [lists(`${base}/stamps`)] });
    const attempt: Attempt = {
      timestamp: (signature) => stamp(tsa, signature, { at: days(-5) }),
      trust: { ...STAMPED, revocation: 'check' },
    };
    serve('/stamps', listBy(tsaRoot));
    expect(await check(certificate(), attempt)).toMatchObject([{ state: 'verified' }]);
    serve('/stamps', listBy(tsaRoot, { revoked: [tsa] }));
    expect(await check(certificate(), attempt)).toMatchObject([{ reason: 'revoked' }]);
  });
});

test.each([
  'https://127.0.0.1/',
  'ftp://127.0.0.1/',
  'http://user@127.0.0.1/',
  'http://:word@127.0.0.1/',
  'none',
])('%s is not asked', async (url) => {
  const asking = openFetch()({ url, limitBytes: 10, timeoutMilliseconds: 1000 });
  await expect(asking).rejects.toMatchObject({
    problem: { why: expect.stringContaining('only plain http') },
  });
});

test('a server is asked through the proxy, where there is one', async () => {
  const through: string[] = [];
  const proxy = createServer().on('connect', (request, socket) => {
    through.push(request.url ?? '');
    socket.end('HTTP/1.1 502 no\r\n\r\n');
  });
  proxy.on('request', (request, response) => {
    through.push(request.url ?? '');
    response.writeHead(502).end();
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const uri = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const asking = openFetch({ proxyFor: () => uri })({ url: base, limitBytes: 10, timeoutMilliseconds: 5000 });
  await expect(asking).rejects.toMatchObject({ code: 'NETWORK' });
  expect(through).toHaveLength(1);
  expect(asked).toEqual([]);
  await new Promise((resolve) => proxy.close(resolve));
});

test('asking ends with the run', async () => {
  const over = new AbortController();
  handlers.set('/ocsp', () => over.abort());
  const asking = openFetch({ signal: over.signal })({
    url: `${base}/ocsp`,
    limitBytes: 10,
    timeoutMilliseconds: 60_000,
  });
  await expect(asking).rejects.toMatchObject({ code: 'NETWORK' });
});

/** `issuingDistributionPoint`. */
function scope({ users = false, authorities = false, own = false, other = false }): Extension {
  const url = own ? `${base}/list` : other ? 'http://127.0.0.1/other' : undefined;
  const value = sequence(
    ...(url === undefined ? [] : [tlv(0xa0, tlv(0xa0, tlv(0x86, Buffer.from(url))))]),
    ...(users ? [tlv(0x81, Buffer.from([0xff]))] : []),
    ...(authorities ? [tlv(0x82, Buffer.from([0xff]))] : []),
  );
  return { oid: '2.5.29.28', critical: true, value };
}
