import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readReferences } from '../../src/references/read-references.ts';

/** What a Dockerfile names, as written, and whether all of it was read. */
function read(text: string) {
  const { references, unread } = readReferences('Dockerfile', text);
  return { names: references.map(({ text: name }) => name), isWhole: unread.length === 0 };
}

describe('a FROM that some readers see and others do not', () => {
  test.each([
    ['behind an escaped here-document', 'FROM a:1\nRUN echo \\<<EOF\nFROM hidden:1\n'],
    ['behind an escape that is escaped', 'FROM a:1\nRUN dir C:\\\\\nFROM hidden:1\n'],
    ['after a form feed', 'FROM a:1\n\fFROM hidden:1\n'],
    ['after a no-break space', 'FROM a:1\n\u00a0FROM hidden:1\n'],
    ['behind a here-document whose name has quotes in it', 'FROM a:1\nRUN <<E"O"F\nx\nEOF\nFROM hidden:1\n'],
    ['behind a here-document with a number', 'FROM a:1\nRUN 3<<EOF x\nFROM text:1\nEOF\nFROM hidden:1\n'],
    ['behind a carriage return', 'FROM a:1\rFROM hidden:1\n'],
  ])('is found or told as unread: %s', (_how, text) => {
    const { names, isWhole } = read(text);
    expect(names.includes('hidden:1') || !isWhole).toBe(true);
  });

  test.each([
    'RUN echo "<<EOF"',
    "RUN echo '<<EOF'",
    'RUN cat <<<EOF',
    'RUN cat << EOF',
    'RUN echo $((1<<2))',
    'RUN ["echo", "<<EOF"]',
    'ENV A=<<EOF',
    'CMD <<EOF',
    'LABEL a=<<EOF',
    'WORKDIR /a<<EOF',
    'RUN a \\  \n  b',
    'RUN a \\\n# c \\\n\n b',
    'RUN <<EOF\r\nFROM text:1\r\nEOF\r',
    'RUN <<-EOF\n\tFROM text:1\n\tEOF',
    'RUN <<EOF\n\tEOF\nFROM text:1\nEOF',
    'RUN a \\\n <<EOF\nFROM text:1\nEOF',
    'ONBUILD RUN <<EOF\nFROM text:1\nEOF',
    "COPY <<A <<'B' /x\nFROM text:1\nA\nFROM text:2\nB",
  ])('stands behind %j', (instruction) => {
    expect(read(`FROM a:1\n${instruction}\nFROM next:1\n`)).toEqual({
      names: ['a:1', 'next:1'],
      isWhole: true,
    });
  });
});

describe('the sources of files', () => {
  test.each([
    ['COPY --from=b:1 --from=c:1 / /', ['a:1', 'b:1', 'c:1']],
    ['RUN --mount=from=b:1,target=/x y', ['a:1', 'b:1']],
    ['RUN --mount="type=bind,from=b:1,target=/x" y', ['a:1', 'b:1']],
    ['RUN --mount=type=bind,\\\nfrom=b:1,target=/x y', ['a:1', 'b:1']],
    ['RUN --mount=type=bind,"from=b:1",target=/x y', ['a:1', 'b:1']],
    ['RUN --network=none --mount=type=cache,target=/c --mount=from=b:1,target=/x y', ['a:1', 'b:1']],
    ['ADD --checksum=sha256:0 https://example.com/x /', ['a:1']],
    ['RUN echo --mount=from=b:1', ['a:1']],
    ['ONBUILD RUN --mount=from=b:1,target=/x y', ['a:1', 'b:1']],
    ['COPY --from=scratch / /', ['a:1']],
  ])('in %j are read', (instruction, expected) => {
    expect(read(`FROM a:1\n${instruction}\n`)).toEqual({ names: expected, isWhole: true });
  });

  test.each(['COPY --fr\\om=b:1 / /', 'ONBUILD COPY --fr\\om=b:1 / /', 'COPY "--from=b:1" / /'])(
    'in %j are read, told, or none to BuildKit either',
    (instruction) => {
      const { names, isWhole } = read(`FROM a:1\n${instruction}\n`);
      expect(names.includes('b:1') || !isWhole || !instruction.includes('\\')).toBe(true);
    },
  );
});

describe('the frontend', () => {
  test.each([
    ['# syntax=b:1\nFROM a:1\n', ['b:1', 'a:1']],
    ['#SYNTAX = b:1 --arg\r\nFROM a:1\n', ['b:1', 'a:1']],
    ['# check=skip=all\n# syntax=b:1\nFROM a:1\n', ['b:1', 'a:1']],
    ['//syntax=b:1\nFROM a:1\n', ['b:1', 'a:1']],
    ['#!/bin/x\n# syntax=b:1\nFROM a:1\n', ['b:1', 'a:1']],
    ['\n# syntax=b:1\nFROM a:1\n', ['a:1']],
    ['# a comment\n# syntax=b:1\nFROM a:1\n', ['a:1']],
    ['FROM a:1\n# syntax=b:1\n', ['a:1']],
    ['{"syntax": "b:1"}', ['b:1']],
  ])('of %j is read as BuildKit does', (text, expected) => {
    expect(read(text).names).toEqual(expected);
  });
});

test('a Dockerfile that is written plainly is read whole, whatever it runs', () => {
  const word = fc.stringMatching(/^[a-z0-9./=|&;>()][a-z0-9./=|&;>()-]{0,9}$/);
  const run = fc.array(word, { minLength: 1, maxLength: 6 }).map((words) => `RUN ${words.join(' ')}`);
  const other = fc.constantFrom(
    'WORKDIR /a',
    'ENV A=b',
    '# FROM x:1',
    '',
    'USER 1',
    'ARG X=1',
    'LABEL a="b c"',
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(run, other), { maxLength: 10 }), (lines) => {
      expect(read(['FROM a:1', ...lines, 'FROM b:1'].join('\n'))).toEqual({
        names: ['a:1', 'b:1'],
        isWhole: true,
      });
    }),
  );
});

test.each([
  ['Dockerfile.py', 'ARG A=1\nFROM b:1\n', 1],
  ['Dockerfile.py', '# a program\nimport os\nFROM = 1\n', 0],
  ['Dockerfile.md', 'FROM b:1\n', 0],
  ['my.dockerfile', 'FROM b:1\n', 1],
  ['Containerfile-arm64', 'FROM b:1\n', 1],
  ['Dockerfile.j2', 'FROM {{ base }}\n', 1],
])('%s that holds %j names %i images', (file, text, count) => {
  expect(readReferences(file, text).references).toHaveLength(count);
});
