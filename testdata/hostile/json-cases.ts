import type { HostileCase } from './case.ts';
import { HEAD, manifestCase, type Parts, text } from './manifests.ts';

/** A good manifest with a key of it written a second time, by another name or the same. */
function keys(): readonly HostileCase[] {
  const twice = (name: string, note: string, config: string, layers: string) => [
    manifestCase(`${name}-after`, `${note}, behind`, ({ good, evil, goodConfig, evilConfig }) =>
      text(...HEAD, ['"config"', goodConfig], ['"layers"', [good]], [config, evilConfig], [layers, [evil]]),
    ),
    manifestCase(`${name}-before`, `${note}, in front`, ({ good, evil, goodConfig, evilConfig }) =>
      text(...HEAD, [config, evilConfig], [layers, [evil]], ['"config"', goodConfig], ['"layers"', [good]]),
    ),
    manifestCase(`${name}-alone`, `${note}, alone`, ({ evil, evilConfig }) =>
      text(...HEAD, [config, evilConfig], [layers, [evil]]),
    ),
  ];
  return [
    ...twice('keys-same', 'the same keys', '"config"', '"layers"'),
    ...twice('keys-title', 'keys in title case', '"Config"', '"Layers"'),
    ...twice('keys-upper', 'keys in upper case', '"CONFIG"', '"LAYERS"'),
    ...twice('keys-long-s', 'keys with a long s', '"config"', '"layer\u017f"'),
    ...twice('keys-escaped', 'keys with an escape', '"\\u0063onfig"', '"layer\\u0073"'),
    ...twice('keys-space', 'keys with a space', '"config "', '"layers "'),
    ...twice('keys-nul', 'keys with a NUL', '"config\\u0000"', '"layers\\u0000"'),
    ...twice('keys-dotless-i', 'keys with a dotless i', '"conf\u0131g"', '"layers"'),
  ];
}

/** Text around or inside a manifest that some readers take and some do not. */
function texts(): readonly HostileCase[] {
  const plain = ({ evil, evilConfig }: Parts) =>
    text(...HEAD, ['"config"', evilConfig], ['"layers"', [evil]]);
  const around = (name: string, note: string, change: (text: string) => string | Uint8Array) =>
    manifestCase(`text-${name}`, note, (all) => change(plain(all)));
  const withField = (name: string, note: string, field: string | Uint8Array) =>
    around(name, note, (body) =>
      Buffer.concat([
        Buffer.from(body.slice(0, -1)),
        Buffer.from(','),
        Buffer.from(field as string),
        Buffer.from('}'),
      ]),
    );
  return [
    around('bom', 'a byte order mark', (body) => `\ufeff${body}`),
    around('bom-utf16', 'UTF-16', (body) => Buffer.from(`\ufeff${body}`, 'utf16le')),
    around('trailing-space', 'space behind', (body) => `${body} \n\t\r`),
    around('trailing-brace', 'a brace behind', (body) => `${body}}`),
    around('trailing-document', 'a second document behind', (body) => `${body}${body}`),
    around('trailing-nul', 'a NUL behind', (body) => `${body}\0`),
    around('leading-space', 'space in front', (body) => ` \n${body}`),
    around('leading-form-feed', 'a form feed in front', (body) => `\f${body}`),
    around('leading-no-break-space', 'a no-break space in front', (body) => `\u00a0${body}`),
    around('comment', 'a comment', (body) => `/* x */${body}`),
    around('cut', 'cut off', (body) => body.slice(0, -1)),
    around('empty', 'nothing', () => ''),
    around('null', 'null', () => 'null'),
    around('list', 'a list', (body) => `[${body}]`),
    around('string', 'a string', (body) => JSON.stringify(body)),
    around('single-quotes', 'single quotes', (body) => body.replaceAll('"', "'")),
    withField('trailing-comma', 'a comma before the end', ''),
    withField('nan', 'a number that is none', '"x":NaN'),
    withField('invalid-utf8', 'bytes that are not UTF-8', Buffer.from('"x":"\xff"', 'latin1')),
    withField('invalid-utf8-key', 'a key that is not UTF-8', Buffer.from('"x\xff":"y"', 'latin1')),
    withField('overlong-utf8', 'an overlong sequence', Buffer.from('"x":"\xc0\xaf"', 'latin1')),
    withField('utf8-surrogate', 'a surrogate as UTF-8', Buffer.from('"x":"\xed\xa0\x80"', 'latin1')),
    withField('half-surrogate', 'half a pair', '"x":"\\ud800"'),
    withField('half-surrogate-key', 'half a pair in a key', '"\\udc00":1'),
    withField('whole-surrogate', 'a whole pair', '"x":"\\ud83d\\ude00"'),
    withField('raw-newline', 'a raw line end in a string', '"x":"a\nb"'),
    withField('raw-tab', 'a raw tab in a string', '"x":"a\tb"'),
    withField('bad-escape', 'an escape that there is not', '"x":"\\x41"'),
    withField('del', 'a raw DEL in a string', '"x":"a\x7fb"'),
    withField('proto', 'a key named __proto__', '"__proto__":{"layers":[]}'),
    withField('constructor', 'a key named constructor', '"constructor":{"prototype":{}}'),
    withField('depth-90', '90 levels', `"x":${'['.repeat(88)}${']'.repeat(88)}`),
    withField('depth-500', '500 levels', `"x":${'['.repeat(500)}${']'.repeat(500)}`),
    withField('depth-20000', '20,000 levels', `"x":${'['.repeat(20_000)}${']'.repeat(20_000)}`),
    withField('huge-number', 'a number of 400 digits', `"x":1${'0'.repeat(400)}`),
    withField('huge-exponent', 'a number past all doubles', '"x":1e999'),
    withField('unknown-same-twice', 'a key that nobody knows, twice', '"x":1,"x":2'),
    withField('unknown-case-pair', 'two keys that nobody knows and differ by case', '"x":1,"X":2'),
    withField('inner-case-pair', 'the same, deeper', '"x":{"y":1,"Y":2}'),
  ];
}

export function jsonCases(): readonly HostileCase[] {
  return [...keys(), ...texts()];
}
