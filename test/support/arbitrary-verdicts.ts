import fc from 'fast-check';
import { PratiqueError } from '../../src/errors.ts';
import type { Finding } from '../../src/model/finding.ts';
import { PACKAGE_MANAGERS } from '../../src/model/package.ts';
import type { JudgedImage, Level, Result, Ruled, RuledFinding, Verdict } from '../../src/model/verdict.ts';
import { digestOf, manifestOf, sampleVerdict } from './sample-verdicts.ts';

/** Pieces that terminals, CI logs, Markdown and SARIF readers could obey. */
const WEAPONS = [
  '\u001b[31m',
  '\u001b]0;title\u0007',
  '\u009b2J',
  '\r',
  '\n',
  '\n::error::refused',
  '::warning file=a::b',
  '##[error]',
  '##vso[task.setvariable]',
  '\u202e',
  '\u2066',
  '\u2028',
  '\u200b',
  '\u{e0041}',
  '\ud800',
  '](http://evil.example)',
  '{0}',
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "' onmouseover='alert(1)",
  '</style>',
  '<!--',
  ']]>',
  'javascript:alert(1)',
  'https://evil.example/x',
  '@everyone',
  'www.evil.example',
  '#12',
  '|',
  '\\|',
  '&lt;',
  '\uffff',
  '`',
  '"',
  '\\',
  '\u0000',
  '表',
  '🙂',
  '  ',
];

/** Any text at all, weapons often. */
export const hostileText: fc.Arbitrary<string> = fc
  .array(fc.oneof(fc.constantFrom(...WEAPONS), fc.string({ unit: 'binary', maxLength: 12 })), {
    maxLength: 6,
  })
  .map((parts) => parts.join(''));

const finding: fc.Arbitrary<Finding> = fc.record(
  {
    rule: fc.oneof(fc.constantFrom('secrets.github-token', 'miners.xmrig', 'hygiene.root-user'), hostileText),
    severity: fc.constantFrom('critical', 'high', 'medium', 'low', 'info'),
    confidence: fc.constantFrom('verified', 'high', 'medium', 'low'),
    message: hostileText,
    remedy: hostileText,
    where: fc.record(
      {
        layer: fc.record(
          {
            index: fc.nat(9),
            digest: fc.constant(digestOf('1')),
            createdBy: hostileText,
            from: fc.constantFrom('base', 'own'),
          },
          { requiredKeys: ['index', 'digest', 'createdBy'] },
        ),
        path: hostileText,
        offset: fc.nat(),
        visibility: fc.constantFrom('visible', 'deleted', 'replaced'),
        hiddenBy: fc.nat(9),
        field: hostileText,
      },
      { requiredKeys: [] },
    ),
    args: fc.dictionary(
      hostileText,
      fc.oneof(hostileText, fc.nat(), fc.array(hostileText, { maxLength: 2 })),
      {
        maxKeys: 2,
      },
    ),
    fingerprint: hostileText,
    package: fc.record(
      {
        manager: fc.constantFrom(...PACKAGE_MANAGERS),
        name: hostileText,
        version: hostileText,
        by: fc.constantFrom('digest', 'compiled', 'path'),
      },
      { requiredKeys: ['manager', 'name', 'by'] },
    ),
    demoted: fc.constant(true as const),
  },
  {
    requiredKeys: ['rule', 'severity', 'confidence', 'message', 'remedy', 'where', 'args', 'fingerprint'],
  },
);

const level: fc.Arbitrary<Level> = fc.constantFrom('fail', 'warn', 'off');

const ruledFinding: fc.Arbitrary<RuledFinding> = fc.record(
  { finding, level, excepted: fc.record({ reason: hostileText, owner: hostileText, until: hostileText }) },
  { requiredKeys: ['finding', 'level'] },
);

const fault: fc.Arbitrary<PratiqueError> = fc
  .record(
    { what: hostileText, where: hostileText, why: hostileText, next: hostileText },
    { requiredKeys: ['what'] },
  )
  .map((problem) => new PratiqueError('REGISTRY_ERROR', problem));

