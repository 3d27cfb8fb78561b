import { createHash, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ASN1Obj } from '@sigstore/core';
import { makeRsaKey } from './cosign.ts';
import { type PrivateSigstore, pemOf } from './private-sigstore.ts';
import { type LogRequest, makeRekorV2 } from './rekor-v2.ts';
import { type Recorded, type Reply, startScriptedServer } from './scripted-server.ts';

/** A private Sigstore that a real client can sign with: Fulcio, Rekor v1 and v2, and a timestamp authority. */
export interface SigstoreServer {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /** where timestamps are asked for */
  readonly timestamps: string;
  /** paths that were asked for, without their query */
  readonly asked: readonly string[];
  /** what `trusted_root.json` says of it, Rekor v2 included */
  readonly trustedRoot: unknown;
  /** An identity token for whoever logs in: a mail address, or the URI of a workflow. */
  token(subject: string, issuer: string): string;
  /** Writes what a cosign in this folder needs to trust it; returns the environment that says so to cosign 2. */
  introduce(folder: string): Readonly<Record<string, string>>;
  close(): Promise<void>;
}

type Json = Readonly<Record<string, unknown>>;
type Claims = { readonly iss: string; readonly sub: string; readonly email?: string };
type Handler = (request: Recorded) => Promise<Reply>;

const SINCE = '2020-01-01T00:00:00Z';
const BOOLEAN = 0x01;
const TIMESTAMPS = '/api/v1/timestamp';

/**
 * Serves the instance on a loopback port. Fulcio believes the tokens minted here and no others, and wants a proof that the client
 * has the key. What Rekor logs is what it makes of the proposed entry, as the real one does.
 * @see Fulcio, fulcio.proto; Rekor, openapi.yaml; rekor-tiles, rekor_service.proto; RFC 3161, section 2.4.1
 */
export async function serveSigstore(sigstore: PrivateSigstore): Promise<SigstoreServer> {
  const issuerKey = makeRsaKey();
  const second = makeRekorV2();
  const trustedRoot = sigstore.trustedRoot();
  const handlers: Readonly<Record<string, Handler>> = {
    'POST /api/v1/signingCert': async (request) => {
      const { publicKey, signedEmailAddress: proof } = readJson(request);
      const pem = base64((publicKey as Json)['content']).toString();
      const leaf = await certify(request, pem, base64(proof));
      return { status: 201, body: `${leaf}${sigstore.pems.authority}` };
    },
    'POST /api/v2/signingCert': async (request) => {
      const { publicKey, proofOfPossession } = readJson(request)['publicKeyRequest'] as Json;
      const pem = String((publicKey as Json)['content']);
      const certificates = [await certify(request, pem, base64(proofOfPossession)), sigstore.pems.authority];
      return answer(200, { signedCertificateEmbeddedSct: { chain: { certificates } } });
    },
    'POST /api/v1/log/entries': async (request) => {
      const logged = await sigstore.record(canonical(readJson(request)));
      const [uuid = ''] = Object.keys(logged);
      return answer(201, logged, { etag: uuid, location: `/api/v1/log/entries/${uuid}` });
    },
    'GET /api/v1/log/publicKey': async () => ({
      headers: { 'content-type': 'application/x-pem-file' },
      body: sigstore.pems.log,
    }),
    'POST /api/v2/log/entries': async (request) =>
      answer(201, second.enter(readJson(request)['hashedRekordRequestV002'] as unknown as LogRequest)),
    [`POST ${TIMESTAMPS}`]: async ({ body }) => ({
      status: 201,
      headers: { 'content-type': 'application/timestamp-reply' },
      body: await stamp(body),
    }),
  };

  /** A certificate for whoever the token names, if the key is theirs. */
  async function certify({ headers }: Recorded, publicPem: string, proof: Buffer): Promise<string> {
    const { iss, sub, email } = readToken(headers.authorization ?? '', createPublicKey(issuerKey.publicPem));
    const name = email ?? sub;
    if (!verify('sha256', Buffer.from(name), publicPem, proof)) throw new Error('no proof of possession');
    const type = email === undefined ? ('url' as const) : ('email' as const);
    return pemOf(await sigstore.certify(publicPem, { names: [{ type, value: name }], issuer: iss }));
  }

  async function stamp(request: Buffer): Promise<Buffer> {
    const { subs } = ASN1Obj.parseBuffer(Buffer.from(request));
    const digest = subs[1]?.subs[1]?.value;
    if (digest === undefined) throw new Error('no message imprint');
    return sigstore.stampDigest(digest, subs.at(-1)?.tag.number === BOOLEAN);
  }

  const server = await startScriptedServer(async (request) => {
    try {
      return await handlers[`${request.method} ${request.path}`]?.(request);
    } catch (thrown) {
      return { status: 400, body: String(thrown) };
    }
  });
  const root = { ...trustedRoot, tlogs: [...trustedRoot.tlogs, second.trusted] };
  return {
    url: server.url,
    timestamps: `${server.url}${TIMESTAMPS}`,
    get asked() {
      return server.requests.map(({ path }) => path);
    },
    trustedRoot: root,
    token: (subject, issuer) => mint(issuerKey.privateKey, subject, issuer),
    introduce: (folder) => introduce(folder, server.url, sigstore, root),
    close: server.close,
  };
}

