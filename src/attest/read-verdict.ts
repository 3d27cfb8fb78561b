import type { JsonFields } from '../io/json/json-fields.ts';
import { isDigest } from '../model/digest.ts';
import type { Confidence, Finding, Severity } from '../model/finding.ts';
import { parseReference, type Reference } from '../model/reference.ts';
import type { Statement } from '../model/statement.ts';
import type { Verified } from '../model/trusted.ts';
import type { Level } from '../model/verdict.ts';
import { predicateFields, readTime } from '../trust/predicates/predicate-fields.ts';

/** hex digits by algorithm */
type Digests = ReadonlyMap<string, string>;

/** A detailed verdict (`VerdictPredicate`) as it is read back; its texts are foreign. */
export interface ReadVerdict {
  readonly result: string;
  readonly decidedAt: Date;
  readonly validUntil: Date;
  /** of the program */
  readonly version: string;
  readonly ruleSet: Digests;
  readonly policy: Digests;
  readonly subject: Digests;
  readonly reference: Reference;
  readonly leftOut: readonly string[];
  /** how many parts of attestations were not looked at */
  readonly absent: number;
  readonly images: readonly ReadImage[];
}

export interface ReadImage {
  readonly digest: Digests;
  /** layers of its base; 0 where no base is known */
  readonly baseLayers: number;
  readonly outcomes: readonly ReadOutcome[];
  readonly findings: readonly ReadFinding[];
  readonly findingsNotListed: number;
}

export interface ReadOutcome {
  readonly check: string;
  readonly level: string;
  readonly state: string;
  readonly findings: number;
}

export interface ReadFinding {
  readonly check: string;
  readonly level: Level;
  readonly excepted: boolean;
  /** the package that ships it, as `deb:libgnutls30` */
  readonly demoted?: string;
  /** without words: the attestation holds none, since any could hold a secret */
  readonly finding: Omit<Finding, 'message' | 'remedy'>;
}

const LEVELS: readonly Level[] = ['fail', 'warn', 'off'];
const SEVERITIES: readonly Severity[] = ['critical', 'high', 'medium', 'low', 'info'];
const CONFIDENCES: readonly Confidence[] = ['verified', 'high', 'medium', 'low'];

/**
 * Reads the predicate `https://pratique.dev/verdict/v1` of a verified statement.
 * @throws {PratiqueError} `JSON_INVALID`, also for one of a version that wrote less than is needed; `REFERENCE_INVALID`
 */
export function readVerdict(statement: Verified<Statement>): ReadVerdict {
  const verdict = predicateFields(statement, 'verdict');
  const program = verdict.object('pratique');
  return {
    result: verdict.string('result'),
    decidedAt: readTime(verdict, 'decidedAt'),
    validUntil: readTime(verdict, 'validUntil'),
    version: program.string('version'),
    ruleSet: program.stringMap('ruleSet'),
    policy: verdict.object('policy').stringMap('digest'),
    subject: verdict.stringMap('subject'),
    reference: parseReference(verdict.string('reference')),
    leftOut: verdict.strings('leftOut'),
    absent: verdict.array('absent').length,
    images: verdict.objects('images').map(readImage),
  };
}

/** The moment and the result alone, which every version wrote. @throws {PratiqueError} `JSON_INVALID` */
export function readResult(statement: Verified<Statement>): Pick<ReadVerdict, 'result' | 'decidedAt'> {
  const verdict = predicateFields(statement, 'verdict');
  return { result: verdict.string('result'), decidedAt: readTime(verdict, 'decidedAt') };
}

function readImage(image: JsonFields): ReadImage {
  return {
    digest: image.stringMap('digest'),
    baseLayers: image.optionalObject('base')?.integer('layers') ?? 0,
    outcomes: image.objects('outcomes').map((outcome) => ({
      check: outcome.string('check'),
      level: outcome.string('level'),
      state: outcome.string('state'),
      findings: outcome.integer('findings'),
    })),
    findings: image.objects('findings').map(readFinding),
    findingsNotListed: image.integer('findingsNotListed'),
  };
}

function readFinding(fields: JsonFields): ReadFinding {
  const demoted = fields.optionalString('demoted');
  return {
    check: fields.string('check'),
    level: oneOf(fields, 'level', LEVELS),
    excepted: fields.boolean('excepted'),
    finding: {
      rule: fields.string('rule'),
      severity: oneOf(fields, 'severity', SEVERITIES),
      confidence: oneOf(fields, 'confidence', CONFIDENCES),
      where: readWhere(fields.object('where')),
      args: {},
      fingerprint: fields.string('fingerprint'),
      ...(demoted === undefined ? {} : { demoted: true }),
    },
    ...(demoted === undefined ? {} : { demoted }),
  };
}

function readWhere(where: JsonFields): Finding['where'] {
  const layer = where.optionalObject('layer');
  const [path, field] = [where.optionalString('path'), where.optionalString('field')];
  const offset = where.optionalInteger('offset');
  const visibility = where.has('visibility')
    ? oneOf(where, 'visibility', ['visible', 'deleted', 'replaced'] as const)
    : undefined;
  return {
    ...(layer && { layer: { index: layer.integer('index'), digest: readDigest(layer) } }),
    ...(path === undefined ? {} : { path }),
    ...(offset === undefined ? {} : { offset }),
    ...(field === undefined ? {} : { field }),
    ...(visibility && { visibility }),
  };
}

function readDigest(layer: JsonFields) {
  const text = layer.string('digest');
  if (!isDigest(text)) throw layer.error('digest', 'it is no digest');
  return text;
}

function oneOf<T extends string>(fields: JsonFields, name: string, values: readonly T[]): T {
  const text = fields.string(name);
  const value = values.find((one) => one === text);
  if (value === undefined) throw fields.error(name, `it is none of ${values.join(', ')}`);
  return value;
}
