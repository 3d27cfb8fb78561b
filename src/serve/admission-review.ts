import { type JsonFields, readFields } from '../io/json/json-fields.ts';
import { readJson } from '../io/json/strict-json.ts';
import { excerpt, quoted } from '../model/printable.ts';
import type { ObjectKind } from './pod-images.ts';

/** What an API server asks: may this object be written? */
export interface AdmissionRequest {
  /** to be sent back as it came */
  readonly uid: string;
  readonly kind: ObjectKind;
  readonly operation: string;
  /** nothing will be written, whatever the answer is */
  readonly dryRun: boolean;
  /** printable; empty for what lies in no namespace */
  readonly namespace: string;
  /** absent where it is deleted */
  readonly object?: JsonFields;
  /** as it is now; absent where it is new */
  readonly oldObject?: JsonFields;
}

/** The answer to one request. */
export interface AdmissionAnswer {
  readonly allowed: boolean;
  /** why it is not; printable */
  readonly message?: string;
  /** told to whoever made the request, also where it is allowed; printable */
  readonly warnings?: readonly string[];
  /** changes to the object; only a mutating webhook may send some */
  readonly patch?: readonly PatchOperation[];
}

/** @see RFC 6902 */
export interface PatchOperation {
  readonly op: 'test' | 'replace';
  readonly path: string;
  readonly value: string;
}

const API_VERSION = 'admission.k8s.io/v1';
const WHERE = 'AdmissionReview';
/** values of all kinds in one review; the largest objects of a cluster have some ten thousand */
const VALUES = 500_000;
/**
 * Below it keys may differ by case alone: `HTTP_PROXY` and `http_proxy` are two variables, and two keys of `managedFields`. An API
 * server writes what it has decoded by exact keys, so that nobody brings along a second `spec`.
 */
const FREE = 'request';
const UID = /^[!-~]{1,128}$/;
/** characters of the messages; an API server cuts warnings at 256 and passes 4,096 in all */
const MESSAGE_LIMIT = 2_000;
const WARNING_LIMIT = 250;
const WARNINGS = 10;

/**
 * Reads the body of a request to a webhook.
 * @throws {PratiqueError} `JSON_INVALID`: it is no review of version v1, or has no request in it
 * @see Kubernetes, "Dynamic Admission Control", "Webhook request and response"
 */
export function readAdmissionReview(body: Uint8Array): AdmissionRequest {
  const review = readFields(readJson(body, { where: WHERE, values: VALUES, freeBelow: FREE }), {
    where: WHERE,
  });
  const version = review.string('apiVersion');
  if (version !== API_VERSION || review.string('kind') !== 'AdmissionReview')
    throw review.error('apiVersion', `it is ${quoted(version)}; ${API_VERSION} AdmissionReview was expected`);
  const request = review.object('request');
  const kind = request.object('kind');
  const uid = request.string('uid');
  if (!UID.test(uid)) throw request.error('uid', 'it is no identifier');
  const [object, oldObject] = [request.optionalObject('object'), request.optionalObject('oldObject')];
  return {
    uid,
    kind: { group: kind.optionalString('group') ?? '', kind: kind.string('kind') },
    operation: request.string('operation'),
    dryRun: request.get('dryRun') === true,
    namespace: excerpt(request.optionalString('namespace') ?? '', 64),
    ...(object && { object }),
    ...(oldObject && { oldObject }),
  };
}

/** The body of the response. */
export function writeAdmissionReview(uid: string, answer: AdmissionAnswer): string {
  const { allowed, message, warnings = [], patch = [] } = answer;
  return JSON.stringify({
    apiVersion: API_VERSION,
    kind: 'AdmissionReview',
    response: {
      uid,
      allowed,
      ...(message === undefined
        ? {}
        : {
            status: {
              status: 'Failure',
              code: 403,
              reason: 'Forbidden',
              message: cut(message, MESSAGE_LIMIT),
            },
          }),
      ...(warnings.length === 0
        ? {}
        : { warnings: warnings.slice(0, WARNINGS).map((text) => cut(text, WARNING_LIMIT)) }),
      ...(patch.length === 0
        ? {}
        : { patchType: 'JSONPatch', patch: Buffer.from(JSON.stringify(patch)).toString('base64') }),
    },
  });
}

function cut(text: string, limit: number): string {
  return text.length <= limit ? text : `${text.slice(0, limit - 1)}…`;
}