/** Writes `root.json`, one signing configuration for each version of Rekor, and a PEM file for each authority. */
function introduce(folder: string, url: string, { pems }: PrivateSigstore, root: unknown) {
  const service = (path: string, version: number) => ({
    url: `${url}${path}`,
    majorApiVersion: version,
    validFor: { start: SINCE },
    operator: 'example',
  });
  const write = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  write('private-root.json', JSON.stringify(root));
  for (const version of [1, 2])
    write(
      `rekor-v${version}.json`,
      JSON.stringify({
        mediaType: 'application/vnd.dev.sigstore.signingconfig.v0.2+json',
        caUrls: [service('', 1)],
        rekorTlogUrls: [service('', version)],
        tsaUrls: [service(TIMESTAMPS, 1)],
        rekorTlogConfig: { selector: 'ANY' },
        tsaConfig: { selector: 'ANY' },
      }),
    );
  return {
    SIGSTORE_ROOT_FILE: write('authority.pem', pems.authority),
    SIGSTORE_CT_LOG_PUBLIC_KEY_FILE: write('certificate-log.pem', pems.certificateLog),
    SIGSTORE_REKOR_PUBLIC_KEY: write('log.pem', pems.log),
    SIGSTORE_TSA_CERTIFICATE_FILE: write('timestamps.pem', pems.timestamps),
  };
}

/** What Rekor v1 records of a proposed entry: digests and signers, and never the content. */
function canonical({ kind, apiVersion, spec }: Json): Json {
  const said = spec as Record<string, Json>;
  if (kind === 'dsse') {
    const { envelope, verifiers } = said['proposedContent'] ?? {};
    const { payload, signatures } = JSON.parse(String(envelope));
    const [verifier] = verifiers as string[];
    return {
      kind,
      apiVersion,
      spec: {
        envelopeHash: hashOf(Buffer.from(String(envelope))),
        payloadHash: hashOf(base64(payload)),
        signatures: [{ signature: signatures[0].sig, verifier }],
      },
    };
  }
  if (kind === 'intoto') {
    const envelope = String(said['content']?.['envelope']);
    const content = {
      hash: hashOf(Buffer.from(envelope)),
      payloadHash: hashOf(base64(JSON.parse(envelope).payload)),
    };
    return { kind, apiVersion, spec: { content, publicKey: said['publicKey'] } };
  }
  return { kind, apiVersion, spec };
}

function hashOf(bytes: Buffer): Json {
  return { algorithm: 'sha256', value: createHash('sha256').update(bytes).digest('hex') };
}

/** A token of OpenID Connect, valid for an hour. RS256: cosign takes every other for the name of a file. */
function mint(key: KeyObject, subject: string, issuer: string): string {
  const now = Math.floor(Date.now() / 1000);
  const isMail = !subject.includes('://');
  const claims = {
    iss: issuer,
    sub: subject,
    aud: 'sigstore',
    iat: now,
    exp: now + 3600,
    ...(isMail && { email: subject, email_verified: true }),
  };
  const said = [{ alg: 'RS256', typ: 'JWT' }, claims].map((part) =>
    Buffer.from(JSON.stringify(part)).toString('base64url'),
  );
  const signature = sign('sha256', Buffer.from(said.join('.')), key);
  return [...said, signature.toString('base64url')].join('.');
}

function readToken(authorization: string, key: KeyObject): Claims {
  const [head = '', claims = '', signature = ''] = authorization.replace(/^Bearer /, '').split('.');
  const bytes = Buffer.from(signature, 'base64url');
  if (!verify('sha256', Buffer.from(`${head}.${claims}`), key, bytes)) throw new Error('not a token of ours');
  return JSON.parse(Buffer.from(claims, 'base64url').toString());
}

function readJson({ body }: Recorded): Json {
  return JSON.parse(body.toString());
}

function answer(status: number, value: unknown, headers: Record<string, string> = {}): Reply {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(value) };
}

function base64(text: unknown): Buffer {
  return Buffer.from(String(text), 'base64');
}
