import type { LookupAddress, LookupOptions } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { describe, expect, test } from 'vitest';
import { AddressGuard, classifyAddress } from '../../../src/sources/registry/addresses.ts';

const EXAMPLES = {
  public: [
    '93.184.216.34',
    '8.8.8.8',
    '172.32.0.1',
    '2606:4700::1',
    '64:ff9b::808:808',
    '::ffff:8.8.8.8',
    '100.128.0.1',
  ],
  private: [
    '10.1.2.3',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.0.1',
    '100.64.0.1',
    'fd12::1',
    '::ffff:10.0.0.1',
    '64:ff9b::a00:1',
  ],
  loopback: ['127.0.0.1', '127.255.255.255', '::1', '::ffff:127.0.0.1', '64:ff9b::7f00:1'],
  never: [
    '0.0.0.0',
    '169.254.169.254',
    '100.100.100.200',
    '168.63.129.16',
    '192.0.0.192',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::ffff:0.0.0.0',
    '::ffff:169.254.169.254',
    '64:ff9b::a9fe:a9fe',
    'fe80::1',
    'fe80::1%eth0',
    'fd00:ec2::254',
    'ff02::1',
    '2002:7f00:1::',
    '64:ff9b:1::1',
    '::7f00:1',
    'not an address',
    '',
  ],
} as const;

for (const [kind, addresses] of Object.entries(EXAMPLES)) {
  test(`these addresses are ${kind}`, () => {
    expect(addresses.map((address) => [address, classifyAddress(address)])).toEqual(
      addresses.map((address) => [address, kind]),
    );
  });
}

function resolver(table: Readonly<Record<string, readonly string[]>>): LookupFunction {
  return (name, _options, done) => {
    const found = table[name];
    if (found === undefined) return done(Object.assign(new Error('no such name'), { code: 'ENOTFOUND' }), []);
    done(
      null,
      found.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );
  };
}

function look(guard: AddressGuard, name: string, options: LookupOptions = { all: true }) {
  return new Promise<string | LookupAddress[]>((resolve, reject) =>
    guard.lookup(name, options, (error, found) => (error === null ? resolve(found) : reject(error))),
  );
}

describe('the guard of a registry', () => {
  const inside = {
    'registry.corp': ['10.0.0.5'],
    'store.corp': ['10.0.0.6'],
    'cdn.example': ['93.184.216.34'],
  };

  test('in a private network lets it send to its neighbours and to public hosts', async () => {
    const guard = new AddressGuard('registry.corp', resolver(inside));
    await look(guard, 'registry.corp');
    expect(await look(guard, 'store.corp')).toEqual([{ address: '10.0.0.6', family: 4 }]);
    expect(await look(guard, 'cdn.example')).toHaveLength(1);
    expect(() => guard.check(new URL('http://192.168.7.7/'))).not.toThrow();
  });

  test('in a private network does not let it send to this machine or to metadata', async () => {
    const guard = new AddressGuard(
      '10.0.0.5',
      resolver({ 'x.corp': ['127.0.0.1'], 'y.corp': ['169.254.169.254'] }),
    );
    await expect(look(guard, 'x.corp')).rejects.toMatchObject({ code: 'REDIRECT_REFUSED' });
    await expect(look(guard, 'y.corp')).rejects.toMatchObject({ code: 'REDIRECT_REFUSED' });
    expect(() => guard.check(new URL('http://[::1]/'))).toThrow();
  });

  test('on the internet does not let it send inside', async () => {
    const guard = new AddressGuard(
      'registry.example',
      resolver({ ...inside, 'registry.example': ['8.8.8.8'] }),
    );
    await look(guard, 'registry.example');
    await expect(look(guard, 'store.corp')).rejects.toMatchObject({ code: 'REDIRECT_REFUSED' });
    expect(() => guard.check(new URL('http://10.0.0.5/'))).toThrow();
  });

  test('with one address inside and one outside counts as outside', async () => {
    const guard = new AddressGuard(
      'both.example',
      resolver({ ...inside, 'both.example': ['10.0.0.5', '8.8.8.8'] }),
    );
    expect(await look(guard, 'both.example')).toHaveLength(2);
    await expect(look(guard, 'store.corp')).rejects.toMatchObject({ code: 'REDIRECT_REFUSED' });
  });

  test('cannot move inside by a second answer of its name server (DNS rebinding)', async () => {
    const table: Record<string, readonly string[]> = { 'evil.example': ['8.8.8.8'], ...inside };
    const guard = new AddressGuard('evil.example', resolver(table));
    await look(guard, 'evil.example');
    table['evil.example'] = ['10.0.0.5'];
    await look(guard, 'evil.example');
    await expect(look(guard, 'store.corp')).rejects.toMatchObject({ code: 'REDIRECT_REFUSED' });
  });

  test('at a link-local address, as a person named it, is reached, and nothing else there', () => {
    const guard = new AddressGuard('169.254.1.1');
    expect(() => guard.check(new URL('http://169.254.1.1/'))).not.toThrow();
    expect(() => guard.check(new URL('http://169.254.169.254/'))).toThrow();
  });

  test('answers a question for one address with one, and passes faults on', async () => {
    const guard = new AddressGuard('registry.corp', resolver(inside));
    expect(await look(guard, 'cdn.example', {})).toBe('93.184.216.34');
    await expect(look(guard, 'unknown.example')).rejects.toMatchObject({ code: 'ENOTFOUND' });
  });
});
