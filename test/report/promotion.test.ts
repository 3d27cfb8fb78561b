import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Promotion } from '../../src/model/promotion.ts';
import { renderPromotion, renderPromotionJson } from '../../src/report/promotion.ts';
import { rollbackCommands } from '../../src/report/rollback.ts';
import { digestOf, manifestOf, sampleVerdict } from '../support/sample-verdicts.ts';

const TARGET = { registry: 'ghcr.io', repository: 'acme/shop' };

function promotion(change: Partial<Promotion> = {}): Promotion {
  return {
    state: 'promoted',
    verdict: sampleVerdict({ name: 'staging.acme.dev/shop:1', subject: manifestOf('a') }),
    target: TARGET,
    pieces: [
      { kind: 'blob', what: { ...manifestOf('1'), size: 45_200_000 }, state: 'copied' },
      { kind: 'blob', what: manifestOf('2'), state: 'mounted' },
      { kind: 'manifest', what: manifestOf('a'), state: 'there' },
      { kind: 'companion', what: manifestOf('3'), state: 'copied', tag: 'sha256-x.sig' },
    ],
    leftBehind: [{ what: manifestOf('4'), about: digestOf('a'), why: 'other-key: no key of the policy' }],
    tags: [{ tag: '1', state: 'moved', previous: digestOf('b') }],
    attested: 'pushed',
    ...change,
  };
}

describe('a promotion as text', () => {
  test('says what went where, what stayed behind, and how to go back', () => {
    expect(
      renderPromotion(promotion(), { colour: false, flags: [] }),
    ).toBe(`PROMOTED  ghcr.io/acme/shop  ${digestOf('a')}
  from      staging.acme.dev/shop:1
  verdict   admitted, policy acme-production
  content   1 manifest, 2 blobs, 45.2 MB: 1 copied (45.2 MB), 1 mounted, 1 there already
  beside    1 signature or attestation: 1 copied
            left behind ${digestOf('4')}: other-key: no key of the policy
  attested  pushed
  tag       1  moved, was ${digestOf('b')}
  rollback  pratique promote ghcr.io/acme/shop@${digestOf('b')} ghcr.io/acme/shop --tag 1
`);
  });

  test('never gives a terminal or a log anything to obey', () => {
    const hostile = '\u001b[31m##[error]x\n::error::y\u202e';
    const text = renderPromotion(
      promotion({
        verdict: sampleVerdict({ name: hostile }),
        leftBehind: [{ what: manifestOf('4'), about: digestOf('a'), why: hostile }],
      }),
      { colour: false, flags: ['--policy', hostile] },
    );
    expect(text).not.toMatch(/[\u001b\u202e]|##\[|^::/m);
    expect(renderPromotionJson(promotion({ verdict: sampleVerdict({ name: hostile }) }), [])).not.toMatch(
      /[\u001b\u202e]|##\[|^::/m,
    );
  });

  test('lists ten of what stayed behind, and counts the rest', () => {
    const leftBehind = Array.from({ length: 25 }, () => ({
      what: manifestOf('4'),
      about: digestOf('a'),
      why: 'x',
    }));
    const text = renderPromotion(promotion({ leftBehind }), { colour: false, flags: [] });
    expect(text.match(/left behind sha256/g)).toHaveLength(10);
    expect(text).toContain('and 15 others left behind');
  });
});

describe('the way back', () => {
  test('there is none for a tag that was new, or was not moved', () => {
    const tags: Promotion['tags'] = [
      { tag: '1', state: 'moved' },
      { tag: '2', state: 'kept', previous: digestOf('b') },
    ];
    expect(rollbackCommands({ target: TARGET, tags })).toEqual([]);
  });

  test('is read by a shell as the words that were meant', () =>
    fc.assert(
      fc.property(
        fc.array(
          fc.string({ unit: fc.constantFrom(...`aZ9 '"\\$\`;&|*?~#!(){}<>-=/.:@%+,`), maxLength: 12 }),
          { maxLength: 3 },
        ),
        (flags) => {
          const tags: Promotion['tags'] = [{ tag: '1', state: 'moved', previous: digestOf('b') }];
          const [command = ''] = rollbackCommands({ target: TARGET, tags }, flags);
          const words = execFileSync('sh', ['-c', `pratique() { printf '%s\\n' "$@"; }; ${command}`], {
            encoding: 'utf8',
          });
          expect(words.split('\n').slice(5, -1)).toEqual(flags);
        },
      ),
      { numRuns: 25 },
    ));
});
