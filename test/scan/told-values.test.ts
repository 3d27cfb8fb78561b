import { describe, expect, it } from 'vitest';
import { BASE62, HEX, join, LOWER_ALNUM, sample } from '../../src/scan/rules/sample.ts';
import { checkLoginLine, checkLoginPassword } from '../../src/scan/validators/login.ts';
import { checkServiceValue } from '../../src/scan/validators/named-value.ts';
import { isBlank, isPlaceholder } from '../../src/scan/validators/placeholder.ts';
import { isRandomValue } from '../../src/scan/validators/random-value.ts';
import { makeScanner, scanText } from './scan-text.ts';

const scanner = makeScanner();
const ALPHABET = 'AbCdEfGhIjKlMnOpQrStUvWxYz1234567890ABCDEFG';

function found(text: string): string[] {
  return scanText(scanner, text, { path: 'srv/app/notes.txt' }).map(
    ({ rule, confidence }) => `${rule} ${confidence}`,
  );
}

describe('a token whose form is its own', () => {
  const key = (body: string) => join('SWM', 'KEY-1-', body);

  it('is a hint where the alphabet fills it, and none where it says so', () => {
    expect(found(`docker swarm unlock --key ${key(ALPHABET)}`)).toEqual(['secrets.swarm-token low']);
    expect(found(`docker swarm unlock --key ${key('x'.repeat(43))}`)).toEqual([]);
  });

  it('is a placeholder for its row of letters alone, but not blank', () => {
    expect([isPlaceholder(ALPHABET), isBlank(ALPHABET)]).toEqual([true, false]);
    expect([isPlaceholder('your-key'), isBlank('your-key')]).toEqual([true, true]);
  });

  it('is judged by itself and not by the ids beside it', () => {
    const address = `https://hooks.slack.com/triggers/T00EXAMPLE1/1234567890123/${sample(HEX, 32, 'trigger')}`;
    expect(found(address)).toEqual(['secrets.slack-webhook high']);
  });
});

describe('a value that is named', () => {
  it('is random though it has letters of one case in a row, if it is long enough', () => {
    expect(isRandomValue(sample(`${LOWER_ALNUM.slice(10)}234567`, 52, 'base32'))).toBe(true);
    expect(isRandomValue('thisisnotarandomvaluebutasentencewithoutanyblank1234')).toBe(false);
    expect(isRandomValue('a'.repeat(30) + sample(LOWER_ALNUM, 16, 'few'))).toBe(false);
  });

  it('is none where one letter stands in it again and again', () => {
    expect(checkServiceValue('kq7ZZZZZZZZm2p4v9r1')).toBe('refuted');
    expect(checkServiceValue('kq7Zb4xTcWm2p4v9r1')).toBe('plausible');
  });

  it('is found below its heading', () => {
    expect(found(`API Secret\n${sample(HEX, 32, 'heading')}\n`)).toEqual(['secrets.headed-key low']);
  });

  it('is none of a service that makes its keys in another form', () => {
    const value = sample(HEX, 32, 'other form');
    expect(found(`TWITCH_STREAM_KEY="${value}"`)).toEqual([]);
    expect(found(`PARTICLE_TOKEN="${value}"`)).not.toEqual([]);
  });
});

describe('a login in two lines', () => {
  it('is a hint, whatever the password', () => {
    expect(found("user = 'gate'\npassword = 'open sesame'\n")).toEqual(['secrets.login-lines low']);
  });

  it('is none where the password is a member, a type or a stand-in', () => {
    for (const text of ['url.password', 'ResultOfPattern', 'password', '$PASSWORD'])
      expect(checkLoginLine(text), text).toBe('refuted');
    expect(checkLoginLine(`pier ${sample(BASE62, 6, 'pier')}7`)).toBe('plausible');
  });

  it('is a hint for the phrases that samples use, and none for names like them', () => {
    expect(checkLoginPassword('open_sesame')).toBe('doubtful');
    expect(checkLoginPassword('my_password')).toBe('refuted');
  });
});

describe('the address of a webhook', () => {
  const id = sample(LOWER_ALNUM, 26, 'hook');

  it('stands behind a host, and not in the name of a file', () => {
    expect(found(`https://chat.harbour.test:8065/hooks/${id}\n`)).toEqual([
      'secrets.mattermost-webhook medium',
    ]);
    expect(found(`from "../lib/hooks/${id}"`)).toEqual([]);
    expect(found(`https://example.com/hooks/${id}`)).toEqual([]);
  });
});
