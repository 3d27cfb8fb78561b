import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS } from '../../src/io/limits.ts';
import { createContentScanner } from '../../src/scan/content-scanner.ts';
import { makeRuleSet } from '../../src/scan/rule-set.ts';
import { makeClientIdRule } from '../../src/scan/rules/named/ids.ts';
import { alnum, hex, type NamedToken, namedTokens, uuid } from '../../src/scan/rules/named/named-token.ts';
import { makeServiceKeyRule } from '../../src/scan/rules/named/service-key.ts';
import { spellingSource, spellingsOf } from '../../src/scan/rules/named/spellings.ts';
import { checkNamedValue, checkServiceValue } from '../../src/scan/validators/named-value.ts';

const ROW: NamedToken = {
  id: 'harbourmaster-key',
  provider: 'Harbourmaster',
  names: ['harbourmaster'],
  alone: ['hbm_'],
  value: [hex(32)],
  source: 'made up',
};
const VALUE = hex(32).make('harbourmaster');

/** Whether a rule made of the row finds the value in the text. */
function finds(text: string, change: Partial<NamedToken> = {}): boolean {
  const scanner = createContentScanner(makeRuleSet(namedTokens([{ ...ROW, ...change }]), []), DEFAULT_LIMITS);
  scanner.begin({ path: 'srv/file' });
  scanner.write(Buffer.from(text));
  return scanner.end().length > 0;
}

describe('a token that its name tells', () => {
  it.each([
    `HARBOURMASTER_API_KEY=${VALUE}`,
    `export REACT_APP_HARBOURMASTER_TOKEN="${VALUE}"`,
    `"harbourmaster": { "region": "eu", "apiKey": "${VALUE}" }`,
    `harbourmaster:\n  token: ${VALUE}\n`,
    `harbourmaster.init('${VALUE}');`,
    `Harbourmaster::Client.new(api_key: '${VALUE}')`,
    `define('HARBOURMASTER_KEY', '${VALUE}');`,
    `<key>HarbourmasterToken</key>\n\t<string>${VALUE}</string>`,
    `<add key="harbourmaster.token" value="${VALUE}" />`,
    `- name: HARBOURMASTER_TOKEN\n  value: ${VALUE}\n`,
    `curl https://api.harbourmaster.example/v1/berths?api_key=${VALUE}`,
    `curl -H "X-Harbourmaster-Key: ${VALUE}"`,
    `curl https://harbourmaster.example -H 'Authorization: Bearer ${VALUE}'`,
    `process.env.HARBOURMASTER_KEY || '${VALUE}'`,
    `HBM_KEY=${VALUE}`,
  ])('is found in %s', (text) => {
    expect(finds(text)).toBe(true);
  });

  it.each([
    `HARBOURMASTER_COMMIT=${VALUE}`,
    `harbourmaster-1.2.tgz sha1 key: ${VALUE}`,
    `"dist/harbourmaster": "${VALUE}"`,
    `"harbourmaster.js": "${VALUE}"`,
    `HARBOURMASTER_KEY_ID=${VALUE}`,
    `harbourmasterTokenUrl: '${VALUE}'`,
    `harbourmaster public_key: ${VALUE}`,
    `HARBOURMASTER_KEY=${VALUE}00`,
    `HARBOURMASTER_KEY=sha256-${VALUE}`,
    `HARBOURMASTER_KEY=${VALUE}.txt`,
    `harbourmaster ${'and so on '.repeat(12)} key=${VALUE}`,
    `SHBM_KEY=${VALUE}`,
    `key=${VALUE}`,
  ])('is not seen in %s', (text) => {
    expect(finds(text)).toBe(false);
  });

  it('needs a word like key where the shape is that of an id', () => {
    const id = uuid().make('harbourmaster');
    expect(finds(`harbourmaster: ${id}`, { value: [uuid()], keyed: true })).toBe(false);
    expect(finds(`harbourmaster: ${id}`, { value: [uuid()] })).toBe(true);
    expect(finds(`harbourmaster_key: ${id}`, { value: [uuid()], keyed: true })).toBe(true);
  });

  it('may stand where only this service puts it', () => {
    const text = `https://berths.harbourmaster.example/v3/${VALUE}/quays`;
    expect(finds(text)).toBe(false);
    expect(finds(text, { between: '[.]example/v3/' })).toBe(true);
  });
});

