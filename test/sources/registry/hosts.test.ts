import { describe, expect, test } from 'vitest';
import { endpointOf } from '../../../src/sources/registry/hosts.ts';
import { isExempt, proxyFor } from '../../../src/sources/registry/proxies.ts';
import { mayHaveCredentials, readRealm } from '../../../src/sources/registry/realm.ts';
import { keyOf, scopesFor } from '../../../src/sources/registry/scope.ts';
import { faultOf } from './fixtures.ts';

describe('the endpoint of a registry', () => {
  test('of Docker Hub is not at its name', () => {
    expect(endpointOf('docker.io')).toMatchObject({
      host: 'registry-1.docker.io',
      scheme: 'https',
      loopback: false,
    });
  });

  test('is https, except on this machine and where it is named', () => {
    const schemes = (names: readonly string[], insecure: readonly string[] = []) =>
      names.map((name) => endpointOf(name, insecure).scheme);
    const elsewhere = [
      'ghcr.io',
      '10.0.0.1:5000',
      'registry.local',
      '192.168.1.1',
      'localhost.example',
      '128.0.0.1',
    ];
    expect(new Set(schemes(elsewhere))).toEqual(new Set(['https']));
    expect(
      new Set(
        schemes(['localhost', 'localhost:5000', 'a.localhost', '127.0.0.1', '127.9.9.9:1', '[::1]:5000']),
      ),
    ).toEqual(new Set(['either']));
    expect(
      schemes(['registry.corp:5000', 'registry.corp', 'xregistry.corp:5000'], ['registry.corp:5000']),
    ).toEqual(['http', 'https', 'https']);
  });

  test('is named as insecure in any way to write the same host, and in no other', () => {
    const scheme = (named: string) => endpointOf('registry.corp', [named]).scheme;
    expect(['registry.corp:443', 'Registry.Corp', 'REGISTRY.corp:0443'].map(scheme)).toEqual(
      Array.from({ length: 3 }, () => 'http'),
    );
    for (const other of [
      'registry.corp:80',
      'registry.cor',
      'x.registry.corp',
      '*.corp',
      '*',
      'http://registry.corp',
      'x@registry.corp',
      '',
    ])
      expect([other, scheme(other)]).toEqual([other, 'https']);
    expect(endpointOf('10.0.0.1:5000', ['10.1:5000']).scheme).toBe('http');
    expect(endpointOf('[fd00::1]:5000', ['[fd00:0::1]:5000']).scheme).toBe('http');
  });

  test('is a host and nothing more', () => {
    for (const name of ['a/b', 'user@host', 'host?x', '', 'a b', 'host:99999'])
      expect(() => endpointOf(name)).toThrow(expect.objectContaining({ code: 'REFERENCE_INVALID' }));
  });
});

describe('a token server may have the credentials of a registry', () => {
  const may = (realm: string, registry: string, allowed: readonly string[] = []) =>
    mayHaveCredentials(new URL(realm), endpointOf(registry), allowed);

  test('if it is the same host and port, or known to be its own', () => {
    expect(may('https://ghcr.io/token', 'ghcr.io')).toBe(true);
    expect(may('https://ghcr.io:443/token', 'ghcr.io')).toBe(true);
    expect(may('https://auth.docker.io/token', 'docker.io')).toBe(true);
    expect(may('https://gitlab.com/jwt/auth', 'registry.gitlab.com')).toBe(true);
    expect(may('https://login.microsoftonline.com/x', 'acme.azurecr.io')).toBe(true);
    expect(may('https://oauth2.googleapis.com/token', 'europe-docker.pkg.dev')).toBe(true);
  });

  test('on this machine at any port of the same name', () => {
    expect(may('http://127.0.0.1:5001/token', '127.0.0.1:5000')).toBe(true);
    expect(may('http://localhost:5001/token', '127.0.0.1:5000')).toBe(false);
    expect(may('https://registry.corp:5001/token', 'registry.corp:5000')).toBe(false);
  });

  test('if the caller names it, in any way to write the same host', () => {
    const named = (realm: string, ...allowed: string[]) => may(realm, 'registry.example', allowed);
    expect(named('https://auth.example/token', 'auth.example:443')).toBe(true);
    expect(named('https://auth.example/token', 'Auth.Example')).toBe(true);
    expect(named('https://auth.example:8443/token', 'auth.example')).toBe(true);
    expect(named('http://auth.example/token', 'auth.example:80')).toBe(true);
    expect(named('https://10.0.0.1:1/token', '10.1:1')).toBe(true);
    expect(named('https://auth.example:8443/token', 'auth.example:443')).toBe(false);
    expect(named('http://auth.example/token', 'auth.example:443')).toBe(false);
    for (const other of [
      'uth.example',
      'example',
      '*.example',
      'x@auth.example',
      'auth.example/',
      'https://auth.example',
      '',
    ])
      expect([other, named('https://auth.example/token', other)]).toEqual([other, false]);
  });

  test('not if it only looks near', () => {
    for (const [realm, registry] of [
      ['https://evil-auth.docker.io/token', 'docker.io'],
      ['https://auth.docker.io.evil.example/token', 'docker.io'],
      ['https://auth.docker.io:444/token', 'docker.io'],
      ['http://auth.docker.io/token', 'docker.io'],
      ['https://auth.docker.io/token', 'evil.example'],
      ['https://auth.registry.example/token', 'registry.example'],
      ['https://registry.example/token', 'auth.registry.example'],
      ['https://b.azurecr.io/token', 'a.azurecr.io'],
      ['https://login.microsoftonline.com/x', 'azurecr.io.evil.example'],
      ['https://login.microsoftonline.com/x', 'a.b.azurecr.io'],
      ['https://oauth2.googleapis.com/token', 'evil-docker.pkg.dev.example'],
    ] as const) {
      expect(may(realm, registry)).toBe(false);
    }
  });

  test('if the caller names it', () => {
    expect(may('https://auth.corp/t', 'registry.corp', ['auth.corp'])).toBe(true);
    expect(may('https://auth.corp:8443/t', 'registry.corp', ['auth.corp:8443'])).toBe(true);
    expect(may('https://auth.corp:8443/t', 'registry.corp', ['auth.corp:844'])).toBe(false);
  });

  test('and no realm is read that is no plain http or https URL', async () => {
    for (const text of [
      '',
      'token',
      'javascript:x',
      'file:///x',
      'https://',
      'https://u:p@h/',
      `https://h/${'x'.repeat(3000)}`,
    ])
      expect((await faultOf((async () => readRealm(text, false))())).code).toBe('REALM_REFUSED');
    expect(readRealm('http://h/token', false).host).toBe('h');
  });
});

