import { PratiqueError } from '../../errors.ts';
import { type BaseMatch, originOf } from '../../model/base.ts';
import type { Finding, Severity } from '../../model/finding.ts';
import type { Image } from '../../model/image.ts';
import { quoted } from '../../model/printable.ts';
import type { CheckContext, ConfigCheck } from '../check.ts';
import { atField, makeFinding } from '../make-finding.ts';
import { withoutSecrets } from '../without-secrets.ts';
import { readBuildLine } from './parts/build-line.ts';
import { tellFew } from './parts/few.ts';
import { gravestFirst } from './parts/gravest.ts';
import { findRemoteScript, type RemoteScript } from './parts/remote-script.ts';

/** A step of the build that took something from the net as it was at that moment. */
interface Taken {
  readonly severity: Severity;
  /** what makes it the same in the next run: the script or the address */
  readonly same: string;
  readonly tell: () => Pick<Finding, 'message' | 'remedy' | 'args'>;
}

/** Characters of one step: its words take a hundred times the memory, and what people write has some thousands. */
const LONGEST_SCRIPT = 256 * 1024;
const URL = /^(https?|ftp):\/\//i;
const PINNED_GIT = /#[0-9a-f]{40}(?:[0-9a-f]{24})?(?::.*)?$/;

/**
 * Finds steps of the build that ran a script from the net unseen, or added a file by its address. Where the base is
 * known, only steps that made layers of the image's own count, as nobody can mend those of its base. Where it is not all
 * count; they weigh less only where the policy approves no bases, or one that cannot be read would make light of them.
 * Source: OCI image-spec v1.1.1, config.md, `history`; `commitToHistory` of BuildKit.
 */
export const hygieneRemoteAdd: ConfigCheck = {
  id: 'hygiene.remote-add',
  reads: 'config',
  run(image, { base }: CheckContext) {
    const isOwn = ownSteps(image, base?.match);
    const taken = image.config.history.flatMap(({ createdBy }, index) =>
      isOwn(index) ? takenBy(createdBy, base !== undefined).map((one) => ({ ...one, index })) : [],
    );
    return tellFew(gravestFirst(taken), (one) => finding(image, one));
  },
};

/**
 * Whose a step of the history is; all are one's own where no base is known, or the history does not tell its layers. A step
 * without a layer goes with the next one that has one: behind the last layer of the base it may be either's.
 */
function ownSteps({ config, layers }: Image, base: BaseMatch | undefined): (index: number) => boolean {
  const made = config.history.filter(({ emptyLayer }) => !emptyLayer).length;
  if (base === undefined || made !== layers.length) return () => true;
  let next = 0;
  const own = config.history.map(({ emptyLayer }) => {
    const isOwn = originOf(next, base) === 'own';
    if (!emptyLayer) next++;
    return isOwn;
  });
  return (index) => own[index] ?? true;
}

function takenBy(createdBy: string, isSurelyOwn: boolean): readonly Taken[] {
  const { instruction, text } = readBuildLine(createdBy);
  if (instruction === 'ADD') return addedBy(text, isSurelyOwn);
  if (instruction !== 'RUN') return [];
  if (text.length > LONGEST_SCRIPT) throw tooLong();
  const script = findRemoteScript(text);
  if (script === undefined) return [];
  return [{ severity: isSurelyOwn ? 'medium' : 'low', same: text, tell: () => ranUnseen(script) }];
}

function ranUnseen({ downloader, interpreter }: RemoteScript): ReturnType<Taken['tell']> {
  return {
    message: `a step of its build ran with ${interpreter} what ${downloader} had brought, unseen`,
    remedy: 'Download the script, compare its checksum, then run it; or copy it in',
    args: { downloader, interpreter },
  };
}

function tooLong(): PratiqueError {
  return new PratiqueError('LIMIT_EXCEEDED', {
    what: `a step of the build is longer than ${LONGEST_SCRIPT} characters, and was not read`,
    next: 'see it with pratique inspect; turn hygiene.remote-add off for the image if it is meant',
  });
}

function addedBy(text: string, isSurelyOwn: boolean): readonly Taken[] {
  const sources = text.split(/\s+/).slice(0, -1);
  const [url, ...more] = sources.filter((source) => URL.test(source) && !PINNED_GIT.test(source));
  if (url === undefined) return [];
  const isOpen = /^(?:http|ftp):/i.test(url);
  const severity = isOpen && isSurelyOwn ? 'medium' : 'low';
  return [{ severity, same: text, tell: () => added(url, more.length, isOpen) }];
}

function added(url: string, more: number, isOpen: boolean): ReturnType<Taken['tell']> {
  const said = withoutSecrets(url);
  const line = isOpen ? ' over an open line' : '';
  return {
    message: `a step of its build added ${quoted(said)}${more === 0 ? '' : ` and ${more} more`}${line}, and its history shows no checksum`,
    remedy: 'Give ADD a checksum or a commit; where it has one, accept this by its fingerprint',
    args: { url: said },
  };
}

function finding(image: Image, { index, severity, same, tell }: Taken & { index: number }): Finding {
  const where = atField(image, `history[${index}]`);
  return makeFinding({ rule: 'hygiene.remote-add', severity, confidence: 'medium', where, ...tell() }, [
    same,
  ]);
}
