import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { attachVerdict } from '../../../src/attest/attach.ts';
import { statementsOf } from '../../../src/attest/attest-verdict.ts';
import { signKeyless } from '../../../src/attest/keyless/sign-keyless.ts';
import { DEFAULT_LIMITS } from '../../../src/io/limits.ts';
import { parseReference } from '../../../src/model/reference.ts';
import { collectEvidence } from '../../../src/trust/collect-evidence.ts';
import { MemorySource, putImage } from '../../support/memory-source.ts';
import { keylessSigner } from '../../support/private-sigstore.ts';
import { passed, sampleVerdict } from '../../support/sample-verdicts.ts';
import { type SigningServer, signingWith, startSigningServer } from '../../support/signing-server.ts';

const MAIL = 'gate@acme.test';
const ISSUER = 'https://login.acme.test';

let server: SigningServer;
beforeAll(async () => {
  server = await startSigningServer();
});
afterEach(() => {
  server.script = () => undefined;
});
afterAll(() => server.close());

describe('a verdict signed without a key', () => {
  test.each([
    ['Rekor v1', { version: 1 }],
    ['Rekor v2 and a timestamp', { version: 2 }],
    ['a timestamp alone, where the trust root wants no log', { version: 2, logless: true }],
  ] as const)('is verified evidence, through %s', async (_how, { version, ...rest }) => {
    const source = new MemorySource();
    const { manifest } = putImage(source);
    const verdict = sampleVerdict({ subject: manifest, images: [{ manifest, ruled: [passed('secrets')] }] });
    const statements = statementsOf(verdict, parseReference('registry.test/acme/app:1'));
    const good = signingWith(server, server.token(MAIL, ISSUER), version);
    const { log: _, ...services } = good.services;
    const signing = 'logless' in rest ? { ...good, services, root: { ...good.root, needsLog: false } } : good;
    const { bundles, claims } = await signKeyless(statements, signing);
    expect(claims).toMatchObject({ identity: MAIL, issuer: ISSUER });
    for (const bundle of bundles) await attachVerdict(source, bundle.about, bundle);
    const signers = keylessSigner(signing.root, MAIL, ISSUER);
    const evidence = await collectEvidence(source, [manifest], signers, DEFAULT_LIMITS);
    expect(evidence).toMatchObject(
      statements.map(({ statement: { predicateType } }) => ({
        state: 'verified',
        signer: 'ci',
        statement: { predicateType },
        certificate: { identity: MAIL, issuer: ISSUER },
      })),
    );
  });
});
