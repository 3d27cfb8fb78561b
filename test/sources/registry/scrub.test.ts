import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PratiqueError } from '../../../src/errors.ts';
import { MEDIA } from '../../../src/model/media-type.ts';
import { pushBlob, pushManifest } from '../../../src/sources/registry/push.ts';
import { scrubFault, scrubText } from '../../../src/sources/registry/scrub.ts';
import type { Recorded, Reply } from '../../support/scripted-server.ts';
import {
  basic,
  behindPassword,
  behindToken,
  faultOf,
  listed,
  logins,
  manifestReply,
  open,
  serverStarter,
  serving,
  testImage,
  testOptions,
} from './fixtures.ts';

const start = serverStarter();
const USER = 'alice';
const PASSWORD = ['correct', 'horse', 'battery'].join('-');
const TOKEN = ['ey', 'Jhb', 'Gci', 'OiJub25l', 'IiwidHlwIjoi', 'SldUIn0'].join('');
const PAIR = basic(USER, PASSWORD).slice('Basic '.length);
const IMAGE = testImage();

/** Everything that a fault says, in its parts, its causes and their traces. */
function wordsOf(fault: unknown): string {
  const texts: string[] = [];
  for (let next = fault; next instanceof Error; next = next.cause) {
    texts.push(next.message, next.stack ?? '', JSON.stringify(next));
    if (next instanceof PratiqueError) texts.push(...Object.values(next.problem));
  }
  return texts.join('\n');
}

/** Whether a text holds eight letters in a row of a secret. */
function holds(text: string, secret: string): boolean {
  for (let at = 0; at + 8 <= secret.length; at += 1)
    if (text.toLowerCase().includes(secret.slice(at, at + 8).toLowerCase())) return true;
  return false;
}

const said = ({ headers }: Recorded): string => headers.authorization ?? '';
const word = (request: Recorded): string => said(request).replace(/^\S+ /, '');
const manifest = manifestReply(IMAGE.manifest);
const withHeader = (name: string, value: string, status = 200): Reply => ({
  ...manifest,
  status,
  headers: { ...manifest.headers, [name]: value },
});
const json = (text: string, type: string = MEDIA.ociManifest): Reply => ({
  headers: { 'content-type': type },
  body: text,
});

/** Places where a server can put what it was sent, in an answer to a request for a manifest. */
const ECHOES: Readonly<Record<string, (request: Recorded) => Reply>> = {
  'content-type': (request) => withHeader('content-type', said(request)),
  'content-type, in the middle': (request) => withHeader('content-type', `application/${word(request)}`),
  'docker-content-digest': (request) => withHeader('docker-content-digest', said(request)),
  'content-encoding': (request) => withHeader('content-encoding', said(request)),
  'retry-after': (request) => withHeader('retry-after', said(request), 429),
  'ratelimit-remaining': (request) => withHeader('ratelimit-remaining', word(request), 429),
  location: (request) => ({
    status: 302,
    headers: { location: `http://${word(request).slice(0, 40)}.test/` },
  }),
  'a key that is there twice': (request) => json(`{"${said(request)}":1,"${said(request)}":2}`),
  'the media type of the body': (request) =>
    json(JSON.stringify({ schemaVersion: 2, mediaType: said(request) })),
  'the media type of a layer of an index': (request) =>
    json(
      JSON.stringify({
        schemaVersion: 2,
        manifests: [{ mediaType: word(request), digest: IMAGE.manifest.descriptor.digest, size: 3 }],
      }),
      MEDIA.ociIndex,
    ),
  'a digest': (request) =>
    json(JSON.stringify({ schemaVersion: 2, config: { mediaType: 'a', digest: word(request), size: 1 } })),
  'an error': (request) => ({
    status: 500,
    body: JSON.stringify({ errors: [{ code: 'BAD', message: `${word(request)}` }] }),
  }),
};

