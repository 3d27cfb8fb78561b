import { describe, expect, it } from 'vitest';
import { runCampaign, startTally } from './campaign.ts';
import { isGoHere, startGoReader } from './go-reader.ts';

const SEED = 20_261_121;
const ARCHIVES = 4096;

describe.skipIf(!isGoHere())('mutated tars (skipped where Go is absent)', () => {
  it('are listed as Go lists them, or refused', { timeout: 120_000 }, async () => {
    const go = await startGoReader();
    const tally = startTally();
    const difference = await runCampaign(go, SEED, tally, () => tally.executions < ARCHIVES);
    await go.close();
    expect(difference?.what).toBeUndefined();
    // Where most were refused, little was compared.
    expect(tally.listed).toBeGreaterThan(ARCHIVES / 10);
    expect(tally.rejected).toBeGreaterThan(ARCHIVES / 10);
  });
});
