import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { type InputStream, inputOf } from '../../src/cli/terminal-input.ts';

/** A stream that somebody types into, and what was done with it. */
function typed(...keys: readonly string[]) {
  const stream = new PassThrough();
  const modes: boolean[] = [];
  const shown: string[] = [];
  const terminal = Object.assign(stream, {
    isTTY: true,
    setRawMode(mode: boolean) {
      modes.push(mode);
      if (mode) for (const key of keys) stream.write(key);
    },
  }) as unknown as InputStream;
  return { input: inputOf(() => terminal, { write: (text) => shown.push(text) }), modes, shown, stream };
}

describe('what is typed', () => {
  test.each([
    ['a line', ['open sesame\r']],
    ['one key at a time', [...'open sesame\n']],
    ['with a mistake taken back', ['open sesamx\u007fe\r']],
    ['with more behind it', ['open sesame\rls\r']],
  ])('is read to its end and not shown: %s', async (_what, keys) => {
    const { input, modes, shown } = typed(...keys);
    expect(await input.ask('Passphrase: ')).toBe('open sesame');
    expect(shown.join('')).toBe('Passphrase: \n');
    expect(modes).toEqual([true, false]);
  });

  test.each([
    ['is broken off', ['open\u0003']],
    ['ends', ['open\u0004']],
    ['is endless', ['x'.repeat(2000)]],
  ])('is nothing where it %s, and the terminal shows again', async (_what, keys) => {
    const { input, modes } = typed(...keys);
    await expect(input.ask('')).rejects.toMatchObject({ code: 'USAGE' });
    expect(modes).toEqual([true, false]);
  });

  test('is not waited for where nobody is there', async () => {
    const input = inputOf(() => new PassThrough() as unknown as InputStream, { write: () => {} });
    await expect(input.ask('')).rejects.toMatchObject({ code: 'USAGE' });
  });
});

describe('what another program sends', () => {
  test('is read to its end, and no further than the limit', async () => {
    const send = (text: string) =>
      inputOf(() => PassThrough.from([Buffer.from(text)]) as unknown as InputStream, { write: () => {} });
    expect(await send('one\n').read(4)).toBe('one\n');
    await expect(send('one\n').read(3)).rejects.toMatchObject({ code: 'USAGE' });
  });
});
