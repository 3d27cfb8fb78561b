import { describe, expect, test } from 'vitest';
import { PratiqueError } from '../../../src/errors.ts';
import { renderTerminal } from '../../../src/report/terminal/terminal.ts';
import { withoutColours } from '../../support/arbitrary-verdicts.ts';
import {
  admittedVerdict,
  digestOf,
  failed,
  passed,
  refusedByNameVerdict,
  refusedVerdict,
  sampleFinding,
  sampleVerdict,
  sampleVerdicts,
  undecidedVerdict,
  unknown,
} from '../../support/sample-verdicts.ts';

const PLAIN = { colour: false, width: 80 };

describe('the card of an image', () => {
  // the files are there to be looked at: a change of the card is a change of them
  test.each([
    ['admitted-120.txt', admittedVerdict(), 120],
    ['refused-80.txt', refusedVerdict(), 80],
    ['refused-by-name-80.txt', refusedByNameVerdict(), 80],
    ['undecided-60.txt', undecidedVerdict(), 60],
  ])('is as in %s', async (file, verdict, width) => {
    await expect(renderTerminal([verdict], { colour: false, width })).toMatchFileSnapshot(`cards/${file}`);
  });

  test('sums demoted findings up by package, and shows each where everything is wanted', () => {
    const by = (name: string, how: 'digest' | 'path', fingerprint: string) =>
      sampleFinding({
        message: 'A key of a library',
        demoted: true,
        package: { manager: how === 'path' ? 'npm' : 'deb', name, version: '1.2', by: how },
        fingerprint,
      });
    const findings = [
      by('libharbour', 'digest', '1'),
      by('libharbour', 'digest', '2'),
      by('@a/b', 'path', '3'),
    ];
    const verdict = sampleVerdict({ images: [{ ruled: [failed('secrets', findings, 'warn')] }] });
    const text = renderTerminal([verdict], PLAIN);
    expect(text).toContain('3 findings: 3 demoted');
    expect(text).toContain('✔ secrets     3 findings demoted: files as their packages ship them');
    expect(text).toContain('deb:libharbour 1.2: 2');
    expect(text).toContain('npm:@a/b 1.2 (by path only): 1');
    expect(text).not.toContain('A key of a library');
    const whole = renderTerminal([verdict], { ...PLAIN, verbose: true });
    expect(whole.match(/A key of a library/g)).toHaveLength(3);
    expect(whole).toContain('demoted: the file is as it came with deb:libharbour 1.2');
  });

  test('begins with the result', () => {
    const [first = ''] = renderTerminal([refusedVerdict()], PLAIN).split('\n');
    expect(first).toBe('╭─ ✖ REFUSED  ghcr.io/acme/shop:1.4.2');
  });

  test('says the same with and without colours', () => {
    const coloured = renderTerminal(sampleVerdicts(), { ...PLAIN, colour: true });
    expect(coloured).toContain('\u001b[');
    expect(withoutColours(coloured)).toBe(renderTerminal(sampleVerdicts(), PLAIN));
  });

  test('names the gravest place first: what refuses the image, then what warns, then what is excepted', () => {
    const text = renderTerminal([refusedVerdict()], PLAIN);
    const places = [...text.matchAll(/^├─ (.*?)(?: {2}.*)?$/gm)].map(([, title]) => title);
    expect(places).toEqual(['layer 3 of 5', 'image configuration', 'layer 1 of 5']);
  });

  test('shows at most fifteen findings, the gravest, and says how many more there are', () => {
    const many = Array.from({ length: 40 }, (_, i) =>
      sampleFinding({
        severity: i === 39 ? 'critical' : 'low',
        fingerprint: `f${i}`,
        message: `Finding number ${i}`,
      }),
    );
    const verdict = sampleVerdict({ result: 'refused', images: [{ ruled: [failed('secrets', many)] }] });
    const text = renderTerminal([verdict], PLAIN);
    expect(text.match(/Finding number/g)).toHaveLength(15);
    expect(text).toContain('Finding number 39');
    expect(text).toContain('… 25 more  25 findings enforced; see -o json');
    expect(text).toContain('40 findings: 40 enforced');
    expect(renderTerminal([verdict], { ...PLAIN, verbose: true }).match(/Finding number/g)).toHaveLength(40);
  });

  test('shows an excepted finding with its reason, owner and last day, and not as clean', () => {
    const text = renderTerminal([refusedVerdict()], { colour: false, width: 110 });
    expect(text).toContain('~ high      A private key in PEM form');
    expect(text).toContain(
      "excepted until 2027-01-31 by team-platform: Debian's shipped test key, never used",
    );
  });

  test('says of an undecided image with nothing found that nothing was found so far', () => {
    const text = renderTerminal([undecidedVerdict()], PLAIN);
    expect(text).toContain('no findings so far · 1 thing not found out');
    expect(text).not.toMatch(/no findings$/m);
  });

  test('lists a fault that many checks met once, with the checks it kept from an answer', () => {
    const text = renderTerminal([undecidedVerdict()], PLAIN);
    expect(text.match(/code +DIGEST_MISMATCH/g)).toHaveLength(1);
    expect(text).toContain('kept from  secrets, miners');
  });

  test('says that a fault of a check that only warns is only a warning', () => {
    const error = new PratiqueError('NETWORK', { what: 'the registry did not answer' });
    const verdict = sampleVerdict({
      images: [{ ruled: [passed('secrets'), unknown('signature', error, 'warn')] }],
    });
    const text = renderTerminal([verdict], PLAIN);
    expect(text).toContain('? signature   the registry did not answer');
    expect(text).toContain('NETWORK · only a warning here');
    expect(text).toContain('no findings so far · 1 thing not found out');
  });

  test('says when the built-in policy applies', () => {
    expect(renderTerminal([refusedByNameVerdict()], { colour: false, width: 110 })).toContain(
      'default · the built-in policy applies: signatures are reported, not demanded',
    );
  });

  test('says that nothing was fetched where the name alone refused the image', () => {
    const text = renderTerminal([refusedByNameVerdict()], PLAIN);
    expect(text).toMatch(/not reached:\s+│?\s*nothing was fetched/);
    expect(text).toContain('never resolved to a digest');
    expect(text).toContain('no layer was read');
  });

  test('gives an admitted image by digest, unbroken even where the terminal is narrow', () => {
    const text = renderTerminal([admittedVerdict()], { colour: false, width: 60 });
    expect(text).toContain(`╰─ use it by digest  ghcr.io/acme/shop@${digestOf('a')}\n`);
  });

  test('suggests no command with a name that a shell would obey', () => {
    const verdict = { ...refusedVerdict(), name: 'oci:./$(reboot):1' };
    expect(renderTerminal([verdict], PLAIN)).toContain('pratique inspect IMAGE');
  });

  test('shows platforms that came through alike once, and the others by name', () => {
    const ruled = [passed('secrets')];
    const three = sampleVerdict({
      images: [
        { platform: 'linux/amd64', ruled },
        { platform: 'linux/arm64', ruled },
        { platform: 'linux/s390x', ruled: [failed('secrets', [sampleFinding()])] },
      ],
    });
    const text = renderTerminal([three], PLAIN);
    expect(text).toContain('│  linux/amd64, linux/arm64\n│  ✔ secrets     none found');
    expect(text).toContain('│  linux/s390x\n│  ✖ secrets ');
  });

  test('marks a failed check without a finding as failed, never as clean', () => {
    const verdict = sampleVerdict({ result: 'refused', images: [{ ruled: [failed('secrets', [])] }] });
    expect(renderTerminal([verdict], PLAIN)).toContain('✖ secrets     failed, with no finding to show');
  });

  test('marks a check that the policy turned off with a dash', () => {
    const off = { ...passed('hygiene.root-user'), level: 'off' as const };
    const verdict = sampleVerdict({ images: [{ ruled: [off] }] });
    expect(renderTerminal([verdict], PLAIN)).toContain('– hygiene     turned off by the policy');
  });

  test('marks a check whose every finding is turned off as passed, since it refuses nothing, and says so', () => {
    const { outcome } = failed('secrets', [sampleFinding()]);
    const ruled = {
      outcome,
      level: 'fail' as const,
      findings: [{ finding: sampleFinding(), level: 'off' as const }],
    };
    const text = renderTerminal([sampleVerdict({ images: [{ ruled: [ruled] }] })], PLAIN);
    expect(text).toContain('✔ secrets     1 finding turned off by the policy');
    expect(text).toContain('no findings');
  });

  test('lists every check by its id when asked for more', () => {
    const text = renderTerminal([admittedVerdict()], { colour: false, width: 110, verbose: true });
    expect(text).toContain('✔ name.lookalike     passed');
    expect(text).toContain(digestOf('d'));
  });
});

describe('several images', () => {
  test('are summed up in a last line', () => {
    const text = renderTerminal(sampleVerdicts(), PLAIN);
    expect(text.trimEnd().split('\n').at(-1)).toBe('4 images: 1 admitted, 2 refused, 1 undecided');
  });

  test('are a line each when asked to be quiet', () => {
    const lines = renderTerminal(sampleVerdicts(), { ...PLAIN, quiet: true })
      .trimEnd()
      .split('\n');
    expect(lines.map((line) => line.split(' ')[1])).toEqual(['ADMITTED', 'REFUSED', 'REFUSED', 'UNDECIDED']);
    expect(lines[1]).toBe(
      `✖ REFUSED ghcr.io/acme/shop:1.4.2 ${digestOf('a')} · 4 findings: 2 enforced, 1 warned, 1 excepted`,
    );
  });

  test('that are none at all do not look admitted', () => {
    expect(renderTerminal([], PLAIN)).toBe('No image was checked: nothing was decided.\n');
    expect(renderTerminal([], { ...PLAIN, quiet: true })).toContain('nothing was decided');
  });
});
