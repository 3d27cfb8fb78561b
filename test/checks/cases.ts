import { CHECKS } from '../../src/checks/list.ts';
import type { Finding } from '../../src/model/finding.ts';
import { parseReference } from '../../src/model/reference.ts';
import { contextOf, hitOf, imageOf, keySigner, ruleOf, scanWith, signatureBy, sourcesOf } from './samples.ts';

/** What a check says to an image that is good in its eyes, and to one that is bad. */
export interface Cases {
  readonly good: () => readonly Finding[];
  readonly bad: () => readonly Finding[];
}

function check<R extends string>(id: string, reads: R) {
  const found = CHECKS.find((one) => one.id === id && one.reads === reads);
  if (found === undefined) throw new Error(`no check ${id} that reads ${reads}`);
  return found as Extract<(typeof CHECKS)[number], { reads: R }>;
}

const name = (id: string, text: string, context = contextOf()) =>
  check(id, 'name').run(parseReference(text), context);
const config = (id: string, change: Parameters<typeof imageOf>[0], context = contextOf()) =>
  check(id, 'config').run(imageOf(change), context);

const ours = contextOf({ sources: sourcesOf(['ghcr.io/acme/**']) });
const demands = contextOf(
  {},
  { rule: ruleOf({ signedBy: [keySigner('release')], maxAgeSeconds: 90 * 86_400 }) },
);

/** One good and one bad case for each check, by its id; `list.test.ts` proves that none is missing. */
export const CASES: Readonly<Record<string, Cases>> = {
  'name.allowed': {
    good: () => name('name.allowed', 'ghcr.io/acme/shop:1', ours),
    bad: () => name('name.allowed', 'ghcr.io/acme-evil/shop:1', ours),
  },
  'name.lookalike': {
    good: () => name('name.lookalike', 'docker.io/library/nginx'),
    bad: () => name('name.lookalike', 'docker.io/librarry/nginx'),
  },
  signature: {
    good: () => check('signature', 'statements').run([signatureBy('release')], imageOf(), demands),
    bad: () => check('signature', 'statements').run([], imageOf(), demands),
  },
  'hygiene.root-user': {
    good: () => config('hygiene.root-user', { user: '10001:10001' }),
    bad: () => config('hygiene.root-user', { user: '' }),
  },
  'hygiene.admin-ports': {
    good: () => config('hygiene.admin-ports', { exposedPorts: ['8080/tcp', '443/tcp'] }),
    bad: () => config('hygiene.admin-ports', { exposedPorts: ['2375/tcp'] }),
  },
  'freshness.max-age': {
    good: () => config('freshness.max-age', { created: '2026-11-20T00:00:00Z' }, demands),
    bad: () => config('freshness.max-age', { created: '2025-01-01T00:00:00Z' }, demands),
  },
  secrets: {
    good: () => check('secrets', 'files').run(scanWith([hitOf('miners')]), contextOf()),
    bad: () => check('secrets', 'files').run(scanWith([hitOf('secrets')]), contextOf()),
  },
  miners: {
    good: () => check('miners', 'files').run(scanWith([hitOf('secrets')]), contextOf()),
    bad: () => check('miners', 'files').run(scanWith([hitOf('miners')]), contextOf()),
  },
};
