import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS } from '../../../src/io/limits.ts';
import type { Descriptor } from '../../../src/model/descriptor.ts';
import { collectEvidence } from '../../../src/trust/collect-evidence.ts';
import { attachBundle, signStatementOf } from '../../support/cosign.ts';
import { MemorySource, putImage } from '../../support/memory-source.ts';
import { keylessSigner } from '../../support/private-sigstore.ts';
import { judge, type Parts, root, sigstore } from './attempt.ts';
import { HOSTILE, HOSTILE_TEXTS } from './hostile-bundles.ts';

/** What a hostile bundle burns it burns each time. */
const BUSY_MACHINE = { retry: 2 };

describe('a hostile bundle takes less than a second of CPU', () => {
  test.each(HOSTILE)('%s', BUSY_MACHINE, async (_what, attempt) => {
    const source = new MemorySource();
    const { manifest } = putImage(source);
    const { change, statement = signStatementOf, ...faults } = attempt;
    const { bundle } = await sigstore.sign(statement(manifest), faults);
    await change?.(bundle as unknown as Parts);
    const layerType = faults.mediaType;
    attachBundle(source, manifest, bundle, layerType === undefined ? {} : { layerType });
    await expectThrifty(source, manifest);
  });

  test.each(HOSTILE_TEXTS)('of 32 MB %s', BUSY_MACHINE, async (_what, make) => {
    const source = new MemorySource();
    const { manifest } = putImage(source);
    attachBundle(source, manifest, make());
    await expectThrifty(source, manifest);
  });
});

async function expectThrifty(source: MemorySource, about: Descriptor): Promise<void> {
  await judge({}); // what is loaded once is not the bundle's
  const before = process.cpuUsage();
  const evidence = await collectEvidence(source, [about], keylessSigner(root), DEFAULT_LIMITS);
  const { user, system } = process.cpuUsage(before);
  expect(evidence).toHaveLength(1);
  expect(user + system).toBeLessThan(1_000_000);
}

/** The value of a JSON text; `undefined` for what is none. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

test('a bundle with any one character changed is rejected, or still by the same signer: nothing is thrown', async () => {
  const source = new MemorySource();
  const { manifest } = putImage(source);
  const { bundle } = await sigstore.sign(signStatementOf(manifest), { timestamp: true });
  const text = JSON.stringify(bundle);
  const letters = fc.constantFrom(...'Aa0/+="-. é');
  await fc.assert(
    fc.asyncProperty(fc.nat(text.length - 1), letters, async (at, letter) => {
      const read = parsed(`${text.slice(0, at)}${letter}${text.slice(at + 1)}`);
      fc.pre(read !== undefined);
      const changed = new MemorySource();
      attachBundle(changed, manifest, read);
      const evidence = await collectEvidence(changed, [manifest], keylessSigner(root), DEFAULT_LIMITS);
      expect(evidence).toHaveLength(1);
      for (const one of evidence) if (one.state === 'verified') expect(one).toMatchObject({ signer: 'ci' });
    }),
    { numRuns: 100 },
  );
});
