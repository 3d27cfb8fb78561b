import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { statementsOf } from '../../../src/attest/attest-verdict.ts';
import { signKeyless } from '../../../src/attest/keyless/sign-keyless.ts';
import type { PratiqueError } from '../../../src/errors.ts';
import { parseReference } from '../../../src/model/reference.ts';
import { makeKey } from '../../support/cosign.ts';
import { type PrivateSigstore, pemOf, startSigstore } from '../../support/private-sigstore.ts';
import { passed, sampleVerdict } from '../../support/sample-verdicts.ts';
import type { Recorded, Reply } from '../../support/scripted-server.ts';
import {
  CERTIFICATES,
  ENTRIES,
  type SigningServer,
  STAMPS,
  signingWith,
  startSigningServer,
  TILES,
} from '../../support/signing-server.ts';

const MAIL = 'gate@acme.test';
const ISSUER = 'https://login.acme.test';
const STATEMENTS = statementsOf(
  sampleVerdict({ images: [{ ...sampleVerdict().images[0], ruled: [passed('secrets')] }] }),
  parseReference('registry.test/acme/app:1'),
);

let server: SigningServer;
let stranger: PrivateSigstore;
let token: string;
beforeAll(async () => {
  server = await startSigningServer();
  stranger = await startSigstore();
  token = server.token(MAIL, ISSUER);
});
afterEach(() => {
  server.script = () => undefined;
});
afterAll(() => server.close());

/** Signs, and gives the fault that it ends in; what is told must hold nothing of the token. */
async function faultOf(version: 1 | 2 = 1, stallSeconds?: number): Promise<PratiqueError> {
  const error = await signKeyless(STATEMENTS, signingWith(server, token, version, stallSeconds)).then(
    () => undefined,
    (thrown: PratiqueError) => thrown,
  );
  if (error === undefined) throw new Error('it was signed');
  const told = `${error.message} ${error.stack} ${JSON.stringify(error)} ${String(error.cause)}`;
  for (const part of [token, ...token.split('.')]) expect(told).not.toContain(part.slice(0, 40));
  return error;
}

const at = (path: string, reply: () => Reply | Promise<Reply>) => {
  server.script = (request) => (request.path === path ? reply() : undefined);
};

/** Changes what the instance itself would answer. */
// biome-ignore lint/suspicious/noExplicitAny: whatever a server says, to be bent
type Said = Record<string, any>;
const altering = (path: string, alter: (json: Said, request: Recorded) => unknown) => {
  server.script = async (request, own) => {
    if (request.path !== path) return undefined;
    const json = JSON.parse(Buffer.from((await own()).body as Uint8Array).toString());
    return { status: 201, body: JSON.stringify(await alter(json, request)) };
  };
};

const SERVICES = [
  ['the certificate authority (Fulcio)', CERTIFICATES, 1],
  ['the transparency log (Rekor)', ENTRIES, 1],
  ['the transparency log (Rekor)', TILES, 2],
  ['the timestamp authority', STAMPS, 2],
] as const;

async function* endless(): AsyncGenerator<Uint8Array> {
  for (;;) yield Buffer.alloc(65_536, 32);
}

/** An answer of so many bytes at a time, which takes minutes. */
async function* flowing(bytes: number): AsyncGenerator<Uint8Array> {
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    yield Buffer.alloc(bytes, 32);
  }
}

