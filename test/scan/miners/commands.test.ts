import { describe, expect, it } from 'vitest';
import { scanConfig } from '../../../src/scan/scan-config.ts';
import { minerCommands, WALLET } from '../../support/synthetic-miners.ts';
import { makeImage } from '../images.ts';
import { makeScanner } from '../scan-text.ts';
import { judgedField } from './in-text.ts';

const scanner = makeScanner();

describe('miners on a command line', () => {
  it.each([
    ['a scheme', '/app -o stratum+tcp://10.0.0.9:3333'],
    ['a pool and a flag of a miner', '/app -o pool.hashvault.pro:443 -a rx/0'],
    ['a flag that only miners have', 'sh -c "./run --donate-level=1"'],
    ['a pool and a wallet', `/app --url xmr.2miners.com:2222 --user ${WALLET}`],
    ['an address and a wallet', `/app -o 203.0.113.5:3333 -u ${WALLET}`],
    [
      'base64 of a flag',
      `sh -c "echo ${Buffer.from('./w --donate-level=1').toString('base64')} | base64 -d | sh"`,
    ],
  ])('are found by %s', (_, text) => {
    expect(judgedField(text)).toEqual(['command high']);
  });

  it.each([
    '/usr/bin/minerd-exporter --help',
    'POOL=main',
    `WALLET=${WALLET}`,
    'nginx -g daemon off;',
    'curl https://2miners.com/',
    'curl https://example.test/install | sh',
    '/app --listen :3333',
  ])('are not seen in %s', (text) => {
    expect(judgedField(text, 'config.Cmd')).toEqual([]);
  });

  it('are only mentioned by what describes an image', () => {
    const text = 'exporter for stratum+tcp://pool.example.test:3333';
    for (const field of ['config.Labels[about]', 'manifest.annotations[x]', 'history[0].comment'])
      expect(judgedField(text, field)).toEqual(['mention low']);
  });

  it('are hints by their name, or by where they were fetched', () => {
    expect(judgedField('/usr/bin/xmrig')).toEqual(['named low']);
    expect(judgedField('RUN curl -L https://github.com/xmrig/xmrig/releases/x', 'history[3]')).toEqual([
      'suspect low',
    ]);
  });
});

describe('miners in the configuration of an image', () => {
  it.each(minerCommands().map(({ name, config }) => [name, config] as const))(
    'are found: %s',
    (_, config) => {
      const hits = scanConfig(makeImage([], config), scanner).filter(({ hit }) => hit.check === 'miners');
      expect(hits).toHaveLength(1);
      expect(hits[0]?.hit).toMatchObject({ rule: 'miners.command', confidence: 'high' });
    },
  );

  it('are found though a label speaks of miners', () => {
    const config = {
      entrypoint: ['/w'],
      env: ['POOL=pool.supportxmr.com:3333', `WALLET=${WALLET}`],
      labels: new Map([['about', 'detects stratum+tcp://pool.example.test']]),
    };
    expect(scanConfig(makeImage([], config), scanner)).toMatchObject([{ hit: { rule: 'miners.command' } }]);
  });

  it('are not seen in a wallet that somebody takes money with', () => {
    const config = { entrypoint: ['/shop'], env: [`WALLET=${WALLET}`, 'POOL=main', 'WORKER=4'] };
    expect(scanConfig(makeImage([], config), scanner)).toEqual([]);
  });
});