describe('the proxy', () => {
  const env = {
    HTTPS_PROXY: 'http://proxy.corp:3128',
    http_proxy: 'plain.corp:80',
    NO_PROXY: 'intern.corp,.zone.corp',
  };
  const proxy = (url: string, variables: Record<string, string> = env) => proxyFor(new URL(url), variables);

  test('is the one for the scheme, and the lower-case variable comes first', () => {
    expect(proxy('https://ghcr.io/')).toBe('http://proxy.corp:3128/');
    expect(proxy('http://ghcr.io/')).toBe('http://plain.corp/');
    expect(proxy('https://ghcr.io/', { https_proxy: 'http://a/', HTTPS_PROXY: 'http://b/' })).toBe(
      'http://a/',
    );
    expect(proxy('https://ghcr.io/', { HTTP_PROXY: 'http://b/' })).toBeUndefined();
    expect(proxy('https://ghcr.io/', {})).toBeUndefined();
  });

  test('is never asked for this machine', () => {
    for (const host of ['localhost:5000', '127.0.0.1', '[::1]:5000'])
      expect(proxy(`http://${host}/`)).toBeUndefined();
  });

  test('that is no URL is a fault that does not show its password', async () => {
    const fault = await faultOf(
      (async () => proxy('https://ghcr.io/', { HTTPS_PROXY: 'ftp://u:hidden@h' }))(),
    );
    expect(fault.code).toBe('USAGE');
    expect(fault.message).not.toContain('hidden');
  });

  test('is left out for what NO_PROXY names', () => {
    const exempt = (url: string, list: string) => isExempt(new URL(url), list);
    expect(exempt('https://intern.corp/', 'intern.corp')).toBe(true);
    expect(exempt('https://a.intern.corp/', 'intern.corp')).toBe(true);
    expect(exempt('https://xintern.corp/', 'intern.corp')).toBe(false);
    expect(exempt('https://a.zone.corp/', ' .zone.corp ')).toBe(true);
    expect(exempt('https://zone.corp/', '.zone.corp')).toBe(false);
    expect(exempt('https://a.zone.corp/', '*.zone.corp')).toBe(true);
    expect(exempt('https://any.example/', 'x, *')).toBe(true);
    expect(exempt('https://h.corp:5000/', 'h.corp:5000')).toBe(true);
    expect(exempt('https://h.corp/', 'h.corp:443')).toBe(true);
    expect(exempt('https://h.corp:5001/', 'h.corp:5000')).toBe(false);
    expect(exempt('https://10.1.2.3/', '10.0.0.0/8')).toBe(true);
    expect(exempt('https://11.1.2.3/', '10.0.0.0/8')).toBe(false);
    expect(exempt('https://[fd00::1]/', 'fd00::/8')).toBe(true);
    expect(exempt('https://[fd00::1]/', 'fd00::1')).toBe(true);
    expect(exempt('https://10.1.2.3/', '10.0.0.0/99,x/8,/')).toBe(false);
    expect(exempt('https://1.10.1.2/', '10.1.2')).toBe(false);
    expect(exempt('https://h.corp/', '')).toBe(false);
  });
});

describe('the scope of a token', () => {
  test('is our own where the server names none', () => {
    expect(scopesFor({ repository: 'a/b', actions: 'pull' })).toEqual(['repository:a/b:pull']);
    expect(scopesFor({ repository: 'a/b', actions: 'pull,push', from: 'c/d' })).toEqual([
      'repository:a/b:pull,push',
      'repository:c/d:pull',
    ]);
  });

  test('is merged with what the server wants, each resource once', () => {
    const offered = 'repository:a/b:push,pull repository:cache/a/b:pull registry:catalog:* nonsense';
    expect(scopesFor({ repository: 'a/b', actions: 'pull' }, offered)).toEqual([
      'repository:a/b:pull,push',
      'repository:cache/a/b:pull',
    ]);
  });

  test('ignores a scope that is too long to be one', () => {
    const offered = `repository:x:pull ${'repository:y:pull '.repeat(500)}`;
    expect(scopesFor({ repository: 'a', actions: 'pull' }, offered)).toEqual(['repository:a:pull']);
  });

  test('keys tokens by repository and actions', () => {
    const keys = new Set([
      keyOf({ repository: 'a', actions: 'pull' }),
      keyOf({ repository: 'a', actions: 'pull,push' }),
      keyOf({ repository: 'b', actions: 'pull' }),
      keyOf({ repository: 'a', actions: 'pull,push', from: 'b' }),
    ]);
    expect(keys.size).toBe(4);
  });
});