describe.each(SERVICES)('%s at %s', (who, path, version) => {
  const answers: [string, () => Reply, string][] = [
    ['401', () => ({ status: 401 }), 'answered 401: it does not believe who we say we are'],
    ['403', () => ({ status: 403 }), 'answered 403: it does not let us do this'],
    ['404', () => ({ status: 404 }), 'answered 404'],
    ['409', () => ({ status: 409 }), 'answered 409: it has this already'],
    ['429', () => ({ status: 429 }), 'answered 429: it is asked too often'],
    ['500', () => ({ status: 500 }), 'answered 500: it is out of order'],
    [
      'a redirect',
      () => ({ status: 307, headers: { location: 'https://elsewhere.test/' } }),
      'answered 307: it sends the request elsewhere, and that is refused',
    ],
    ['without end', () => ({ status: 201, body: endless() }), 'answers with more than 262144 bytes'],
    [
      'in an encoding',
      () => ({ status: 201, headers: { 'content-encoding': 'gzip' } }),
      'gave an answer that cannot be read',
    ],
    [
      'with half of it',
      () => ({ status: 201, headers: { 'content-length': '500' }, body: '{"a":', cutAfter: 3 }),
      'cannot be reached',
    ],
  ];

  test.each(answers)('that answers %s leaves the verdict unattested', async (_how, reply, sentence) => {
    at(path, reply);
    const error = await faultOf(version);
    expect(error).toMatchObject({ code: 'SIGNING_FAILED', problem: { what: `${who} ${sentence}` } });
    expect(error.problem.where).toContain(path);
  });

  test.each(['', 'no json', '{}', '[]', 'null', '{"a":{}}', '{"signedCertificateEmbeddedSct":{"chain":{}}}'])(
    'that answers %j leaves the verdict unattested',
    async (body) => {
      at(path, () => ({ status: 201, body }));
      expect(await faultOf(version)).toMatchObject({
        code: 'SIGNING_FAILED',
        problem: { what: expect.stringContaining(who) },
      });
    },
  );

  test.each([
    ['never answers', () => new Promise<Reply>(() => {})],
    ['answers drop by drop', () => ({ status: 201, body: flowing(1) })],
    ['answers just fast enough to go on', () => ({ status: 201, body: flowing(500) })],
  ])('that %s is not waited for', async (_how, reply) => {
    at(path, reply);
    expect((await faultOf(version, 0.2)).problem.what).toContain('does not answer in time');
  });

  test('is asked three times where it is out of order, and once where it says no', async () => {
    const count = () => server.requests.filter((request) => request.path === path).length;
    const before = count();
    at(path, () => ({ status: 503 }));
    await faultOf(version);
    expect(count() - before).toBe(3);
    at(path, () => ({ status: 403 }));
    await faultOf(version);
    expect(count() - before).toBe(4);
  });

  test('that repeats the token in its words, whole or in part, is not repeated', async () => {
    const signature = token.split('.')[2]?.slice(5, 40);
    for (const said of [token, token.slice(10, 60), `Bearer ${token}`, signature]) {
      at(path, () => ({ status: 400, body: JSON.stringify({ message: `no: ${said}` }) }));
      const { problem } = await faultOf(version);
      expect(problem.what).toBe(`${who} answered 400`);
      expect(problem.why).toBeUndefined();
    }
  });

  test('is told with its own words otherwise', async () => {
    at(path, () => ({ status: 400, body: JSON.stringify({ code: 3, message: 'too late' }) }));
    expect((await faultOf(version)).problem.why).toBe('it says too late');
  });

  test('over plain http away from this machine is not asked', async () => {
    const signing = signingWith(server, token, version);
    const plain = new URL('http://signing.example.test');
    const services = { authority: plain, log: { url: plain, version: 1 as const } };
    await expect(signKeyless(STATEMENTS, { ...signing, services })).rejects.toMatchObject({
      code: 'SIGNING_FAILED',
      problem: { what: expect.stringContaining('its address is no https URL') },
    });
  });
});

describe('the token', () => {
  test('goes to the certificate authority, and to nobody else', async () => {
    const before = server.requests.length;
    await signKeyless(STATEMENTS, signingWith(server, token, 2));
    const asked = server.requests.slice(before);
    const holders = asked.filter(({ headers, body, target }) =>
      `${JSON.stringify(headers)}${body.toString('latin1')}${target}`.includes(token),
    );
    expect(holders.map(({ path }) => path)).toEqual([CERTIFICATES]);
    expect(asked).toHaveLength(1 + 2 * STATEMENTS.length);
  });
});

/** What the authority answers, with another certificate in it. */
const answering = (certificate: Buffer): Reply => ({
  status: 201,
  body: JSON.stringify({ signedCertificateEmbeddedSct: { chain: { certificates: [pemOf(certificate)] } } }),
});

/** The key that a request for a certificate is about. */
const keyIn = ({ body }: Recorded): string => JSON.parse(body.toString()).publicKeyRequest.publicKey.content;
const NAMES = [{ type: 'email' as const, value: MAIL }];

