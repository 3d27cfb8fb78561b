import type { HostileCase } from '../../testdata/hostile/case.ts';
import type { Outcome, Seen } from '../../testdata/hostile/outcomes.ts';

/**
 * What should become of a case: where every runtime accepts it and makes the same files, exactly these; where one
 * rejects it or makes others, a refusal. What merely cannot read a kind of image does not count for it: umoci knows no
 * types of Docker, no zstd, does not look at first bytes, does not choose between platforms, and looks the user up while
 * it unpacks; skopeo runs nothing.
 */
export function shouldSee(one: HostileCase, outcome: Outcome): readonly string[] | 'refused' {
  const runtimes = [outcome.overlayfs, outcome.native, outcome.pigz, umociOf(one, outcome)];
  const [first, ...others] = runtimes.filter((seen) => seen !== undefined);
  if (first === undefined || typeof first === 'string') return 'refused';
  return others.every((seen) => isSame(seen, first)) ? first : 'refused';
}

const UMOCI_READS = /^(?:gzip-|type-oci-(?:nondist-)?(?:tar-over-|gzip-over-(?!tar|zstd)))/;
const UMOCI_DOES_NOT_READ = /docker/;

function umociOf({ group, name }: HostileCase, { umoci }: Outcome): Seen | undefined {
  if (group === 'tar' || group === 'filesystem') return umoci;
  if (group === 'compression') return UMOCI_READS.test(name) ? umoci : undefined;
  const isItsOwn = group === 'manifest' && !UMOCI_DOES_NOT_READ.test(name);
  return isItsOwn || typeof umoci !== 'string' ? umoci : undefined;
}

// umoci gives a file that has two names the rights of the first, and containerd those of the second: theirs count.
function isSame(one: Seen, other: Seen): boolean {
  return typeof one !== 'string' && typeof other !== 'string' && shapes(one) === shapes(other);
}

function shapes(lines: readonly string[]): string {
  return lines.map((line) => line.replace(/( %[0-7]+)?( \^\d+:\d+)?$/, '')).join('\n');
}
