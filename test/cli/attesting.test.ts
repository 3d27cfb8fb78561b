import { createPrivateKey } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Terminal } from '../../src/cli/terminal.ts';
import { cleanImage, referrersIn, type Stage, setStage } from '../support/stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await setStage();
});
afterAll(() => stage.close());

let images = 0;
/** Puts an image that nobody has looked at under a name of its own. */
async function freshName(): Promise<string> {
  images += 1;
  return stage.push(`acme/app${images}:1`, await cleanImage());
}
const here = (name: string) => name.slice(stage.name('').length).replace(/:1$/, '');

describe('the same verdict', () => {
  const NOON = new Date('2026-11-21T12:00:00Z');
  const at = (hours: number) => ({ now: () => new Date(NOON.getTime() + hours * 3_600_000) });
  const attest = (name: string, hours: number, ...more: string[]) =>
    stage.pratique(['check', name, '--key', 'gate.key', '--attest', ...more], at(hours));
  const count = (name: string) => referrersIn(stage, here(name));

  test('is not attached twice while it counts, and is after that', async () => {
    const name = await freshName();
    expect((await attest(name, 0, '--valid-for', '1d')).code).toBe(0);
    const again = await attest(name, 1);
    expect(again.err).toContain('attached already');
    expect(again.code).toBe(0);
    expect(count(name)).toBe(2);
    await attest(name, 25);
    expect(count(name)).toBe(4);
  });

  test('is renewed when half of its time is over, so that who checks every night never runs out', async () => {
    const name = await freshName();
    for (const hours of [0, 24, 48, 72, 96, 120, 144]) await attest(name, hours);
    expect(count(name)).toBe(4);
    expect((await stage.pratique(['admit', name, '--key', 'gate.pub'], at(180))).code).toBe(0);
  });

  test('is attached again where it is to count for less time than what is there', async () => {
    const name = await freshName();
    await attest(name, 0);
    await attest(name, 1, '--valid-for', '1d');
    expect(count(name)).toBe(4);
    await attest(name, 2, '--valid-for', '1d');
    expect(count(name)).toBe(4);
  });

  test('is attached anew with --replace, and the newest decides', async () => {
    const name = await freshName();
    await attest(name, 0);
    await attest(name, 1, '--replace');
    expect(count(name)).toBe(4);
    const { out } = await stage.pratique(['admit', name, '--key', 'gate.pub'], at(2));
    expect(out).toContain('on the verdict of 2026-11-21T13:00:00.000Z');
  });

  test('is attached again by another signer', async () => {
    const name = await freshName();
    await attest(name, 0);
    await stage.pratique(['check', name, '--key', 'stranger.key', '--attest'], at(1));
    expect(count(name)).toBe(4);
  });

  test('is attached again under another policy, and where a FAILED came between', async () => {
    const name = await freshName();
    const strict = (await stage.read('pratique.yaml')).concat('limits: { layers: 9 }\n');
    await stage.write('strict.yaml', strict);
    await stage.write('failing.yaml', strict.replace(/allow: .*/, `allow: ["${stage.name('')}nobody/*"]`));
    await attest(name, 0);
    await attest(name, 1, '--policy', 'strict.yaml');
    expect(count(name)).toBe(4);
    await attest(name, 2);
    expect(count(name)).toBe(6); // the newest was by another policy
    await attest(name, 3);
    expect(count(name)).toBe(6);
  });
});

describe('a passphrase', () => {
  const sealed = async () => {
    const pem = createPrivateKey(stage.keys.gate.privatePem).export({
      ...{ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'open sesame' },
    });
    await stage.write('sealed.key', pem.toString());
    return ['check', await freshName(), '--key', 'sealed.key', '--attestation', 'sealed.jsonl'];
  };
  const input = (change: Partial<Terminal['in']>): Partial<Terminal> => ({
    in: { isTTY: false, read: async () => '', ask: async () => '', ...change },
  });

  test('is read from a file, without the line break at its end', async () => {
    await stage.write('pass.txt', 'open sesame\n');
    expect((await stage.pratique([...(await sealed()), '--passphrase-file', 'pass.txt'])).code).toBe(0);
  });

  test('is read from standard input', async () => {
    const argv = [...(await sealed()), '--passphrase-file', '-'];
    expect((await stage.pratique(argv, input({ read: async () => 'open sesame\r\n' }))).code).toBe(0);
  });

  test('is asked for where somebody is there to type it', async () => {
    const asked: string[] = [];
    const ask = async (prompt: string) => {
      asked.push(prompt);
      return 'open sesame';
    };
    expect((await stage.pratique(await sealed(), input({ isTTY: true, ask }))).code).toBe(0);
    expect(asked).toEqual(['Passphrase of the signing key: ']);
  });

  test('is not shown where somebody is there to type what standard input should hold', async () => {
    const argv = [...(await sealed()), '--passphrase-file', '-'];
    const shown = async () => expect.unreachable('it was read as it is typed, for all to see');
    const ask = async () => 'open sesame';
    expect((await stage.pratique(argv, input({ isTTY: true, read: shown, ask }))).code).toBe(0);
  });

  test('that is empty in the environment is none', async () => {
    const told = await stage.pratique(await sealed(), { env: { PRATIQUE_KEY_PASSPHRASE: '' } });
    expect(told.err).toContain('no passphrase was given');
    expect(told.code).toBe(2);
  });

  test('that nobody gives ends before an image is read: 2', async () => {
    const argv = await sealed();
    stage.registry.seen();
    const told = await stage.pratique(argv);
    expect(told.err).toContain('no passphrase was given');
    expect(told.code).toBe(2);
    const missing = await stage.pratique([...argv, '--passphrase-file', 'nowhere.txt']);
    expect(missing.err).toContain('the file with the passphrase cannot be used');
    expect(missing.code).toBe(2);
    expect(stage.registry.seen()).toEqual([]);
  });
});

test('an empty PRATIQUE_KEY, as a fork without secrets has it, is no key', async () => {
  const policy = (await stage.read('pratique.yaml')).concat('verdict: { attest: { push: referrer } }\n');
  await stage.write('push.yaml', policy);
  const argv = ['check', await freshName(), '--policy', 'push.yaml'];
  expect((await stage.pratique(argv, { env: { PRATIQUE_KEY: '' } })).code).toBe(0);
});

test.each(['check', 'admit'])('%s reads no key that has no end', async (command) => {
  await stage.write('endless.key', ' '.repeat(100_000));
  const more = command === 'check' ? ['--attest'] : [];
  const told = await stage.pratique([command, await freshName(), '--key', 'endless.key', ...more]);
  expect(told.err).toContain('it has more than 65536 bytes');
  expect(told.code).toBe(2);
});