describe('a certificate', () => {
  const issue = (make: (publicPem: string) => Promise<Buffer>) => {
    server.script = async (request) =>
      request.path === CERTIFICATES ? answering(await make(keyIn(request))) : undefined;
  };
  const wrong: [string, (publicPem: string) => Promise<Buffer>, string][] = [
    [
      'of another key',
      () => server.sigstore.certify(makeKey().publicPem, { names: NAMES, issuer: ISSUER }),
      'issued a certificate of another key than ours',
    ],
    [
      'of another name',
      (pem) =>
        server.sigstore.certify(pem, { names: [{ type: 'email', value: 'a@acme.test' }], issuer: ISSUER }),
      'issued a certificate with another name',
    ],
    [
      'of another issuer',
      (pem) => server.sigstore.certify(pem, { names: NAMES, issuer: 'https://other.test' }),
      'issued a certificate with another issuer',
    ],
    [
      'for servers',
      (pem) =>
        server.sigstore.certify(pem, { names: NAMES, issuer: ISSUER, purposes: ['1.3.6.1.5.5.7.3.1'] }),
      'issued a certificate that is not for signing',
    ],
  ];
  test.each(wrong)('%s is refused before anything is logged', async (_what, make, sentence) => {
    issue(make);
    const before = server.requests.length;
    expect(await faultOf()).toMatchObject({
      code: 'SIGNING_FAILED',
      problem: { what: expect.stringContaining(sentence) },
    });
    expect(server.requests.slice(before).map(({ path }) => path)).toEqual([CERTIFICATES]);
  });

  test('whose name is a part of the token is refused, and the part not repeated', async () => {
    const part = token.split('.')[2]?.slice(0, 60) ?? '';
    const names = [{ type: 'email' as const, value: `${part}@acme.test` }];
    issue((pem) => server.sigstore.certify(pem, { names, issuer: ISSUER }));
    const { message } = await faultOf();
    expect(message).toContain('issued a certificate with another name');
    expect(message).not.toContain(part.slice(0, 12));
    issue((pem) => server.sigstore.certify(pem, { names: NAMES, issuer: `https://${part}` }));
    expect((await faultOf()).message).not.toContain(part.slice(0, 12));
  });

  const untrusted: [string, (publicPem: string) => Promise<Buffer>][] = [
    ['by another authority', (pem) => stranger.certify(pem, { names: NAMES, issuer: ISSUER })],
    [
      'that is in no log',
      (pem) => server.sigstore.certify(pem, { names: NAMES, issuer: ISSUER, withoutSct: true }),
    ],
    [
      'of last week',
      (pem) =>
        server.sigstore.certify(pem, {
          names: NAMES,
          issuer: ISSUER,
          notBefore: new Date(Date.now() - 7 * 86_400_000),
        }),
    ],
  ];
  test.each(untrusted)('%s does not hold, and nothing is given out', async (_what, make) => {
    issue(make);
    expect((await faultOf()).problem).toMatchObject({
      what: 'what was signed does not hold, and is thrown away',
      why: expect.stringContaining('bad-certificate: '),
    });
  });

  test('whose proof of the log comes beside it is refused', async () => {
    altering(CERTIFICATES, ({ signedCertificateEmbeddedSct }) => ({
      signedCertificateDetachedSct: signedCertificateEmbeddedSct,
    }));
    expect((await faultOf()).problem.what).toContain('keeps the proof of its log beside the certificate');
  });
});

