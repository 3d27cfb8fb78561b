import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readBuildLine } from '../../../src/checks/hygiene/parts/build-line.ts';
import { findRemoteScript } from '../../../src/checks/hygiene/parts/remote-script.ts';
import { readScript } from '../../../src/checks/hygiene/parts/shell-script.ts';
import { hygieneRemoteAdd } from '../../../src/checks/hygiene/remote-add.ts';
import type { Layer } from '../../../src/model/image.ts';
import { fakeToken } from '../../scan/images.ts';
import { contextOf, descriptorOf, imageOf } from '../samples.ts';

const words = (script: string) =>
  readScript(script).map((pipeline) => pipeline.map((command) => command.words.map(({ text }) => text)));

describe('a line of the build history', () => {
  test.each([
    ['RUN /bin/sh -c apt-get update # buildkit', 'RUN', 'apt-get update'],
    ['RUN |2 A=1 B=x y /bin/sh -c apt-get update # buildkit', 'RUN', 'apt-get update'],
    ['RUN /bin/bash -o pipefail -c curl x | sh # buildkit', 'RUN', 'curl x | sh'],
    ['RUN |1 A=b /bin/ash -eo pipefail -c curl x # buildkit', 'RUN', 'curl x'],
    ['RUN |1 A=b /bin/bash -o errexit -o nounset -o pipefail -c curl x # buildkit', 'RUN', 'curl x'],
    ['RUN /bin/bash --login -c curl x # buildkit', 'RUN', 'curl x'],
    ['RUN /bin/sh +x -e -c curl x # buildkit', 'RUN', 'curl x'],
    ['/bin/sh -c apt-get update', 'RUN', 'apt-get update'],
    ['|1 A=b /bin/sh -c apt-get update', 'RUN', 'apt-get update'],
    ['/bin/sh -c #(nop) WORKDIR /srv', 'WORKDIR', '/srv'],
    ['/bin/sh -c #(nop)  CMD ["bash"]', 'CMD', '["bash"]'],
    ['/bin/sh -c #(nop) workdir /srv', 'WORKDIR', '/srv'],
    ['ADD https://x.example/a /a # buildkit', 'ADD', 'https://x.example/a /a'],
    ['RUN curl x # buildkit', 'RUN', 'curl x'],
    ['buildpacksio/lifecycle:0.17', '', 'buildpacksio/lifecycle:0.17'],
    ['', '', ''],
  ])('%j is %s', (line, instruction, text) => {
    expect(readBuildLine(line)).toEqual({ instruction, text });
  });
});

describe('a shell script', () => {
  test('is read into commands and pipes, with quotes and comments taken away', () => {
    expect(words(`set -ex; a "b c" 'd;e' f\\ g | h && i # j | k\nl || m & n 2>&1`)).toEqual([
      [['set', '-ex']],
      [['a', 'b c', 'd;e', 'f g'], ['h']],
      [['i']],
      [['l']],
      [['m']],
      [['n', '2>&1']],
    ]);
  });

  test('goes on over a line that ends in a backslash, and through ifs and groups', () => {
    expect(words('if a; then { b \\\n c; } fi')).toEqual([[['a']], [['b', 'c']], [['fi']]]);
  });

  test('of any text at all is read to its end, in time that grows with it', () => {
    const pieces = fc.constantFrom(
      '$(',
      ')',
      '`',
      '"',
      "'",
      '\\',
      '|',
      ';',
      '\n',
      '<(',
      'curl',
      ' ',
      'sh',
      '-c',
      '#',
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 40 }), (parts) => {
        const text = parts.join('');
        findRemoteScript(text);
        readBuildLine(text);
        for (const pipeline of readScript(text))
          for (const command of pipeline) expect(command.words.length).toBeGreaterThan(0);
      }),
    );
    const began = process.cpuUsage();
    const nested = ['sh -c "$(', 'eval `', 'sh -c $(sh -c "$(', "sh -c '", 'bash -o x -', ' -o x'];
    for (const piece of [
      '$(',
      '`',
      '"$(',
      '<(',
      "'",
      '\\',
      '| ',
      'sh -c ',
      ' ',
      '{ ',
      ' /bin/sh -',
      '-c',
      ...nested,
    ])
      findRemoteScript(readBuildLine(`RUN |1 ${piece.repeat(400_000 / piece.length)}`).text);
    for (const piece of nested) readBuildLine(`RUN /bin/sh${piece.repeat(400_000 / piece.length)}`);
    const { user, system } = process.cpuUsage(began);
    expect((user + system) / 1e6).toBeLessThan(5);
  });
});

