import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildImage, buildLayer } from '../../../src/demo/image-builder.ts';
import { startRegistry } from '../../../src/demo/registry-server.ts';
import { createGate } from '../../../src/gate.ts';
import { parseTarget } from '../../../src/model/target.ts';
import type { Verdict } from '../../../src/model/verdict.ts';
import { loadPolicy } from '../../../src/policy/load.ts';
import { days, issue, type ListOptions, listBy, lists, NOW } from '../../support/notation/pki.ts';
import { ARTIFACT, intermediate, JWS, root, signNotation } from '../../support/notation/sign.ts';
import { pushBuilt } from '../../support/push-built.ts';

let folder = '';
let answer: Buffer | undefined;
const server = createServer((_request, response) => {
  response.writeHead(answer === undefined ? 503 : 200).end(answer);
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/list`;
const by = issue({ issuer: intermediate, more: [lists(url)] });
let registry: Awaited<ReturnType<typeof startRegistry>>;
beforeAll(async () => {
  registry = await startRegistry();
  folder = mkdtempSync(join(tmpdir(), 'pratique-notation-'));
  writeFileSync(join(folder, 'ca.pem'), root.pem);
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await registry.close();
  await new Promise((resolve) => server.close(resolve));
});

/** Signs a new image, and judges it under a policy that demands that. */
async function verdictOf(
  revocation: string,
  list: ListOptions | undefined,
  isSigned = true,
): Promise<Verdict> {
  answer = list && listBy(intermediate, list);
  const built = buildImage({
    layers: [await buildLayer([{ path: 'app', content: `${revocation} ${isSigned}` }])],
    platform: { os: 'linux', architecture: 'amd64' },
  });
  await pushBuilt(registry.host, 'acme/app', 'one', built);
  const file = join(folder, 'pratique.yaml');
  const notation = `ca: [ca.pem], identities: ["C=US, ST=WA, O=acme"], revocation: ${revocation}`;
  writeFileSync(
    file,
    `version: 1\nsigners: {acme: {notation: {${notation}}}}\nimages: [{match: "**", signed-by: [acme]}]`,
  );
  const policy = await loadPolicy({ file, cwd: folder, env: {}, now: NOW });
  const gate = createGate({ policy, env: {}, now: () => NOW });
  const target = parseTarget(`${registry.host}/acme/app:one`);
  if (isSigned) {
    const source = gate.open(target);
    const { subject } = await source.resolve();
    const content = signNotation(subject, { by });
    await source.attach?.(subject, { artifactType: ARTIFACT, mediaType: JWS, content, annotations: {} });
    await source.close();
  }
  return gate.check(target);
}

async function signatureOf(...asked: Parameters<typeof verdictOf>) {
  const { images } = await verdictOf(...asked);
  return images[0]?.ruled.find(({ outcome }) => outcome.check === 'signature')?.outcome;
}

test('an image that is signed with notation is let in, and what was not asked is told', async () => {
  expect(await signatureOf('skip', undefined)).toMatchObject({
    state: 'passed',
    note: 'signed by acme (whether its certificates are revoked was not asked)',
  });
  expect(await signatureOf('check', {})).toMatchObject({ state: 'passed', note: 'signed by acme' });
  expect(await signatureOf('best-effort', undefined)).toMatchObject({
    state: 'passed',
    note: expect.stringContaining('status 503'),
  });
});

test('one whose signer was revoked is refused, and one of which that cannot be found out is undecided', async () => {
  expect(await signatureOf('check', { revoked: [by] })).toMatchObject({
    state: 'failed',
    findings: [{ rule: 'signature.invalid', message: expect.stringContaining('is revoked') }],
  });
  const verdict = await verdictOf('check', undefined);
  expect(verdict.result).toBe('undecided');
  expect((await verdictOf('check', { nextUpdate: days(-0.5) })).result).toBe('undecided');
});

test('one that is not signed is told how it would be', async () => {
  expect(await signatureOf('skip', undefined, false)).toMatchObject({
    state: 'failed',
    findings: [{ rule: 'signature.missing', remedy: expect.stringContaining('notation sign IMAGE@sha256:') }],
  });
});