const check = fc.oneof(fc.constantFrom('secrets', 'miners', 'name.lookalike', 'signature'), hostileText);

const ruled: fc.Arbitrary<Ruled> = fc.oneof(
  fc.record({
    outcome: fc.record({ check, state: fc.constant('passed' as const), note: hostileText }),
    level,
    findings: fc.constant([]),
  }),
  fc.record({
    outcome: fc.record({ check, state: fc.constant('unknown' as const), error: fault }),
    level,
    findings: fc.constant([]),
  }),
  fc
    .record({ check, level, findings: fc.array(ruledFinding, { maxLength: 4 }) })
    .map(({ check: id, level: one, findings }) => ({
      outcome: { check: id, state: 'failed' as const, findings: findings.map((f) => f.finding) },
      level: one,
      findings,
    })),
);

const image: fc.Arbitrary<JudgedImage> = fc.record(
  {
    manifest: fc.constantFrom(manifestOf('a'), manifestOf('b')),
    platform: hostileText,
    base: fc.record(
      { name: hostileText, layers: fc.nat(9), digest: fc.constant(digestOf('b')), created: hostileText },
      { requiredKeys: ['name', 'layers'] },
    ),
    ruled: fc.array(ruled, { maxLength: 4 }),
    layers: fc.array(
      fc.record(
        {
          index: fc.nat(9),
          digest: fc.constant(digestOf('1')),
          size: fc.nat(),
          createdBy: hostileText,
          from: fc.constantFrom('base', 'own'),
        },
        { requiredKeys: ['index', 'digest', 'size'] },
      ),
      { maxLength: 3 },
    ),
    scanned: fc.record({
      layers: fc.nat(),
      files: fc.nat(),
      compressedBytes: fc.nat(),
      expandedBytes: fc.nat(),
      contentBytes: fc.nat(),
    }),
  },
  { requiredKeys: ['ruled'] },
);

/** A verdict in which every foreign text is hostile, and in which nothing need fit together. */
export const hostileVerdict: fc.Arbitrary<Verdict> = fc
  .record(
    {
      name: hostileText,
      subject: fc.constant(manifestOf('a')),
      result: fc.constantFrom<Result>('admitted', 'refused', 'undecided'),
      images: fc.array(image, { maxLength: 3 }),
      leftOut: fc.array(hostileText, { maxLength: 2 }),
      policy: fc.record({
        name: hostileText,
        digest: fc.constant(digestOf('c')),
        origin: fc.oneof(fc.constant('built-in'), hostileText),
      }),
      pratique: hostileText,
      at: fc.oneof(fc.constant('2026-11-21T06:33:10.300Z'), hostileText),
      faults: fc.array(fault, { maxLength: 2 }),
      notes: fc.array(hostileText, { maxLength: 2 }),
    },
    { requiredKeys: ['name', 'result', 'images', 'leftOut', 'policy', 'pratique', 'at', 'faults', 'notes'] },
  )
  .map(({ subject, ...rest }) => {
    const { subject: _, ...base } = sampleVerdict();
    return { ...base, ...rest, ...(subject && { subject }) };
  });

/** What our own colours look like; nothing else may start with an escape. */
const OWN_COLOURS = /\u001b\[\d+m/g;

/** A view without our own colours. */
export function withoutColours(text: string): string {
  return text.replace(OWN_COLOURS, '');
}

/** Whatever could move a cursor, start a line, reorder or hide letters, or be obeyed by a CI log. */
export function dangersIn(text: string): readonly string[] {
  const characters =
    text.match(
      /[^\P{Cc}\n]|\p{Zl}|\p{Zp}|\p{Bidi_Control}|\p{Surrogate}|[\u200b\ufeff]|[\u{e0000}-\u{e007f}]/gu,
    ) ?? [];
  const commands = text.match(/##\w*\[/g) ?? [];
  const lines = text.split('\n').filter((line) => line.trimStart().startsWith('::'));
  return [...characters, ...commands, ...lines];
}