describe('a log entry', () => {
  const only = (json: Said) => Object.entries(json)[0] as [string, Said];
  const changed = (change: (entry: Said) => unknown) =>
    altering(ENTRIES, (json) => {
      const [uuid, entry] = only(json);
      return { [uuid]: change(entry) };
    });
  const bad: [string, () => void][] = [
    [
      'of another log',
      () =>
        altering(ENTRIES, async (json) => {
          const [, { body }] = only(json);
          return stranger.record(JSON.parse(Buffer.from(body, 'base64').toString()));
        }),
    ],
    [
      'with another time of entry than the one signed',
      () => changed((entry) => ({ ...entry, integratedTime: entry['integratedTime'] - 1 })),
    ],
    [
      'whose time is signed with another key',
      () =>
        altering(ENTRIES, async (json) => {
          const [uuid, entry] = only(json);
          const recorded = await stranger.record(JSON.parse(Buffer.from(entry['body'], 'base64').toString()));
          const { signedEntryTimestamp } = only(recorded)[1]['verification'];
          return { [uuid]: { ...entry, verification: { ...entry['verification'], signedEntryTimestamp } } };
        }),
    ],
    [
      'of another statement',
      () =>
        altering(ENTRIES, async (json) => {
          const [, { body }] = only(json);
          const said = JSON.parse(Buffer.from(body, 'base64').toString());
          said.spec.payloadHash.value = '0'.repeat(64);
          return server.sigstore.record(said);
        }),
    ],
    [
      'of another certificate',
      () =>
        altering(ENTRIES, async (json) => {
          const [, { body }] = only(json);
          const said = JSON.parse(Buffer.from(body, 'base64').toString());
          const other = await server.sigstore.certify(makeKey().publicPem, { names: NAMES, issuer: ISSUER });
          said.spec.signatures[0].verifier = Buffer.from(pemOf(other)).toString('base64');
          return server.sigstore.record(said);
        }),
    ],
  ];
  test.each(bad)('%s does not hold, and nothing is given out', async (_what, set) => {
    set();
    expect((await faultOf()).problem).toMatchObject({
      what: 'what was signed does not hold, and is thrown away',
      why: expect.stringContaining('bad-log-entry: '),
    });
  });

  test.each([
    ['without a signed time', 'signedEntryTimestamp', 'did not sign when the entry was made'],
    ['without a proof of inclusion', 'inclusionProof', 'did not prove that the entry is in it'],
  ])('%s is refused', async (_what, name, sentence) => {
    changed(({ verification, ...entry }) => ({
      ...entry,
      verification: { ...verification, [name]: undefined },
    }));
    expect((await faultOf()).problem.what).toContain(sentence);
  });

  test('under another root than the one that is signed is refused', async () => {
    changed(({ verification, ...entry }) => ({
      ...entry,
      verification: {
        ...verification,
        inclusionProof: { ...verification['inclusionProof'], rootHash: '0'.repeat(64) },
      },
    }));
    expect((await faultOf()).problem.what).toContain('is in another tree than the one it signed');
  });

  test('of two is refused', async () => {
    altering(ENTRIES, (json) => ({ ...json, other: only(json)[1] }));
    expect((await faultOf()).problem.what).toContain('did not answer with one entry');
  });

  test('of the second kind without a proof of inclusion is refused', async () => {
    altering(TILES, ({ inclusionProof: _, ...entry }) => entry);
    expect((await faultOf(2)).problem.what).toContain('did not prove that the entry is in it');
  });

  test('of the second kind of another statement does not hold', async () => {
    let first: unknown;
    altering(TILES, (json) => {
      first ??= json;
      return first;
    });
    expect((await faultOf(2)).problem.why).toMatch(/bad-log-entry/);
  });
});

describe('a timestamp', () => {
  const stamping = (make: () => Promise<Buffer>) =>
    at(STAMPS, async () => ({ status: 201, body: new Uint8Array(await make()) }));
  test.each([
    ['by another authority', (): Promise<Buffer> => stranger.stamp(Buffer.from('signature'))],
    ['over something else', (): Promise<Buffer> => server.sigstore.stamp(Buffer.from('something else'))],
  ])('%s does not hold, and nothing is given out', async (_what, make) => {
    stamping(make);
    expect((await faultOf(2)).problem).toMatchObject({
      what: 'what was signed does not hold, and is thrown away',
      why: expect.stringContaining('bad-timestamp: '),
    });
  });

  test.each([
    ['a refusal', Buffer.from('30053003020102', 'hex')],
    ['an answer nested ten thousand times', Buffer.concat(Array(10_000).fill(Buffer.from([0x30, 0x80])))],
    ['an answer longer than any', Buffer.alloc(70_000, 0x30)],
  ])('is refused where there is %s instead', async (_what, bytes) => {
    stamping(async () => bytes);
    expect((await faultOf(2)).problem.what).toBe('the timestamp authority gave no timestamp');
  });
});
