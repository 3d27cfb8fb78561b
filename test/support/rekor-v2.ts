import { createHash, createPublicKey, sign } from 'node:crypto';
import { json } from '@sigstore/core';
import { makeEd25519Key } from './cosign.ts';

/** A digest and a signature that are to be logged, as a client of Rekor v2 asks for it. */
export interface LogRequest {
  readonly digest: string;
  readonly signature: { readonly content: string; readonly verifier: Readonly<Record<string, unknown>> };
}

/** A transparency log of the second kind: Ed25519 checkpoints, `hashedrekord/0.0.2` only, no time of its own. */
export type RekorV2 = ReturnType<typeof makeRekorV2>;

const HOST = 'log2.example';
const SINCE = '2020-01-01T00:00:00Z';

/**
 * Makes one. Its tree has two leaves, and each entry is the second, so that a proof of inclusion has something to prove.
 * @see rekor-tiles, api/proto; C2SP, signed-note.md and tlog-checkpoint.md
 */
export function makeRekorV2() {
  const { privateKey, publicPem } = makeEd25519Key();
  const spki = createPublicKey(publicPem).export({ type: 'spki', format: 'der' });
  const bare = spki.subarray(-32);
  // The log's name is part of its key's: signed-note.md, "Signature types".
  const keyId = sha256(Buffer.from(`${HOST}\n`), Buffer.from([1]), bare);
  const first = sha256(Buffer.from([0]), Buffer.from('the first entry'));

  function checkpoint(root: Buffer): string {
    const note = `${HOST}\n2\n${root.toString('base64')}\n`;
    const signature = Buffer.concat([keyId.subarray(0, 4), sign(null, Buffer.from(note), privateKey)]);
    return `${note}\n\u2014 ${HOST} ${signature.toString('base64')}\n`;
  }

  /** Logs it; as the server answers, in the JSON of protobuf. */
  function enter({ digest, signature }: LogRequest) {
    const data = { algorithm: 'SHA2_256', digest };
    const spec = { hashedRekordV002: { data, signature } };
    const body = Buffer.from(json.canonicalize({ apiVersion: '0.0.2', kind: 'hashedrekord', spec }));
    const leaf = sha256(Buffer.from([0]), body);
    const root = sha256(Buffer.from([1]), first, leaf);
    return {
      logIndex: '1',
      logId: { keyId: keyId.toString('base64') },
      kindVersion: { kind: 'hashedrekord', version: '0.0.2' },
      integratedTime: '0',
      inclusionProof: {
        logIndex: '1',
        treeSize: '2',
        rootHash: root.toString('base64'),
        hashes: [first.toString('base64')],
        checkpoint: { envelope: checkpoint(root) },
      },
      canonicalizedBody: body.toString('base64'),
    };
  }

  /** It as `tlogs` of a trusted root names it. */
  const trusted = {
    baseUrl: `https://${HOST}`,
    hashAlgorithm: 'SHA2_256',
    publicKey: {
      rawBytes: spki.toString('base64'),
      keyDetails: 'PKIX_ED25519',
      validFor: { start: SINCE },
    },
    logId: { keyId: keyId.toString('base64') },
  };
  return { enter, trusted };
}

function sha256(...parts: readonly Uint8Array[]): Buffer {
  return createHash('sha256').update(Buffer.concat(parts)).digest();
}
