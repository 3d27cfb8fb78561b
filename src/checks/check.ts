import type { BaseKnowledge } from '../model/base.ts';
import type { Finding } from '../model/finding.ts';
import type { Image } from '../model/image.ts';
import type { Reference } from '../model/reference.ts';
import type { AnyEvidence } from '../model/trusted.ts';
import type { CheckSetting, ImageRule, Policy } from '../policy/policy.ts';
import type { ImageScan } from '../scan/image-scan.ts';

/** What every check is told beside what it reads. */
export interface CheckContext {
  readonly policy: Policy;
  /** the rule of the policy that fits the name; absent where none does */
  readonly rule?: ImageRule;
  /** the name that the image is judged by; absent for a folder or archive without `--as` */
  readonly reference?: Reference;
  readonly setting: CheckSetting;
  readonly now: Date;
  /** the name is that which a folder or archive will have: nothing is looked up by it */
  readonly isBorrowedName?: true;
  /** what is known of the image's base; absent where no image is judged yet, or the policy names no bases */
  readonly base?: BaseKnowledge;
}

/** Judges a name, before anything is sent anywhere. `reference` is absent for a folder or archive without `--as`. */
export interface NameCheck {
  readonly id: string;
  readonly reads: 'name';
  run(reference: Reference | undefined, context: CheckContext): readonly Finding[];
  /** what a pass rests on, as a printable clause */
  note?(reference: Reference | undefined, context: CheckContext): string | undefined;
}

/** Judges how the image would run. */
export interface ConfigCheck {
  readonly id: string;
  readonly reads: 'config';
  run(image: Image, context: CheckContext): readonly Finding[];
  /** what a pass rests on, as a printable clause */
  note?(image: Image, context: CheckContext): string | undefined;
}

/** Judges signatures and attestations. */
export interface StatementCheck {
  readonly id: string;
  readonly reads: 'statements';
  /** whether it also judges what the builder put into the index beside the image; only where it demands something */
  readonly readsEmbedded?: true;
  run(evidence: readonly AnyEvidence[], image: Image, context: CheckContext): readonly Finding[];
  /** whether any image rule of the policy asks for it; it does where this is absent */
  isDemanded?(policy: Policy): boolean;
  /** whether the policy asks anything of it here; if not, evidence that could not be read decides nothing */
  demands(context: CheckContext): boolean;
  /** what a pass rests on, as a printable clause */
  note?(evidence: readonly AnyEvidence[], context: CheckContext): string | undefined;
}

/** Judges what the layers and the configuration hold. */
export interface FileCheck {
  readonly id: string;
  readonly reads: 'files';
  run(scan: ImageScan, context: CheckContext): readonly Finding[];
  /** whether the policy asks for it at all, beside its level; it does where this is absent */
  isDemanded?(policy: Policy): boolean;
}

/** A check judges and never fetches. It throws a `PratiqueError` where it cannot find out. */
export type Check = NameCheck | ConfigCheck | StatementCheck | FileCheck;