describe('the spellings of a name', () => {
  it.each([
    ['harbour_master', ['harbour-master', 'harbour.master', 'harbour master', 'harbourmaster']],
    ['hbm_', ['hbm-', 'hbmapi', 'hbmclient', 'hbmtoken']],
    ['berths.io', ['berths.io', 'berthsio']],
  ])('of %s hold those of settings and programs', (name, spellings) => {
    expect(spellingsOf(name)).toEqual(expect.arrayContaining([name, ...spellings]));
  });

  it('begin with what the expression for the name matches, and have the 4 bytes that a keyword needs', () => {
    for (const name of ['harbour_master', 'hbm_', 'berths.io', 'ab_', 'x-hbm-key']) {
      const form = new RegExp(`^${spellingSource(name)}`, 'i');
      for (const spelling of spellingsOf(name)) {
        expect(spelling, name).toMatch(form);
        expect(spelling.length).toBeGreaterThanOrEqual(4);
      }
    }
  });

  it.each([
    `HARBOUR-MASTER-KEY: ${VALUE}`,
    `harbourMasterApiKey = "${VALUE}"`,
    `harbour.master.token=${VALUE}`,
    `Harbour Master API key: ${VALUE}`,
  ])('are all found: %s', (text) => {
    expect(finds(text, { names: ['harbour_master'], alone: [] })).toBe(true);
  });
});

/** Rules of the names in the text that are found, where a service is known and the form of its keys is not. */
function hints(text: string): string[] {
  const known = namedTokens([{ ...ROW, value: [uuid()] }]);
  const rules = [makeServiceKeyRule(known), makeClientIdRule(known)];
  const scanner = createContentScanner(makeRuleSet(rules, []), DEFAULT_LIMITS);
  scanner.begin({ path: 'srv/file' });
  scanner.write(Buffer.from(text));
  return scanner.end().map(({ rule, confidence }) => `${rule} ${confidence}`);
}

describe('a key of a known service in a form that is not known', () => {
  it.each([
    'HARBOURMASTER_API_KEY=1234567890abcdef1234567890abcdef',
    'harbourmaster:\n  token: "hm-abc123def456ghi789jkl012"',
    `harbourmaster_secret = ${alnum(20).make('a')}:${alnum(24).make('b')}`,
    `harbourmaster = '${hex(40).make('c')}'`,
  ])('is a mere hint: %j', (text) => {
    expect(hints(text)).toEqual(['secrets.service-key low']);
  });

  it.each([
    'HARBOURMASTER_API_KEY=your-harbourmaster-key-12',
    `HARBOURMASTER_API_KEY=${'x'.repeat(32)}`,
    'HARBOURMASTER_API_KEY=abcdefghijklmnopqrstuvwxyz',
    'HARBOURMASTER_TOKEN_KIND: exchangeHarbourV3TokenOfUser',
    'harbourmaster_token: HARBOUR_TOKEN_OF_EC2_AND_SO_ON',
    'harbourmaster.token = src/lib/harbourmaster/token/v2.1',
    `harbourmaster_commit = '${hex(40).make('d')}'`,
  ])('is not seen in %j', (text) => {
    expect(hints(text)).toEqual([]);
  });

  it('is told from the open half of a pair', () => {
    expect(hints('HARBOURMASTER_CLIENT_ID=q7Vn2xKd81LmT4sW')).toEqual(['secrets.client-id low']);
    expect(hints('HARBOURMASTER_RUN_ID=q7Vn2xKd81LmT4sW')).toEqual([]);
  });

  it('is judged without fault, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(['plausible', 'refuted']).toContain(checkServiceValue(text));
      }),
    );
  });
});

describe('checkNamedValue', () => {
  it.each([
    'getAccessTokenForUser12',
    'some-long-name-of-a-setting-2',
    'SOME_LONG_NAME_OF_A_SETTING',
    'your_api_key_from_the_site_1',
    '0000000000000000000000000000000a',
    'abcabcabcabcabcabcabcabcabcabc12',
    'OnlyLettersAreInThisOneHere',
  ])('refutes %s', (value) => {
    expect(checkNamedValue(value)).toBe('refuted');
  });

  it('spares what is drawn at random, of whatever letters', () => {
    fc.assert(
      fc.property(fc.string(), (seed) => {
        expect(checkNamedValue(hex(32).make(seed))).toBe('plausible');
        expect(checkNamedValue(uuid().make(seed))).toBe('plausible');
        const value = `${alnum(40).make(seed)}7`;
        fc.pre(!/your|xxxx/i.test(value)); // which chance draws as well, once in a long while
        expect(checkNamedValue(value)).toBe('plausible');
      }),
    );
  });
});