describe.each([
  ['a password', () => ({}) as Record<string, string>],
  ['a token', () => ({ realm: 'yes' }) as Record<string, string>],
])('%s that a registry sends back', (_, how) => {
  async function registryThat(answers: (request: Recorded) => Reply | undefined) {
    const registry = await start();
    if (how()['realm'] === undefined) registry.script = behindPassword(USER, PASSWORD, answers);
    else {
      const realm = await start(() => ({ body: JSON.stringify({ token: TOKEN }) }));
      registry.script = behindToken(`${realm.url}/token`, answers, TOKEN);
    }
    return registry;
  }

  function requireClean(text: string): void {
    for (const secret of [PASSWORD, PAIR, TOKEN]) expect([text, holds(text, secret)]).toEqual([text, false]);
  }

  test.each(Object.keys(ECHOES))('as %s is in no fault', async (place) => {
    const registry = await registryThat((request) => ECHOES[place]?.(request));
    const env = logins({ [registry.host]: [USER, PASSWORD] });
    const source = open(registry.host, { env });
    const work = [
      source.resolve(),
      source.manifest(IMAGE.manifest.descriptor),
      listed(source.blob(IMAGE.layer.descriptor)),
      listed(source.referrers(IMAGE.manifest.descriptor)),
      source.companion(IMAGE.manifest.descriptor, 'sig'),
      pushManifest(source.session, IMAGE.manifest.bytes, MEDIA.ociManifest, '1'),
      pushBlob(source.session, IMAGE.layer.descriptor, IMAGE.layer.bytes),
    ];
    const ended = await Promise.allSettled(work);
    expect(ended[0]?.status).toBe('rejected');
    for (const one of ended) if (one.status === 'rejected') requireClean(wordsOf(one.reason));
    expect(
      registry.requests.some((request) => holds(said(request), PAIR) || holds(said(request), TOKEN)),
    ).toBe(true);
  });

  test('as a warning is not handed on', async () => {
    const registry = await registryThat((request) => {
      const reply = serving(IMAGE)(request);
      const warning = `299 - "you sent ${said(request)} and ${word(request).toUpperCase()}"`;
      return reply && { ...reply, headers: { ...reply.headers, warning } };
    });
    const warnings: string[] = [];
    const env = logins({ [registry.host]: [USER, PASSWORD] });
    await open(registry.host, { env, warn: (text) => warnings.push(text) }).resolve();
    expect(warnings.join()).toContain('you sent');
    requireClean(warnings.join());
  });

  test('while something is attached is in no fault', async () => {
    const registry = await registryThat((request) => withHeader('docker-content-digest', said(request), 201));
    const env = logins({ [registry.host]: [USER, PASSWORD] });
    const attachment = {
      artifactType: 'application/vnd.example',
      mediaType: 'text/plain',
      content: Buffer.from('x'),
      annotations: {},
    };
    const source = open(registry.host, { ...testOptions(), env });
    requireClean(wordsOf(await faultOf(source.attach(IMAGE.manifest.descriptor, attachment))));
  });
});

describe('taking secrets out', () => {
  test('leaves what holds none as it is', () => {
    const fault = new PratiqueError('NETWORK', { what: 'a', why: 'b' }, { cause: new Error('c') });
    expect(scrubFault(fault, new Set([PASSWORD]))).toBe(fault);
    expect(scrubText('the registry answered 404', [PASSWORD])).toBe('the registry answered 404');
  });

  test('keeps code, parts and the code of causes', () => {
    const cause = Object.assign(new Error(`x ${PASSWORD}`), { code: 'ECONNRESET', data: PASSWORD });
    const fault = new PratiqueError('NETWORK', { what: 'a', why: PASSWORD, next: 'wait' }, { cause });
    const clean = scrubFault(fault, new Set([PASSWORD]));
    expect(clean).toMatchObject({
      code: 'NETWORK',
      problem: { what: 'a', why: '…', next: 'wait' },
      cause: { message: 'x …', code: 'ECONNRESET' },
    });
    expect(wordsOf(clean)).not.toContain(PASSWORD);
  });

  test('finds a secret in any text, cut at any place, in any case', () => {
    const letters = fc.string({ minLength: 8, maxLength: 60 });
    fc.assert(
      fc.property(letters, letters, letters, fc.nat(), fc.boolean(), (before, secret, after, cut, upper) => {
        const part = secret.slice(0, 8 + (cut % (secret.length - 7)));
        const text = `${before}${upper ? part.toUpperCase() : part}${after}`;
        expect(holds(scrubText(text, [secret]), secret)).toBe(false);
      }),
    );
  });
});
