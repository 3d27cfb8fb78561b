import { gzipSync } from 'node:zlib';
import { configFor, digestOf, type HostileCase, type Line, TYPES } from './case.ts';
import { EVIL, GOOD, HEAD, manifestCase, type Parts, text } from './manifests.ts';
import { MARKER } from './tar-bytes.ts';

/** The fields of the one layer written twice or by other names. */
function inner(): readonly HostileCase[] {
  const layer = (line: (parts: Parts) => string) => (all: Parts) =>
    text(...HEAD, ['"config"', all.evilConfig], `"layers":[${line(all)}]`);
  const of = ({ mediaType, digest, size }: Line) =>
    text(['"mediaType"', mediaType], ['"digest"', digest], ['"size"', size]);
  const more = (name: string, note: string, field: (parts: Parts) => string) =>
    manifestCase(
      `layer-${name}`,
      note,
      layer((all) => `${of(all.evil).slice(0, -1)},${field(all)}}`),
    );
  return [
    more('digest-twice', 'two digests', ({ good }) => `"digest":"${good.digest}"`),
    more('digest-title', 'a digest in title case', ({ good }) => `"Digest":"${good.digest}"`),
    more('size-title', 'a size in title case', ({ good }) => `"Size":${good.size}`),
    more('size-long-s', 'a size with a long s', ({ good }) => `"\u017fize":${good.size}`),
    more('media-type-lower', 'a media type in lower case', () => '"mediatype":"application/x"'),
    more('urls-empty', 'an empty list of addresses', () => '"urls":[]'),
    more('urls-null', 'no list of addresses', () => '"urls":null'),
    more('urls-closed', 'an address where nobody answers', () => '"urls":["http://127.0.0.1:1/layer"]'),
    more('urls-file', 'an address in the filesystem', () => '"urls":["file:///etc/passwd"]'),
    more('urls-number', 'an address that is a number', () => '"urls":[1]'),
    more('data-right', 'the content inline', () => `"data":"${Buffer.from(EVIL).toString('base64')}"`),
    more('data-wrong', 'other content inline', () => `"data":"${Buffer.from(MARKER).toString('base64')}"`),
    more('data-not-base64', 'inline content that is none', () => '"data":"%%%"'),
    more('data-empty', 'empty content inline', () => '"data":""'),
    more('data-number', 'a number inline', () => '"data":5'),
    more('platform', 'a platform for a layer', () => '"platform":{"os":"windows","architecture":"amd64"}'),
    more('artifact-type', 'an artifact type for a layer', () => '"artifactType":"application/x"'),
    more('unknown-field', 'a field that nobody knows', () => '"what":{"ever":[1,2]}'),
    more('annotations-list', 'annotations as a list', () => '"annotations":[]'),
    more('annotations-number', 'an annotation that is a number', () => '"annotations":{"a":1}'),
    more('annotations-null', 'an annotation that is null', () => '"annotations":{"a":null}'),
    more('annotations-case', 'two annotations that differ by case', () => '"annotations":{"a":"1","A":"2"}'),
    more('annotations-twice', 'an annotation twice', () => '"annotations":{"a":"1","a":"2"}'),
    more('annotations-proto', 'an annotation named __proto__', () => '"annotations":{"__proto__":"x"}'),
    manifestCase('layer-null', 'null for a layer', ({ evil, evilConfig }) =>
      text(...HEAD, ['"config"', evilConfig], ['"layers"', [evil, null]]),
    ),
    manifestCase('layer-string', 'a string for a layer', ({ evilConfig, evil }) =>
      text(...HEAD, ['"config"', evilConfig], ['"layers"', [evil, 'x']]),
    ),
    manifestCase('layers-object', 'an object for the layers', ({ evilConfig, evil }) =>
      text(...HEAD, ['"config"', evilConfig], ['"layers"', { 0: evil }]),
    ),
    manifestCase('layers-null', 'null for the layers', ({ layout }) =>
      text(...HEAD, ['"config"', layout.put(configFor([]), TYPES.config)], ['"layers"', null]),
    ),
    manifestCase('layers-absent', 'no layers', ({ layout }) =>
      text(...HEAD, ['"config"', layout.put(configFor([]), TYPES.config)]),
    ),
    manifestCase('layers-empty', 'an empty list of layers', ({ layout }) =>
      text(...HEAD, ['"config"', layout.put(configFor([]), TYPES.config)], ['"layers"', []]),
    ),
  ];
}

const SIZES: Readonly<Record<string, string>> = {
  float: '2560.0',
  exponent: '256e1',
  negative: '-1',
  'minus-zero': '-0',
  string: '"2560"',
  null: 'null',
  true: 'true',
  list: '[2560]',
  '2-53-and-1': '9007199254740993',
  '2-63': '9223372036854775808',
  'leading-zero': '02560',
  plus: '+2560',
  hex: '0xa00',
};

