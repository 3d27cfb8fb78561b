import { makeWithoutSecrets } from './checks/without-secrets.ts';
import type { Limits } from './io/limits.ts';
import type { BaseKnowledge } from './model/base.ts';
import type { Image } from './model/image.ts';
import type { ImageSource } from './model/image-source.ts';
import type { InspectedFile, InspectedImage, Inspection } from './model/inspection.ts';
import type { CustomRules } from './scan/custom/custom-rules.ts';
import { redactDescriptor, redactFiles, redactImage, type WithoutSecrets } from './scan/redacted-image.ts';
import type { ContentScanner } from './scan/rule.ts';
import { scanImage } from './scan/scan-image.ts';

export interface InspectOptions {
  readonly platforms: readonly string[];
  readonly files: boolean;
  readonly limits: Limits;
  /** the policy's own rules for secrets, prepared: what they find is not shown */
  readonly custom?: CustomRules;
  /** finds the base of an image among those that the policy approves; absent: none is looked for */
  readonly findBase?: (image: Image) => Promise<BaseKnowledge>;
}

const READS_NOTHING: ContentScanner = { begin() {}, write() {}, end: () => [] };

/**
 * Looks an image up and, if asked, reads every layer. Throws where `checkImage` would be undecided. All texts of the
 * image are as they are, but for secrets: whatever a rule finds in one is cut out of it.
 */
export async function inspectImage(source: ImageSource, options: InspectOptions): Promise<Inspection> {
  const { platforms, files, limits, custom, findBase } = options;
  const clean = makeWithoutSecrets(custom);
  const resolved = await source.resolve({ platforms });
  const images: InspectedImage[] = [];
  for (const image of resolved.images) {
    const shown = redactImage(image, clean);
    images.push({
      image: shown,
      ...shownBase(await findBase?.(image), clean),
      ...(files && { files: redactFiles(await filesOf(image, source, limits), clean) }),
    });
  }
  const subject = redactDescriptor(resolved.subject, clean);
  const embedded = resolved.embedded.map(({ lines: _, ...one }) => ({
    ...one,
    manifest: redactDescriptor(one.manifest, clean),
  }));
  return { resolved: { ...resolved, subject, embedded, images: images.map(({ image }) => image) }, images };
}

function shownBase(
  base: BaseKnowledge | undefined,
  clean: WithoutSecrets,
): Pick<InspectedImage, 'base' | 'unreadBases'> {
  if (base === undefined) return {};
  const unread = base.unread.map(({ name, error }) => clean(`${name}: ${error.message}`));
  return { ...(base.match && { base: base.match }), ...(unread.length > 0 && { unreadBases: unread }) };
}

async function filesOf(image: Image, source: ImageSource, limits: Limits): Promise<Iterable<InspectedFile>> {
  const { filesystem } = await scanImage(image, (layer) => source.blob(layer.blob), {
    limits,
    scanner: READS_NOTHING,
    hashFiles: true,
  });
  return filesystem.files();
}
