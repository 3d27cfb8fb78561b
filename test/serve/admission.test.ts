import { describe, expect, test } from 'vitest';
import { parseDigest } from '../../src/model/digest.ts';
import { admitPlan, planAdmission } from '../../src/serve/admission.ts';
import { readAdmissionReview, writeAdmissionReview } from '../../src/serve/admission-review.ts';
import type { Judge, Judgement } from '../../src/serve/judge.ts';
import { reviewOf } from '../support/admission-reviews.ts';

const DIGEST = parseDigest(`sha256:${'a'.repeat(64)}`);
const ADMITTED: Judgement = { result: 'admitted', digest: DIGEST };

/** Admits names that begin with `good`, refuses `bad`, and cannot find out about the rest. */
function makeJudge() {
  const asked: string[] = [];
  const judge: Judge = async (text) => {
    asked.push(text);
    if (text.startsWith('good')) return ADMITTED;
    if (text.startsWith('bad')) return { result: 'refused', digest: DIGEST, why: 'it is not signed' };
    return { result: 'undecided', why: 'the registry did not answer' };
  };
  return { judge, asked };
}

async function decide(review: unknown, { pin = false, needsDigest = false } = {}) {
  const { judge, asked } = makeJudge();
  const request = readAdmissionReview(Buffer.from(JSON.stringify(review)));
  const plan = planAdmission(request, { pin, needsDigest });
  return { answer: await admitPlan(plan, { judge, seconds: 5, pin }), asked };
}

const pod = (...images: string[]) => ({
  spec: { containers: images.map((image) => ({ name: 'c', image })) },
});

describe('an object', () => {
  test('may be written where every image is admitted', async () => {
    const { answer, asked } = await decide(reviewOf(pod('good:1', 'good:2')));
    expect(answer).toEqual({ allowed: true });
    expect(asked).toEqual(['good:1', 'good:2']);
  });

  test('may not where one is refused, or nobody could find out, and each is named with its place', async () => {
    const { answer } = await decide(reviewOf(pod('good:1', 'bad:1', 'slow:1')));
    expect(answer.allowed).toBe(false);
    expect(answer.message).toBe(
      'pratique: "bad:1" (/spec/containers/1/image) is refused: it is not signed; ' +
        '"slow:1" (/spec/containers/2/image) is undecided: the registry did not answer',
    );
  });

  test('is asked about once for each name', async () => {
    expect((await decide(reviewOf(pod('good:1', 'good:1', 'good:1')))).asked).toEqual(['good:1']);
  });

  test('of a kind that is not known is not let through', async () => {
    const { answer } = await decide(
      reviewOf({ spec: {} }, { kind: { group: 'acme.example', version: 'v1', kind: 'Widget' } }),
    );
    expect(answer).toMatchObject({
      allowed: false,
      message: expect.stringContaining('"acme.example/Widget"'),
    });
  });

  test('that is new is judged whole, whatever is said of one before it', async () => {
    const before = { ...pod('bad:1'), metadata: { deletionTimestamp: '2026-11-21T00:00:00Z' } };
    for (const oldObject of [before, pod('bad:1')])
      expect((await decide(reviewOf(pod('bad:1'), { oldObject }))).answer.allowed).toBe(false);
  });

  test('that is deleted may go, whatever it runs', async () => {
    const { answer, asked } = await decide(
      reviewOf(undefined, { operation: 'DELETE', oldObject: pod('bad:1') }),
    );
    expect(answer.allowed).toBe(true);
    expect(asked).toEqual([]);
  });

  test('without content is not let through', async () => {
    expect((await decide(reviewOf(undefined))).answer.allowed).toBe(false);
  });

  test('with more images than are judged at once is not let through', async () => {
    const many = Array.from({ length: 101 }, (_none, index) => `good:${index}`);
    const { answer, asked } = await decide(reviewOf(pod(...many)));
    expect(answer).toMatchObject({ allowed: false, message: expect.stringContaining('101 images') });
    expect(asked).toEqual([]);
  });

  const unnamed = { containers: [{ name: 'app' }] };
  const deployment = { kind: { group: 'apps', version: 'v1', kind: 'Deployment' } };

  test('whose template names no image yet is let through with a warning: its pods are judged', async () => {
    const { answer } = await decide(reviewOf({ spec: { template: { spec: unnamed } } }, deployment));
    expect(answer).toMatchObject({
      allowed: true,
      warnings: [expect.stringContaining('/spec/template/spec/containers/0/image')],
    });
  });

  test('that is a pod and names no image is not: nobody would judge what is filled in', async () => {
    const { answer } = await decide(reviewOf({ spec: unnamed }));
    expect(answer).toMatchObject({
      allowed: false,
      message: expect.stringContaining('/spec/containers/0/image'),
    });
    expect((await decide(reviewOf({ spec: unnamed }), { pin: true })).answer.allowed).toBe(true);
  });

  test.each([
    ['how many', 'autoscaling', 'Scale', 'UPDATE', { spec: { replicas: 3 } }],
    ['on which node', '', 'Binding', 'CREATE', { target: { kind: 'Node', name: 'a' } }],
    ['that it is to go', 'policy', 'Eviction', 'CREATE', { metadata: { name: 'shop' } }],
    ['into which container', '', 'PodExecOptions', 'CONNECT', { command: ['sh'], container: 'app' }],
    ['to which port', '', 'PodPortForwardOptions', 'CONNECT', { ports: [80] }],
  ])(
    'that says %s brings no image along, and is let through',
    async (_what, group, kind, operation, object) => {
      const { answer, asked } = await decide(
        reviewOf(object, { operation, kind: { group, version: 'v1', kind } }),
      );
      expect([answer, asked]).toEqual([{ allowed: true }, []]);
    },
  );

  test.each(['Scale', 'acme.example/Scale', 'acme.example/Binding'])(
    'that only sounds like one of those is not: %s',
    async (name) => {
      const [kind = '', group = ''] = name.split('/').reverse();
      const { answer } = await decide(reviewOf({ spec: {} }, { kind: { group, version: 'v1', kind } }));
      expect(answer.allowed).toBe(false);
    },
  );

  test('that would not be written at all is judged like one that would', async () => {
    expect((await decide(reviewOf(pod('bad:1'), { dryRun: true }))).answer.allowed).toBe(false);
  });
});

