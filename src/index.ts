/** The public names of pratique. */
export { checkImage } from './check-image.ts';
export { type ErrorCode, exitCodeOf, PratiqueError, type Problem } from './errors.ts';
export { createGate, type Gate, type GateOptions } from './gate.ts';
export { inspectImage } from './inspect-image.ts';
export type { Descriptor, Platform } from './model/descriptor.ts';
export { type Digest, parseDigest } from './model/digest.ts';
export type { Confidence, Finding, Location, Severity, Visibility } from './model/finding.ts';
export type { Image, ImageConfig, Layer, Resolved } from './model/image.ts';
export type { Attachment, ImageSource } from './model/image-source.ts';
export type { ImageTarget } from './model/image-target.ts';
export type { InspectedFile, InspectedImage, Inspection } from './model/inspection.ts';
export type { Package, PackageManager, Vouching, VouchingPackage } from './model/package.ts';
export type { Promotion } from './model/promotion.ts';
export { formatReference, parseReference, type Reference } from './model/reference.ts';
export { parseTarget, type Target } from './model/target.ts';
export type { JudgedImage, Outcome, Result, Ruled, ScanCounts, Verdict } from './model/verdict.ts';
export type { Reach } from './opener.ts';
export { defaultPolicy } from './policy/default-policy.ts';
export { loadPolicy } from './policy/load.ts';
export type { Policy } from './policy/policy.ts';
export {
  type PromotionGate,
  type PromotionOptions,
  type PromotionRequest,
  promoteImage,
} from './promote/promote-image.ts';
export { renderGitlab } from './report/gitlab.ts';
export { renderHtml } from './report/html/html.ts';
export { renderJson } from './report/json.ts';
export { renderJunit } from './report/junit.ts';
export { renderMarkdown } from './report/markdown.ts';
export { renderSarif } from './report/sarif/sarif.ts';
export { renderTerminal } from './report/terminal/terminal.ts';
