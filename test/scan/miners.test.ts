import { describe, expect, it } from 'vitest';
import type { Hit, ScanSubject } from '../../src/scan/rule.ts';
import { makeScanner, scanText } from './scan-text.ts';
import { moneroAddress } from './wallets.ts';

const scanner = makeScanner();
const ELF = '\x7fELF\x02\x01\x01\0';
const WALLET = moneroAddress(18);

function minersIn(text: string, subject: ScanSubject = { path: 'usr/local/bin/x' }): readonly Hit[] {
  return scanText(scanner, text, subject).filter(({ check }) => check === 'miners');
}

function program(...strings: readonly string[]): string {
  return `${ELF}${'\0'.repeat(200)}${strings.join('\0')}\0`;
}

describe('miners in programs', () => {
  it('are found by identity, protocol and algorithm together, as one hit that lists its evidence', () => {
    const hits = minersIn(program('donate.v2.xmrig.com:3333', 'stratum+ssl://', 'rx/wow', '--donate-level'));
    expect(hits).toHaveLength(1);
    expect(hits[0]).toMatchObject({
      rule: 'miners.program',
      severity: 'critical',
      confidence: 'high',
      offset: 208,
    });
    expect(hits[0]?.args['evidence']).toEqual([
      'algorithm.rx-wow',
      'command.donate-level',
      'identity.xmrig',
      'identity.xmrig-donation',
      'protocol.stratum-ssl',
    ]);
  });

  it('are found by what they say to a pool, whatever they are called', () => {
    expect(minersIn(program('stratum+tcp://', 'mining.subscribe'))).toMatchObject([
      { rule: 'miners.program' },
    ]);
  });

  it('are suspected on less', () => {
    expect(minersIn(program('xmrig', 'kawpow', 'huge-pages-jit'))).toMatchObject([
      { rule: 'miners.program' },
    ]);
    expect(minersIn(program('stratum+tcp://', 'nanopool.org'))).toMatchObject([
      { rule: 'miners.suspect', confidence: 'low' },
    ]);
  });

  it.each([
    ['one name', ['xmrig']],
    ['a pool', ['nanopool.org', 'f2pool.com']],
    ['a library of the algorithm', ['randomx', 'cryptonight']],
    ['a wallet', [`donate: address ${WALLET}`]],
    ['words that only hold a name', ['adminerd', 'cpuminers-guild', 'stratumfour']],
  ])('are not seen in %s alone', (_, strings) => {
    expect(minersIn(program(...strings))).toEqual([]);
  });

  it('are found in UTF-16 as well', () => {
    const wide = Buffer.from('stratum+tcp:// mining.submit', 'utf16le').toString('latin1');
    expect(minersIn(`MZ\x90\0${wide}`)).toMatchObject([{ rule: 'miners.program' }]);
  });
});

describe('miners in scripts and configurations', () => {
  it('are found by a pool address with its scheme and host', () => {
    expect(minersIn('#!/bin/sh\n./a -o stratum+tcp://pool.supportxmr.com:3333\n')).toMatchObject([
      { rule: 'miners.configuration', severity: 'high' },
    ]);
  });

  it('are found by the shape of a configuration with a pool', () => {
    const config = {
      'donate-level': 0,
      'rig-id': 'a',
      pools: [{ url: 'gulf.moneroocean.stream:10128', user: 'w' }],
    };
    expect(minersIn(JSON.stringify(config))).toMatchObject([{ rule: 'miners.configuration' }]);
  });

  it('are found by a wallet with a pool, but only if its checksum is right', () => {
    const text = (wallet: string) => `{"url": "xmr.nanopool.org:14444", "user": "${wallet}"}`;
    expect(minersIn(text(WALLET))).toMatchObject([{ rule: 'miners.configuration' }]);
    expect(minersIn(text(`${WALLET.slice(0, -1)}1`))).toEqual([]);
  });

  it.each([
    ['a block list', 'minexmr.com\nsupportxmr.com\nnanopool.org\n'],
    ['a host name that only ends alike', 'stratum://example.test notnanopool.org'],
    ['a donation note', `Donate XMR to this wallet: ${WALLET}\n`],
    ['a mention', 'xmrig is a miner that speaks stratum'],
  ])('are not seen in %s', (_, text) => {
    expect(minersIn(text)).toEqual([]);
  });

  it('are mentioned, not convicted, where a file of detection rules tells of them', () => {
    const rule =
      'rule miner { strings: $a = "stratum+tcp://" $b = "pool.minexmr.com" condition: any of them }';
    expect(minersIn(rule)).toMatchObject([{ rule: 'miners.mention', severity: 'info', confidence: 'low' }]);
  });
});

describe('miners on a command line', () => {
  it.each([
    ['a scheme', '/app -o stratum+tcp://10.0.0.9:3333'],
    ['a pool and a flag of a miner', '/app -o pool.hashvault.pro:443 -a rx/0'],
    ['a flag that only miners have', 'sh -c "./run --donate-level=1"'],
    ['a pool and a wallet', `/app --url xmr.2miners.com:2222 --user ${WALLET}`],
  ])('are found by %s', (_, text) => {
    expect(minersIn(text, { field: 'config.Entrypoint' })).toMatchObject([
      { rule: 'miners.command', severity: 'critical' },
    ]);
  });

  it.each([
    '/usr/bin/minerd-exporter --help',
    'POOL=main',
    'nginx -g daemon off;',
    'curl https://2miners.com/',
  ])('are not seen in %s', (text) => {
    expect(minersIn(text, { field: 'config.Cmd' })).toEqual([]);
  });
});