describe('where the policy demands digests of what is deployed, an object', () => {
  test('is not let through by a tag, which is then not even asked about', async () => {
    const { answer, asked } = await decide(reviewOf(pod('good:1', `good@${DIGEST}`)), { needsDigest: true });
    expect(answer).toMatchObject({
      allowed: false,
      message: expect.stringContaining('"good:1" (/spec/containers/0'),
    });
    expect(answer.message).not.toContain('containers/1');
    expect(asked).toEqual([]);
  });

  test('is let through by its digest', async () => {
    const { answer } = await decide(reviewOf(pod(`good:1@${DIGEST}`)), { needsDigest: true });
    expect(answer.allowed).toBe(true);
  });
});

describe('an object that is there already', () => {
  const update = (object: unknown, oldObject: unknown) =>
    reviewOf(object, { operation: 'UPDATE', oldObject });

  test('is asked about for images that are new to it', async () => {
    const { answer, asked } = await decide(update(pod('bad:1', 'good:1'), pod('bad:1')));
    expect(answer.allowed).toBe(true);
    expect(asked).toEqual(['good:1']);
  });

  test('is asked about for an image that moves to another container', async () => {
    const { answer } = await decide(update(pod('bad:1', 'bad:1'), pod('bad:1', 'good:1')));
    expect(answer.allowed).toBe(false);
  });

  test('is asked about for a container that is added to look into it', async () => {
    const looked = {
      spec: { ...pod('good:1').spec, ephemeralContainers: [{ name: 'look', image: 'bad:2' }] },
    };
    expect((await decide(update(looked, pod('good:1')))).answer.allowed).toBe(false);
  });

  test('is asked about nothing where only its labels, its status or its size change', async () => {
    const labelled = { metadata: { labels: { app: 'shop' } }, ...pod('bad:1') };
    for (const subResource of [undefined, 'status', 'resize']) {
      const review = reviewOf(labelled, { operation: 'UPDATE', oldObject: pod('bad:1'), subResource });
      const { answer, asked } = await decide(review);
      expect([answer, asked]).toEqual([{ allowed: true }, []]);
    }
  });

  test('may be taken off its finalizers while it goes', async () => {
    const leaving = { metadata: { deletionTimestamp: '2026-11-21T00:00:00Z' }, ...pod('good:1') };
    expect((await decide(update(pod('bad:1'), leaving))).answer.allowed).toBe(true);
  });

  test('is asked about as a new one where it says itself that it goes', async () => {
    const said = { metadata: { deletionTimestamp: '2026-11-21T00:00:00Z' }, ...pod('bad:1') };
    expect((await decide(update(said, pod('good:1')))).answer.allowed).toBe(false);
    expect((await decide(reviewOf(said))).answer.allowed).toBe(false);
  });
});

