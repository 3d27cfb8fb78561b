import { readIdentityToken } from '../../src/attest/keyless/identity-token.ts';
import type { KeylessSigning } from '../../src/attest/keyless/sign-keyless.ts';
import { DEFAULT_LIMITS } from '../../src/io/limits.ts';
import type { TrustRoot } from '../../src/model/trust-root.ts';
import { type PrivateSigstore, rootOf, startSigstore } from './private-sigstore.ts';
import { type Recorded, type Reply, startScriptedServer } from './scripted-server.ts';
import { type SigstoreServer, serveSigstore } from './sigstore-server.ts';

/** A private Sigstore behind a door that writes down who comes, and can answer in its place. */
export interface SigningServer {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  readonly sigstore: PrivateSigstore;
  readonly root: TrustRoot;
  readonly requests: readonly Recorded[];
  /** an identity token for a mail address or the URI of a workflow */
  token(subject: string, issuer: string): string;
  /** answers in the place of the instance, or changes its answer; nothing: it answers itself */
  script: (request: Recorded, own: () => Promise<Reply>) => Reply | undefined | Promise<Reply | undefined>;
  introduce: SigstoreServer['introduce'];
  close(): Promise<void>;
}

export const CERTIFICATES = '/api/v2/signingCert';
export const ENTRIES = '/api/v1/log/entries';
export const TILES = '/api/v2/log/entries';
export const STAMPS = '/api/v1/timestamp';

/** Starts one on a loopback port. */
export async function startSigningServer(): Promise<SigningServer> {
  const sigstore = await startSigstore();
  const inner = await serveSigstore(sigstore);
  const state: { script: SigningServer['script'] } = { script: () => undefined };
  const door = await startScriptedServer(async (request) => {
    const own = () => forward(inner.url, request);
    return (await state.script(request, own)) ?? own();
  });
  return {
    url: door.url,
    sigstore,
    root: rootOf(inner.trustedRoot),
    requests: door.requests,
    token: inner.token,
    introduce: inner.introduce,
    get script() {
      return state.script;
    },
    set script(next) {
      state.script = next;
    },
    async close() {
      await door.close();
      await inner.close();
    },
  };
}

/** How to sign with it: through Rekor v1, or v2 with a timestamp. */
export function signingWith(
  server: SigningServer,
  text: string,
  version: 1 | 2 = 1,
  stallSeconds = 20,
): KeylessSigning {
  const limits = { ...DEFAULT_LIMITS, stallSeconds };
  return {
    services: {
      authority: new URL(server.url),
      log: { url: new URL(server.url), version },
      ...(version === 2 && { timestamps: new URL(server.url) }),
    },
    root: server.root,
    token: async () => readIdentityToken(text, new Date()),
    world: { env: {}, limits, now: () => new Date(), sleep: async () => {} },
  };
}

async function forward(url: string, { method, target, headers, body }: Recorded): Promise<Reply> {
  const passed = Object.entries(headers).filter(([name]) => ['authorization', 'content-type'].includes(name));
  const answer = await fetch(`${url}${target}`, {
    method,
    headers: Object.fromEntries(passed) as Record<string, string>,
    ...(body.length > 0 ? { body: new Uint8Array(body) } : {}),
  });
  return { status: answer.status, body: new Uint8Array(await answer.arrayBuffer()) };
}
