import { error, warning } from '@actions/core';
import fc from 'fast-check';
import { afterEach, expect, test, vi } from 'vitest';
import { beginRunner } from '../../src/action/runner.ts';
import { commandLine, outputBlock } from '../../src/action/workflow-commands.ts';
import { obeyedIn } from '../support/action-step.ts';

afterEach(() => vi.restoreAllMocks());

const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom(':', '%', ',', '\n', '\r', '#', '[', 'a', ' ', '=') }),
);

test('a command is what @actions/core makes of the same words, byte for byte', () => {
  const written: string[] = [];
  vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => written.push(String(chunk)) > 0);
  fc.assert(
    fc.property(text, text, text, fc.integer({ min: 1, max: 9999 }), (message, title, file, line) => {
      written.length = 0;
      error(message, { title, file, startLine: line });
      warning(message);
      const properties = { title, file, line };
      expect([
        `${commandLine({ name: 'error', properties, message })}\n`,
        `${commandLine({ name: 'warning', properties: {}, message })}\n`,
      ]).toEqual(written);
    }),
  );
});

test('an output ends where nobody can foresee, whatever its value holds', () => {
  fc.assert(
    fc.property(text, (value) => {
      const [first = '', ...rest] = outputBlock('verdict', value).split('\n');
      const word = first.slice('verdict<<'.length);
      expect(word).toMatch(/^end_[0-9a-f-]{36}$/);
      expect(rest.slice(0, -2).join('\n')).toBe(value);
      expect(rest.slice(-2)).toEqual([word, '']);
    }),
  );
  expect(outputBlock('a', '')).not.toBe(outputBlock('a', ''));
});

test('nothing that is logged is obeyed, and every command of ours is', () => {
  const hostile = fc.constantFrom(
    '::error::owned',
    '  ::set-output name=verdict::admitted',
    '##[error]owned',
    '::stop-commands::x',
    '::add-mask::a\r::error::b',
    'text without an end',
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(text, hostile)), (texts) => {
      let log = '';
      const write = (said: string) => {
        log += said;
      };
      const runner = beginRunner({ env: {}, now: () => new Date(), write });
      for (const said of texts) {
        runner.log(said);
        runner.command({ name: 'notice', properties: { title: said }, message: said });
      }
      runner.end();
      const obeyed = obeyedIn(log);
      expect(obeyed).toHaveLength(texts.length);
      expect(obeyed.every((line) => line.startsWith('::notice'))).toBe(true);
      expect(obeyedIn(`${log}::notice::the next step\n`)).toHaveLength(texts.length + 1);
    }),
  );
});