describe('a mutating webhook', () => {
  test('puts the judged digest behind every name without one', async () => {
    const pinned = `good@${DIGEST}`;
    const { answer } = await decide(reviewOf(pod('good:1', pinned)), { pin: true });
    expect(answer.patch).toEqual([
      { op: 'test', path: '/spec/containers/0/image', value: 'good:1' },
      { op: 'replace', path: '/spec/containers/0/image', value: `good:1@${DIGEST}` },
    ]);
  });

  test('changes nothing in what is not allowed', async () => {
    const { answer } = await decide(reviewOf(pod('good:1', 'bad:1')), { pin: true });
    expect(answer).not.toHaveProperty('patch');
  });
});

describe('a review', () => {
  test.each([
    ['is no JSON', 'hello'],
    ['is of another version', { ...reviewOf(pod('good:1')), apiVersion: 'admission.k8s.io/v1beta1' }],
    ['is something else', { ...reviewOf(pod('good:1')), kind: 'Pod' }],
    ['has no request', { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview' }],
    ['has no identifier', reviewOf(pod('good:1'), { uid: '' })],
    [
      'has a request with a key twice',
      '{"apiVersion":"admission.k8s.io/v1","apiVersion":"x","kind":"AdmissionReview"}',
    ],
  ])('that %s is refused as such', (_name, review) => {
    const body = typeof review === 'string' ? review : JSON.stringify(review);
    expect(() => readAdmissionReview(Buffer.from(body))).toThrowError(
      expect.objectContaining({ code: 'JSON_INVALID' }),
    );
  });

  test('may have keys that differ by case alone: HTTP_PROXY and http_proxy are two variables', async () => {
    const metadata = {
      labels: { App: 'shop', app: 'shop' },
      managedFields: [
        { fieldsV1: { 'f:env': { 'k:{"name":"HTTP_PROXY"}': {}, 'k:{"name":"http_proxy"}': {} } } },
      ],
    };
    const { answer } = await decide(reviewOf({ metadata, ...pod('good:1') }));
    expect(answer).toEqual({ allowed: true });
  });

  test('is answered under its own identifier, with a message that is bounded', () => {
    const text = writeAdmissionReview('u-1', {
      allowed: false,
      message: 'x'.repeat(9_000),
      warnings: ['w'.repeat(900)],
    });
    const { response } = JSON.parse(text);
    expect(response).toMatchObject({ uid: 'u-1', allowed: false, status: { code: 403 } });
    expect(response.status.message).toHaveLength(2_000);
    expect(response.warnings[0]).toHaveLength(250);
  });

  test('of foreign text is answered without its control characters', async () => {
    const { answer } = await decide(reviewOf(pod('bad:1\u001b[2J\u202e')));
    expect(answer.message).not.toMatch(/[\u001b\u202e]/);
  });
});
