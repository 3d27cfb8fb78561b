import { quoted } from '../model/printable.ts';
import { parseReference } from '../model/reference.ts';
import type { AdmissionAnswer, AdmissionRequest, PatchOperation } from './admission-review.ts';
import { isByDigest, type Judge, type Judgement } from './judge.ts';
import { KINDS, type NamedImage, podImagesOf } from './pod-images.ts';

/** What has to be known of an object before it may be written; nothing else of it is held while that is found out. */
export interface AdmissionPlan {
  /** already certain: there is nothing to judge, or nothing that could make it good */
  readonly answer?: AdmissionAnswer;
  readonly images: readonly NamedImage[];
  /** JSON pointers of containers that name no image yet */
  readonly open: readonly string[];
}

export interface PlanOptions {
  /** asked by the mutating webhook, after which others may fill in what is missing */
  readonly pin: boolean;
  /** the policy demands a digest in the name of what is deployed */
  readonly needsDigest: boolean;
}

export interface AdmitOptions {
  readonly judge: Judge;
  /** seconds in which the API server wants to have its answer */
  readonly seconds: number;
  /** answer with a patch that puts the judged digest behind every name without one */
  readonly pin: boolean;
}

/** images of one object; a pod of the largest charts has a dozen */
const MOST_IMAGES = 100;

/**
 * Finds out which images of an object have to be admitted. Fails closed: what is no kind that is known is not allowed. Whatever is
 * deleted may go; of an object that is there already only images are judged that are new to it, or nobody could take the finalizer
 * off a pod whose verdict has run out.
 * @throws {PratiqueError} `JSON_INVALID` where the object is not as Kubernetes has it
 */
export function planAdmission(request: AdmissionRequest, options: PlanOptions): AdmissionPlan {
  const { object, oldObject, kind, operation } = request;
  if (operation === 'DELETE' || isLeaving(request)) return certain({ allowed: true });
  if (object === undefined)
    return certain(refuse(`a request to ${quoted(operation)} carries no object to judge`));
  const found = podImagesOf(object, kind);
  if (found === undefined) return certain(refuse(strangeKind(request)));
  const before = new Set(
    (oldObject && podImagesOf(oldObject, kind)?.images)?.map(({ text, at }) => `${at} ${text}`) ?? [],
  );
  const fresh =
    operation === 'UPDATE'
      ? found.images.filter(({ text, at }) => !before.has(`${at} ${text}`))
      : found.images;
  if (fresh.length > MOST_IMAGES)
    return certain(refuse(`it names ${fresh.length} images; at most ${MOST_IMAGES} are judged at once`));
  const undone = options.needsDigest ? fresh.filter(({ text }) => !isByDigest(text)) : [];
  if (undone.length > 0) return certain(refuse(undone.map(undigested).join('; ')));
  const isPod = kind.group === '' && kind.kind === 'Pod';
  if (found.open.length > 0 && isPod && !options.pin && operation !== 'UPDATE')
    return certain(
      refuse(`${found.open.join(', ')} of a pod names no image, and no one judges what is filled in`),
    );
  return { images: fresh, open: found.open };
}

/** Decides whether the object may be written: every image that it would run is admitted, in time. */
export async function admitPlan(plan: AdmissionPlan, options: AdmitOptions): Promise<AdmissionAnswer> {
  if (plan.answer !== undefined) return plan.answer;
  const judged = await judgeAll(plan.images, options);
  const bad = judged.filter(({ judgement }) => judgement.result !== 'admitted');
  if (bad.length > 0) return refuse(bad.map(describe).join('; '));
  const patch = options.pin ? judged.flatMap(pinned) : [];
  return {
    allowed: true,
    ...(plan.open.length === 0
      ? {}
      : {
          warnings: [
            `${plan.open.join(', ')} names no image yet: whatever is filled in is judged with the pod`,
          ],
        }),
    ...(patch.length === 0 ? {} : { patch }),
  };
}

function certain(answer: AdmissionAnswer): AdmissionPlan {
  return { answer, images: [], open: [] };
}

type Judged = { readonly image: NamedImage; readonly judgement: Judgement };

async function judgeAll(
  images: readonly NamedImage[],
  { judge, seconds }: AdmitOptions,
): Promise<readonly Judged[]> {
  const byText = new Map<string, Promise<Judgement>>();
  for (const { text } of images) if (!byText.has(text)) byText.set(text, judge(text, seconds));
  return Promise.all(
    images.map(async (image) => ({
      image,
      judgement: (await byText.get(image.text)) ?? { result: 'undecided', why: 'it was not judged' },
    })),
  );
}

/** An object that waits for its finalizers runs nothing more. */
function isLeaving({ operation, oldObject }: AdmissionRequest): boolean {
  return operation === 'UPDATE' && oldObject?.optionalObject('metadata')?.has('deletionTimestamp') === true;
}

/** The judged content is what has to run: the name alone could stand for something else by the time it is pulled. */
function pinned({ image: { text, at }, judgement: { digest } }: Judged): readonly PatchOperation[] {
  if (digest === undefined || parseReference(text).digest !== undefined) return [];
  return [
    { op: 'test', path: at, value: text },
    { op: 'replace', path: at, value: `${text}@${digest}` },
  ];
}

function undigested({ text, at }: NamedImage): string {
  return `${quoted(text)} (${at}) names no digest, and the policy demands one (sources.require-digest)`;
}

function describe({ image: { text, at }, judgement: { result, why } }: Judged): string {
  return `${quoted(text)} (${at}) is ${result}${why === undefined ? '' : `: ${why}`}`;
}

function strangeKind({ kind: { group, kind } }: AdmissionRequest): string {
  const name = group === '' ? kind : `${group}/${kind}`;
  return `${quoted(name)} is no kind whose images are known; send ${KINDS.join(', ')}`;
}

function refuse(message: string): AdmissionAnswer {
  return { allowed: false, message: `pratique: ${message}` };
}