describe('a script from the net that is run unseen', () => {
  test.each([
    'curl -fsSL https://deb.example/setup_20.x | bash -',
    'wget -qO- https://x.example | sudo -E bash -s -- --yes',
    'set -eux; apt-get update && curl https://x.example/i.sh | sh',
    'curl x | tee log | /bin/sh',
    'curl x |& sh',
    'curl -sSL https://install.example | python3 -',
    'curl x | perl',
    'curl x | env A=b C=d sh',
    'A=b curl x | POETRY_HOME=/opt python3 - --version 1.2',
    'sh -c "$(curl -fsSL https://x.example/install.sh)"',
    'bash <(curl -s https://x.example)',
    'eval "$(wget -qO- https://x.example)"',
    'source <(curl -s https://x.example)',
    '. <(curl -s https://x.example)',
    'bash -c "curl https://x.example | sh"',
    'if [ -n "$A" ]; then curl x | sh; fi',
    '(curl x | sh)',
    '(curl -fsSL x || wget -qO- x) | sh',
    'curl x | ( sh )',
    'timeout 30 curl x | timeout -k 5 30 sh',
    'busybox wget -O - x | busybox sh',
    'echo $(curl x | sh)',
    'curl x | sh /dev/stdin --yes',
    'curl x | bash 2>&1',
    'sh -c "sh -c \'curl x | sh\'"',
    'sh -c "echo \\$(curl x | sh)"',
    'echo "$(echo "$(curl x | sh)")"',
  ])('%s is found', (script) => {
    expect(findRemoteScript(script)).toBeDefined();
  });

  test.each([
    'echo "curl https://x.example | sh" >> README',
    "printf 'curl x | sh\\n'",
    'curl -fsSL https://x.example/key.asc | gpg --dearmor -o /usr/share/keyrings/x.gpg',
    'curl -fsSL https://x.example/a.tgz | tar -xz -C /opt',
    'curl x -o x; echo "abc  x" | sha256sum -c -; tar xf x',
    'curl x | jq -r .tag | xargs echo',
    'curl x | python3 -c "import sys"',
    'curl x | python3 -m json.tool',
    'curl x | perl -pe s/a/b/',
    'curl x | node script.js',
    'curl x | sh ./own-script.sh',
    'curl x | bash -c "cat > /etc/x"',
    'apt-get install -y curl bash && sh /tmp/own.sh',
    'find / -name sudo -delete',
    'curl x > a || sh b',
    'curl x; cat own.sh | sh',
    '(curl -O x) || sh own.sh',
    'case $A in a) curl x;; b) sh own.sh;; esac',
    'cat own.sh | sh',
    '# curl x | sh',
    'VERSION="$(curl -s https://x.example/version)"; make',
    'sh -c "echo version: $(curl -s https://x.example)"',
    'wget x -O /tmp/a.sh && bash /tmp/a.sh',
  ])('%s is something else', (script) => {
    expect(findRemoteScript(script)).toBeUndefined();
  });
});

describe('hygiene.remote-add', () => {
  const layers = ['base', 'own'].map((text, index): Layer => {
    const blob = descriptorOf(text);
    return { index, blob, diffId: blob.digest };
  });
  const line = (createdBy: string, emptyLayer = false) => ({ createdBy, comment: '', emptyLayer });
  const piped = 'RUN /bin/sh -c curl https://x.example | sh # buildkit';
  const run = (history: ReturnType<typeof line>[], base?: number | 'unread') =>
    hygieneRemoteAdd
      .run(
        { ...imageOf({ history }), layers },
        {
          ...contextOf(),
          ...(base !== undefined && {
            base: {
              ...(base !== 'unread' && { match: { name: 'base', layers: base } }),
              unread: [],
            },
          }),
        },
      )
      .map(({ where, severity }) => `${where.field} ${severity}`);

  test('counts the steps of the image itself where its base is known', () => {
    const history = [line(piped), line('ENV A=b', true), line('USER 1', true), line(piped)];
    expect(run(history, 1)).toEqual(['history[3] medium']);
    expect(run(history, 2)).toEqual([]);
  });

  test('counts a step without a layer as its own as soon as the base is whole', () => {
    const history = [line(piped, true), line('COPY a b'), line(piped, true), line('COPY c d')];
    expect(run(history, 1)).toEqual(['history[2] medium']);
  });

  test('counts all of them, and less, where none is known; all where the history does not tell its layers', () => {
    expect(run([line(piped), line(piped)])).toEqual(['history[0] low', 'history[1] low']);
    expect(run([line(piped), line(piped), line(piped)], 1)).toHaveLength(3);
  });

  test('makes light of none because a base that the policy approves could not be found', () => {
    expect(run([line(piped), line('COPY a b')], 'unread')).toEqual(['history[0] medium']);
  });

  test('reads no step that would fill the memory, and says so', () => {
    const long = `RUN /bin/sh -c ${'a b|'.repeat(70_000)} # buildkit`;
    expect(() => run([line(long)])).toThrow(expect.objectContaining({ code: 'LIMIT_EXCEEDED' }));
  });

  test('tells a few of very many steps, in little time', () => {
    const history = Array.from({ length: 50_000 }, (_, index) => line(`ADD https://x.example/${index} /`));
    const began = process.cpuUsage();
    expect(run(history).length).toBeLessThan(30);
    const { user, system } = process.cpuUsage(began);
    expect((user + system) / 1e6).toBeLessThan(5);
  });

  test('makes two findings of two scripts', () => {
    const other = piped.replace('x.example', 'y.example');
    const found = hygieneRemoteAdd.run(imageOf({ history: [line(piped), line(other)] }), contextOf());
    expect(new Set(found.map(({ fingerprint }) => fingerprint)).size).toBe(2);
  });

  test('finds what is added by its address, unless a commit pins it', () => {
    const add = (what: string) => run([line('COPY a b'), line(`ADD ${what} # buildkit`)], 1);
    expect(add('https://x.example/a.tgz /opt/')).toEqual(['history[1] low']);
    expect(add('--chmod=755 http://x.example/a /a')).toEqual(['history[1] medium']);
    expect(add('https://github.com/a/b.git#main /src')).toEqual(['history[1] low']);
    expect(add(`https://github.com/a/b.git#${'0a'.repeat(20)}:docs /src`)).toEqual([]);
    expect(add('rootfs.tar.xz /')).toEqual([]);
    expect(add('a.txt https://x.example/')).toEqual([]);
  });

  test('shows no secret in an address', () => {
    const secret = fakeToken('address');
    const found = hygieneRemoteAdd.run(
      imageOf({ history: [line(`ADD https://user:${secret}@x.example/a /a`)] }),
      contextOf(),
    );
    expect(found).toHaveLength(1);
    expect(JSON.stringify(found)).not.toContain(secret);
  });
});
