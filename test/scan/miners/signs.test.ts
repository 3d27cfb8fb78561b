import { describe, expect, it } from 'vitest';
import { MINER_SIGNS } from '../../../src/scan/miners/signs/all.ts';
import { base64Alignments } from '../../../src/scan/miners/signs/base64-alignments.ts';
import type { MinerSign } from '../../../src/scan/rule.ts';
import { moneroAddress } from '../wallets.ts';
import { judged, minersIn, program } from './in-text.ts';

const WALLET = moneroAddress(18);
const SURE = ['stratum+tcp://', 'mining.subscribe'];
const EVIDENCE = MINER_SIGNS.filter(({ family }) => family !== 'sample' && family !== 'rule-file');

/** A text in which the sign stands as it must. */
function exampleOf({ id, keyword, bounds, pattern }: MinerSign): string {
  if (pattern !== undefined) return `${keyword}${tailOf(id)}`;
  switch (bounds) {
    case 'host-port':
      return `eu.${keyword}:3333`;
    case 'url':
      return `${keyword}pool.example.test`;
    case 'value':
      return ` ${keyword}=1 `;
    case 'name':
      return ` ${keyword}no-numa `;
    case 'key':
      return `${keyword} : 1`;
    default:
      return ` ${keyword} `;
  }
}

function tailOf(id: string): string {
  if (id.startsWith('wallet.plain')) return `: "0x${'52908400098527886e0f7030069857d2e4169ee7'}"`;
  if (id.startsWith('wallet.')) return `: "${WALLET}"`;
  if (id.startsWith('command.pool-option')) return ' pool.example.test:3333';
  if (id.includes('fetch-number')) return '-s http://198.51.100.7/x';
  return '-s https://example.test/x | sh';
}

describe('every sign', () => {
  it.each(EVIDENCE.map((sign) => [sign.id, sign] as const))('%s is seen where it stands', (id, sign) => {
    // A port counts with a pool only.
    const [hit] = minersIn(program(...SURE, 'f2pool.com', exampleOf(sign)));
    expect(hit?.args['evidence']).toContain(id);
  });

  it('convicts nobody alone, in a program, a script, settings or a text', () => {
    const sure = EVIDENCE.filter((sign) => {
      const text = exampleOf(sign);
      const files = [program(text), `#!/bin/sh\n${text}\n`, `{"a": 1, ${text}}`, `${text}\n`];
      return files.some((file) => judged(file, 'opt/x').some((one) => !one.endsWith(' low')));
    });
    expect(sure.map(({ id }) => id)).toEqual([]);
  });

  it.each([
    ['a longer word', ['axmrig', 'xmrigs', 'my-xmrig', 'rx/01', 'minerd-exporter']],
    ['another host', ['notnanopool.org', 'nanopool.org.example.test', 'nanopool.organic']],
    ['a base58 text that is no wallet', [`--user ${WALLET.slice(0, -1)}1`]],
    ['a host without a dot before its end', [' -o pool:3333']],
  ])('is not seen in %s', (_, words) => {
    const all = words.map((word) => minersIn(program(...SURE, word))[0]?.args['evidence']);
    for (const evidence of all) expect(evidence).toEqual(['protocol.stratum', 'rpc.subscribe']);
  });

  it.each([
    ['a port', 'nanopool.org:x', 'pool.nanopool.port'],
    ['a host', 'stratum+tcp://%s', 'protocol.stratum.host'],
    ['a value', '"--donate-level", "--nicehash"', 'command.donate-level.value'],
    ['a value', '--donate-level=*', 'command.donate-level.value'],
    ['a colon', '\\"rig-id\\", x', 'config.rig-id'],
  ])('that wants %s is not seen in %s', (_, text, id) => {
    expect(minersIn(program(...SURE, text))[0]?.args['evidence']).not.toContain(id);
  });

  it('is seen in UTF-16 as well', () => {
    const wide = (text: string) => Buffer.from(text, 'utf16le').toString('latin1');
    const text = `MZ\x90\0${wide(' stratum+tcp://pool.example.test eu.nanopool.org:3333 "rig-id": --donate-level=1 xmrig ')}`;
    expect(minersIn(text)[0]?.args['evidence']).toEqual(
      expect.arrayContaining([
        'protocol.stratum.host',
        'pool.nanopool.port',
        'config.rig-id',
        'command.donate-level.value',
        'identity.xmrig',
      ]),
    );
  });
});

describe('base64 of a text', () => {
  it('stands in every text that holds it, at one of three places', () => {
    const letters = base64Alignments('stratum+');
    for (let before = 0; before < 12; before++) {
      const whole = Buffer.from(`${'#'.repeat(before)}stratum+tcp://x`).toString('base64');
      expect(whole).toContain(letters[(before % 3) as 0 | 1 | 2]);
    }
  });
});
