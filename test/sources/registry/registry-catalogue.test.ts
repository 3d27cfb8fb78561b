import { describe, expect, test, vi } from 'vitest';
import { openRegistryCatalogue } from '../../../src/sources/registry/registry-catalogue.ts';
import { Session } from '../../../src/sources/registry/session.ts';
import { faultOf, listed, serverStarter, testOptions } from './fixtures.ts';

const start = serverStarter();
const json = (value: unknown, headers: Record<string, string> = {}) => ({
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(value),
});

describe('the lists of a registry', () => {
  test('its repositories and tags come page by page, in its order', async () => {
    const registry = await start(({ path, query }) => {
      const at = query.get('last') === null ? 0 : 1;
      const next = (list: string) => (at === 0 ? { link: `</v2/${list}?n=1000&last=x>; rel="next"` } : {});
      if (path === '/v2/_catalog') return json({ repositories: [['b', 'a'], ['c']][at] }, next('_catalog'));
      if (path === '/v2/a/tags/list')
        return json({ name: 'a', tags: [['1'], ['2']][at] }, next('a/tags/list'));
      return undefined;
    });
    const catalogue = openRegistryCatalogue(registry.host, testOptions());
    expect(await listed(catalogue.repositories())).toEqual(['b', 'a', 'c']);
    expect(await listed(catalogue.tags('a'))).toEqual(['1', '2']);
    await catalogue.close();
  });

  test('a repository without tags has none', async () => {
    const registry = await start(() => json({ name: 'a', tags: null }));
    expect(await listed(openRegistryCatalogue(registry.host, testOptions()).tags('a'))).toEqual([]);
  });

  test('a registry that gives no catalogue says so with its status, and what to do instead', async () => {
    for (const status of [401, 403, 404, 405, 501]) {
      const registry = await start(() => ({ status }));
      const fault = await faultOf(listed(openRegistryCatalogue(registry.host, testOptions()).repositories()));
      expect(fault.code).toBe('NOT_SUPPORTED');
      expect(fault.message).toContain(String(status));
      expect(fault.message).toContain('standard input');
    }
  });

  test('a list that goes on elsewhere is not followed there', async () => {
    const registry = await start(() =>
      json({ tags: ['1'] }, { link: '<http://evil.test/v2/a/tags/list>; rel="next"' }),
    );
    const fault = await faultOf(listed(openRegistryCatalogue(registry.host, testOptions()).tags('a')));
    expect(fault.code).toBe('REDIRECT_REFUSED');
  });

  test('a list that repeats itself, or goes on with nothing, ends', async () => {
    let page = 0;
    const again = await start(() => json({ tags: ['1'] }, { link: '</v2/a/tags/list?n=1000>; rel="next"' }));
    const empty = await start(() => {
      page += 1;
      return json({ tags: [] }, { link: `</v2/a/tags/list?n=1000&last=${page}>; rel="next"` });
    });
    for (const { host } of [again, empty]) {
      const fault = await faultOf(listed(openRegistryCatalogue(host, testOptions()).tags('a')));
      expect(fault.code).toBe('LIMIT_EXCEEDED');
    }
  });

  test('a list of something else than names is refused', async () => {
    const registry = await start(() => json({ tags: [1] }));
    await expect(listed(openRegistryCatalogue(registry.host, testOptions()).tags('a'))).rejects.toThrow(
      /a string/,
    );
  });

  test('keeps few conversations of thousands of repositories', async () => {
    const registry = await start(({ path }) =>
      path.endsWith('/tags/list') ? json({ tags: ['1'] }) : undefined,
    );
    const catalogue = openRegistryCatalogue(registry.host, testOptions());
    const ended = vi.spyOn(Session.prototype, 'close');
    for (let n = 0; n < 40; n++) expect(await listed(catalogue.tags(`r${n}`))).toEqual(['1']);
    expect(ended.mock.calls).toHaveLength(24);
    await catalogue.close();
    expect(ended.mock.calls).toHaveLength(40);
    ended.mockRestore();
  });
});
