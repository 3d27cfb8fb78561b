import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ErrorCode, PratiqueError, toPratiqueError } from '../../src/errors.ts';
import { ADVICE } from '../../src/report/advice.ts';
import { renderProblem } from '../../src/report/problem.ts';
import { dangersIn, hostileText, withoutColours } from '../support/arbitrary-verdicts.ts';

const PROBLEM = {
  what: '"x:y:z" is not an image name',
  where: 'the first argument',
  why: 'it has two tags',
  next: 'write it as registry/repository:tag',
};

describe('a fault', () => {
  test('is told with what, where, why, what to do next, and its code', () => {
    expect(renderProblem(new PratiqueError('REFERENCE_INVALID', PROBLEM), { colour: false })).toBe(
      [
        '✖ "x:y:z" is not an image name',
        '  where  the first argument',
        '  why    it has two tags',
        '  next   write it as registry/repository:tag',
        '  code   REFERENCE_INVALID',
        '',
      ].join('\n'),
    );
  });

  test('says what can be done for each code, also where the fault does not', () => {
    const codes = Object.keys(ADVICE);
    expect(codes.length).toBeGreaterThan(40);
    for (const code of codes as ErrorCode[])
      expect(renderProblem(new PratiqueError(code, { what: 'x' }), { colour: false })).toMatch(
        /^ {2}next {3}[a-z].*[^.]$/m,
      );
  });

  test('leaves out what is not known', () => {
    const text = renderProblem(new PratiqueError('USAGE', { what: 'name a command' }), { colour: false });
    expect(text).toBe(
      '✖ name a command\n  next   see pratique --help, and the help of the command behind its name\n  code   USAGE\n',
    );
  });

  test('keeps the lines of a reason that has several, each behind a rule', () => {
    const why = 'pratique.yaml:3:1 name: missing\npratique.yaml:9:4 sources: unknown key';
    const text = renderProblem(new PratiqueError('POLICY_INVALID', { what: 'the policy is wrong', why }), {
      colour: false,
    });
    expect(text).toContain(
      '  why    pratique.yaml:3:1 name: missing\n      │  pratique.yaml:9:4 sources: unknown key\n',
    );
  });

  test('says the same with colours', () => {
    const error = new PratiqueError('REFERENCE_INVALID', PROBLEM);
    const coloured = renderProblem(error, { colour: true });
    expect(coloured).not.toBe(withoutColours(coloured));
    expect(withoutColours(coloured)).toBe(renderProblem(error, { colour: false }));
  });

  test('holds nothing that a terminal or a CI log could obey, and starts no line with foreign text', () => {
    fc.assert(
      fc.property(hostileText, hostileText, hostileText, fc.boolean(), (what, where, why, colour) => {
        const text = withoutColours(
          renderProblem(new PratiqueError('NETWORK', { what, where, why }), { colour }),
        );
        expect(dangersIn(text)).toEqual([]);
        expect(
          text.split('\n').filter((line) => !/^(?:✖ | {2}(?:where|why|next|code) | {6}│ |$)/.test(line)),
        ).toEqual([]);
      }),
    );
  });

  test('of any thrown value is told safely', () => {
    const text = renderProblem(toPratiqueError(new Error('\n::error::x\u001b[2J')), { colour: false });
    expect(dangersIn(text)).toEqual([]);
    expect(text).toContain('INTERNAL');
  });

  test('of a part of the program that is gone asks to install it again', () => {
    const gone = Object.assign(new Error('Cannot find module'), { code: 'ERR_MODULE_NOT_FOUND' });
    expect(toPratiqueError(gone)).toMatchObject({
      code: 'INTERNAL',
      problem: { what: 'pratique is not installed whole', why: 'Error: Cannot find module' },
    });
  });
});
