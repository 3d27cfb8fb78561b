import { attestationsOf, type Image } from './model/image.ts';
import type { Target } from './model/target.ts';
import type { Verdict } from './model/verdict.ts';
import type { Judged, Run } from './run.ts';

/**
 * The whole program: one image in, one verdict out. Every fault ends in a verdict too: *undecided*, with the reason.
 * @param run made by `beginRun` for this target; carries the policy, the source, the clock and the deadline
 */
export async function checkImage(target: Target, run: Run): Promise<Verdict> {
  const named = run.judgeName(target.reference); // 1. before a byte is sent anywhere
  if (run.refuses(named)) return run.settle(undefined, [{ outcomes: named }]);
  try {
    return await run.withinDeadline(() => judge(named, run));
  } catch (thrown) {
    return run.undecided(named, thrown);
  } finally {
    await run.close();
  }
}

async function judge(named: Judged['outcomes'], run: Run): Promise<Verdict> {
  const resolved = await run.source.resolve({ platforms: run.platforms }); // 2. tag → digests, once
  const light: (Judged & { readonly image: Image })[] = [];
  for (const image of resolved.images) {
    const trusted = await run.judgeStatements(image, attestationsOf(image, resolved)); // 3. who signed, who built
    const base = await run.baseOf(image); // 4. what it stands on
    const configured = run.judgeConfig(image, base); // 5. root, ports, age
    light.push({ image, outcomes: [...named, ...trusted, ...configured], ...(base && { base }) });
  }
  const rested = await run.restOnEarlier(resolved, light); // 6. with --reuse: on what was found in the same bytes before
  if (rested !== undefined) return rested;
  const judged: Judged[] = [];
  for (const { image, base, outcomes } of light) {
    const attested = attestationsOf(image, resolved);
    const { outcomes: scanned, counts } = await run.judgeFiles(image, attested, base); // 7. every layer, read once
    judged.push({
      image,
      outcomes: [...outcomes, ...scanned],
      ...(base && { base }),
      ...(counts && { counts }),
    });
  }
  return run.settle(resolved, judged); // 8. pure: one image at least, and every one passes
}
