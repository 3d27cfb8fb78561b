import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { Recorded, Reply } from '../../support/scripted-server.ts';
import { collect, faultOf, open, piece, serverStarter } from './fixtures.ts';

const start = serverStarter();
const content = randomBytes(1_000_000);
const blob = piece('application/octet-stream', content);

/** Where a request wants to go on; 0 where it does not say. */
const startOf = ({ headers }: Recorded) => Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1] ?? 0);

function rangeReply(from: number, more: Partial<Reply> = {}): Reply {
  const body = content.subarray(from);
  if (from === 0) return { body, ...more };
  const headers = { 'content-range': `bytes ${from}-${content.length - 1}/${content.length}` };
  return { status: 206, headers, body, ...more };
}

async function download(script: (request: Recorded, turn: number) => Reply) {
  let turn = 0;
  const registry = await start((request) => {
    turn += 1;
    return script(request, turn);
  });
  return { registry, bytes: collect(open(registry.host).blob(blob.descriptor)) };
}

describe('a download that breaks off', () => {
  test('goes on where it stopped, three times over', async () => {
    const { registry, bytes } = await download((request, turn) =>
      rangeReply(startOf(request), turn <= 3 ? { cutAfter: 200_000 } : {}),
    );
    expect((await bytes).equals(content)).toBe(true);
    expect(registry.requests).toHaveLength(4);
    expect(registry.requests.slice(1).every(({ headers }) => headers.range !== undefined)).toBe(true);
  });

  test('may be answered with a range whose total is not known', async () => {
    const { bytes } = await download((request, turn) => {
      if (turn === 1) return rangeReply(0, { cutAfter: 300_000 });
      const from = startOf(request);
      return rangeReply(from, { headers: { 'content-range': `bytes ${from}-${content.length - 1}/*` } });
    });
    expect((await bytes).equals(content)).toBe(true);
  });

  test('starts anew where the registry knows no ranges, and hands nothing on twice', async () => {
    const { registry, bytes } = await download((_request, turn) =>
      rangeReply(0, turn === 1 ? { cutAfter: 300_000 } : {}),
    );
    expect((await bytes).equals(content)).toBe(true);
    expect(registry.requests).toHaveLength(2);
  });

  test('is refused another range than the one that was asked for', async () => {
    const { length } = content;
    for (const range of [
      (from: number) => `bytes ${from + 1}-${length - 1}/${length}`,
      (from: number) => `bytes ${from - 1}-${length - 1}/${length}`,
      (from: number) => `bytes ${from}-${length - 2}/${length}`,
      (from: number) => `bytes ${from}-${length - 1}/${length + 1}`,
      (from: number) => `octets ${from}-${length - 1}/${length}`,
      () => '',
    ]) {
      const { bytes } = await download((request, turn) => {
        if (turn === 1) return rangeReply(0, { cutAfter: 300_000 });
        const from = startOf(request);
        return rangeReply(from, { headers: { 'content-range': range(from) } });
      });
      expect((await faultOf(bytes)).code).toBe('REGISTRY_ERROR');
    }
  });

  test('is refused a range of several parts', async () => {
    const { bytes } = await download((_request, turn) =>
      turn === 1
        ? rangeReply(0, { cutAfter: 300_000 })
        : { status: 206, headers: { 'content-type': 'multipart/byteranges; boundary=x' }, body: '--x' },
    );
    expect((await faultOf(bytes)).code).toBe('REGISTRY_ERROR');
  });

  test('is given up where it does not move on', async () => {
    const { registry, bytes } = await download((request, turn) =>
      turn === 1 ? rangeReply(0, { cutAfter: 300_000 }) : rangeReply(startOf(request), { cutAfter: 1 }),
    );
    expect((await faultOf(bytes)).code).toBe('NETWORK');
    expect(registry.requests.length).toBeLessThanOrEqual(5);
  });

  test('is given up after twenty breaks, even where it moves on', async () => {
    const long = piece('application/octet-stream', Buffer.alloc(2_000_000, 1));
    const registry = await start((request) => {
      const from = startOf(request);
      const headers = { 'content-range': `bytes ${from}-1999999/2000000` };
      return { status: from === 0 ? 200 : 206, headers, body: long.bytes.subarray(from), cutAfter: 70_000 };
    });
    expect((await faultOf(collect(open(registry.host).blob(long.descriptor)))).code).toBe('NETWORK');
    expect(registry.requests).toHaveLength(21);
  });

  test('and goes on with other bytes is DIGEST_MISMATCH', async () => {
    const { bytes } = await download((request, turn) => {
      if (turn === 1) return rangeReply(0, { cutAfter: 300_000 });
      const from = startOf(request);
      return rangeReply(from, { body: Buffer.alloc(content.length - from) });
    });
    expect((await faultOf(bytes)).code).toBe('DIGEST_MISMATCH');
  });

  test('and is not there any more is NOT_FOUND', async () => {
    const { bytes } = await download((_request, turn) =>
      turn === 1 ? rangeReply(0, { cutAfter: 300_000 }) : { status: 404 },
    );
    expect((await faultOf(bytes)).code).toBe('NOT_FOUND');
  });
});

test('a reader that stops ends the download', async () => {
  let ended = false;
  async function* endless() {
    try {
      for (;;) yield Buffer.alloc(65_536);
    } finally {
      ended = true;
    }
  }
  const registry = await start(() => ({ body: endless() }));
  const large = { ...blob.descriptor, size: 1024 * 1024 * 1024 };
  for await (const _chunk of open(registry.host).blob(large)) break;
  while (!ended) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(registry.requests).toHaveLength(1);
});

test('a blob of no bytes is read', async () => {
  const empty = piece('application/octet-stream', '');
  const registry = await start(() => ({ body: '' }));
  expect(await collect(open(registry.host).blob(empty.descriptor))).toHaveLength(0);
});

test('a blob larger than the limit is not asked for', async () => {
  const registry = await start();
  const huge = { ...blob.descriptor, size: 17 * 1024 ** 3 };
  expect((await faultOf(collect(open(registry.host).blob(huge)))).code).toBe('LIMIT_EXCEEDED');
  expect(registry.requests).toEqual([]);
});