const DIGESTS: Readonly<Record<string, (digest: string) => string>> = {
  'upper-case': (digest) => `sha256:${digest.slice(7).toUpperCase()}`,
  'upper-case-algorithm': (digest) => `SHA256:${digest.slice(7)}`,
  short: (digest) => digest.slice(0, -1),
  long: (digest) => `${digest}0`,
  empty: () => '',
  'no-algorithm': (digest) => digest.slice(7),
  'algorithm-only': () => 'sha256:',
  md5: () => `md5:${'0'.repeat(32)}`,
  'sha256-b64u': () => 'sha256+b64u:LCa0a2j_xo_5m0U8HTBBNBNCLXBkg7-g-YpeiGJm564',
  traversal: () => 'sha256:../../../../../../etc/passwd',
  slash: (digest) => digest.replace(':', '/'),
  space: (digest) => ` ${digest}`,
  newline: (digest) => `${digest}\n`,
  'two-algorithms': (digest) => `sha256:${digest}`,
  'full-width': (digest) => digest.replace(/\d/, (digit) => String.fromCharCode(0xff10 + Number(digit))),
};

function descriptors(): readonly HostileCase[] {
  const sized = Object.entries(SIZES).map(([name, size]) =>
    manifestCase(`size-${name}`, `a layer of size ${size}`, ({ evil, evilConfig }) =>
      text(
        ...HEAD,
        ['"config"', evilConfig],
        `"layers":[{"mediaType":"${evil.mediaType}","digest":"${evil.digest}","size":${size}}]`,
      ),
    ),
  );
  const digested = Object.entries(DIGESTS).map(([name, change]) =>
    manifestCase(`digest-${name}`, 'a digest that is none', ({ evil, evilConfig }) =>
      text(...HEAD, ['"config"', evilConfig], ['"layers"', [{ ...evil, digest: change(evil.digest ?? '') }]]),
    ),
  );
  const lie = (name: string, note: string, by: (size: number) => number) =>
    manifestCase(name, note, ({ evil, evilConfig }) =>
      text(...HEAD, ['"config"', evilConfig], ['"layers"', [{ ...evil, size: by(Number(evil.size)) }]]),
    );
  return [
    ...sized,
    ...digested,
    lie('size-one-less', 'a layer one byte larger than told', (size) => size - 1),
    lie('size-one-more', 'a layer one byte smaller than told', (size) => size + 1),
    lie('size-none', 'a layer of no bytes, as told', () => 0),
    manifestCase('size-absent', 'a layer without a size', ({ evil: { size: _, ...line }, evilConfig }) =>
      text(...HEAD, ['"config"', evilConfig], ['"layers"', [line]]),
    ),
    manifestCase(
      'digest-absent',
      'a layer without a digest',
      ({ evil: { digest: _, ...line }, evilConfig }) =>
        text(...HEAD, ['"config"', evilConfig], ['"layers"', [line]]),
    ),
    manifestCase('digest-missing-blob', 'a layer that is not there', ({ evil, evilConfig }) =>
      text(
        ...HEAD,
        ['"config"', evilConfig],
        ['"layers"', [{ ...evil, digest: `sha256:${'0'.repeat(64)}` }]],
      ),
    ),
    manifestCase(
      'digest-of-other-bytes',
      'a layer whose bytes are others',
      ({ layout, evil, evilConfig }) => {
        layout.putAt(String(evil.digest), GOOD);
        return text(...HEAD, ['"config"', evilConfig], ['"layers"', [evil]]);
      },
    ),
    manifestCase('digest-sha512', 'a layer by sha512', ({ layout, evilConfig }) =>
      text(...HEAD, ['"config"', evilConfig], ['"layers"', [layout.put(EVIL, TYPES.tar, 'sha512')]]),
    ),
    manifestCase('config-sha512', 'a configuration by sha512', ({ layout, evil }) =>
      text(
        ...HEAD,
        ['"config"', layout.put(configFor([digestOf(EVIL)]), TYPES.config, 'sha512')],
        ['"layers"', [evil]],
      ),
    ),
    manifestCase('config-size-lie', 'a configuration one byte larger than told', ({ evil, evilConfig }) =>
      text(...HEAD, ['"config"', { ...evilConfig, size: Number(evilConfig.size) - 1 }], ['"layers"', [evil]]),
    ),
    manifestCase('layer-twice', 'one layer twice', ({ layout, evil }) =>
      text(
        ...HEAD,
        ['"config"', layout.put(configFor([digestOf(EVIL), digestOf(EVIL)]), TYPES.config)],
        ['"layers"', [evil, evil]],
      ),
    ),
    manifestCase('layer-is-the-config', 'the configuration as a layer', ({ evilConfig }) =>
      text(...HEAD, ['"config"', evilConfig], ['"layers"', [{ ...evilConfig, mediaType: TYPES.tar }]]),
    ),
    manifestCase('layer-gzip-of-other-compression', 'a layer stored in two compressions', ({ layout }) =>
      text(
        ...HEAD,
        ['"config"', layout.put(configFor([digestOf(EVIL), digestOf(EVIL)]), TYPES.config)],
        ['"layers"', [layout.put(EVIL, TYPES.tar), layout.put(gzipSync(EVIL), TYPES.gzip)]],
      ),
    ),
  ];
}

export function descriptorCases(): readonly HostileCase[] {
  return [...inner(), ...descriptors()];
}
