import { PratiqueError } from '../../src/errors.ts';
import type { Descriptor } from '../../src/model/descriptor.ts';
import { type Digest, parseDigest } from '../../src/model/digest.ts';
import type { Finding } from '../../src/model/finding.ts';
import { MEDIA } from '../../src/model/media-type.ts';
import type { JudgedImage, Ruled, Verdict } from '../../src/model/verdict.ts';

/** A digest of 64 times the same hex digit. */
export function digestOf(digit: string): Digest {
  return parseDigest(`sha256:${digit.repeat(64)}`);
}

/** An image manifest with such a digest. */
export function manifestOf(digit: string): Descriptor {
  return { mediaType: MEDIA.ociManifest, digest: digestOf(digit), size: 1234 };
}

/** A finding; what is not given is a plain secret in layer 3. */
export function sampleFinding(change: Partial<Finding> = {}): Finding {
  return {
    rule: 'secrets.github-token',
    severity: 'critical',
    confidence: 'verified',
    message: 'A GitHub personal access token, its checksum correct',
    remedy: 'Revoke the token at GitHub, then rebuild without it',
    where: {
      image: digestOf('a'),
      platform: 'linux/amd64',
      layer: {
        index: 2,
        digest: digestOf('3'),
        createdBy: 'RUN /bin/sh -c npm ci && npm run build # buildkit',
      },
      path: 'srv/app/.env',
      offset: 1204,
      visibility: 'deleted',
      hiddenBy: 4,
    },
    args: { provider: 'GitHub', families: ['identity', 'pool'], bytes: 40 },
    fingerprint: '1f0c2a9b7d3e4f55',
    ...change,
  };
}

/** A check that passed. */
export function passed(check: string, note?: string): Ruled {
  return {
    outcome: { check, state: 'passed', ...(note === undefined ? {} : { note }) },
    level: 'fail',
    findings: [],
  };
}

/** A check that failed with these findings, all of one level. */
export function failed(check: string, findings: readonly Finding[], level: 'fail' | 'warn' = 'fail'): Ruled {
  return {
    outcome: { check, state: 'failed', findings },
    level,
    findings: findings.map((finding) => ({ finding, level })),
  };
}

/** A check that could not find out. */
export function unknown(check: string, error: PratiqueError, level: 'fail' | 'warn' = 'fail'): Ruled {
  return { outcome: { check, state: 'unknown', error }, level, findings: [] };
}

const SCANNED = {
  layers: 5,
  files: 12_345,
  compressedBytes: 118_000_000,
  expandedBytes: 341_000_000,
  contentBytes: 290_400_000,
};

const BASE = {
  leftOut: [],
  policy: { name: 'acme-production', digest: digestOf('c'), origin: 'pratique.yaml' },
  ruleSet: digestOf('d'),
  pratique: '0.1.0',
  startedAt: '2026-11-21T06:33:06.100Z',
  at: '2026-11-21T06:33:10.300Z',
  faults: [],
  notes: [],
} as const;

/** Five layers, the lowest two of a base. */
export const SAMPLE_LAYERS: NonNullable<JudgedImage['layers']> = [
  ['1', 74_000_000, '/bin/sh -c #(nop) ADD file:0d in / '],
  ['2', 2_100_000, 'RUN /bin/sh -c apt-get install -y ca-certificates # buildkit'],
  ['3', 31_000_000, 'RUN /bin/sh -c npm ci && npm run build # buildkit'],
  ['4', 10_900_000, 'COPY . /srv/app # buildkit'],
  ['5', 300, 'RUN /bin/sh -c rm srv/app/.env # buildkit'],
].map(([digit, size, createdBy], index) => ({
  index,
  digest: digestOf(String(digit)),
  size: Number(size),
  createdBy: String(createdBy),
  from: index < 2 ? ('base' as const) : ('own' as const),
}));

/** A verdict; what is not given is an admitted image with nothing found. */
export function sampleVerdict(change: Partial<Verdict> = {}): Verdict {
  const image: JudgedImage = {
    manifest: manifestOf('a'),
    platform: 'linux/amd64',
    scanned: SCANNED,
    layers: SAMPLE_LAYERS,
    ruled: [
      passed('name.allowed', 'allowed by pratique.yaml:7'),
      passed('name.lookalike'),
      passed('signature', 'signed by acme-release'),
      passed('secrets'),
      passed('miners'),
      passed('hygiene.root-user'),
    ],
  };
  return {
    ...BASE,
    name: 'ghcr.io/acme/shop:1.4.2',
    subject: manifestOf('a'),
    result: 'admitted',
    images: [image],
    ...change,
  };
}

/** Nothing found. */
export function admittedVerdict(): Verdict {
  return sampleVerdict();
}

/** A secret and a miner that refuse the image, a warning, and one finding that is excepted. */
export function refusedVerdict(): Verdict {
  const excepted = sampleFinding({
    rule: 'secrets.private-key',
    severity: 'high',
    message: 'A private key in PEM form',
    remedy: 'Remove the key and make a new one',
    where: {
      image: digestOf('a'),
      platform: 'linux/amd64',
      layer: { index: 0, digest: digestOf('1'), createdBy: '/bin/sh -c #(nop) ADD file:0d in / ' },
      path: 'etc/ssl/private/snakeoil.key',
      offset: 0,
      visibility: 'visible',
    },
    fingerprint: '77aa',
  });
  const miner = sampleFinding({
    rule: 'miners.xmrig',
    confidence: 'high',
    message: 'A coin miner: its name, a pool address and the stratum protocol in one file',
    remedy: 'Take the image off every node and find out how the file came into the build',
    where: {
      image: digestOf('a'),
      platform: 'linux/amd64',
      layer: {
        index: 2,
        digest: digestOf('3'),
        createdBy: 'RUN /bin/sh -c npm ci && npm run build # buildkit',
      },
      path: 'usr/local/lib/node_modules/.cache/.x/kworkerds',
      visibility: 'visible',
    },
    fingerprint: '88bb',
  });
  const root = sampleFinding({
    rule: 'hygiene.root-user',
    severity: 'medium',
    confidence: 'verified',
    message: 'The process runs as root: the configuration names no user',
    remedy: 'Add a USER line with a number above 0 to the Dockerfile',
    where: { image: digestOf('a'), platform: 'linux/amd64', field: 'config.User' },
    args: {},
    fingerprint: '99cc',
  });
  const until = {
    reason: "Debian's shipped test key, never used",
    owner: 'team-platform',
    until: '2027-01-31',
  };
  const secrets: Ruled = {
    outcome: { check: 'secrets', state: 'failed', findings: [sampleFinding(), excepted] },
    level: 'fail',
    findings: [
      { finding: sampleFinding(), level: 'fail' },
      { finding: excepted, level: 'fail', excepted: until },
    ],
  };
  return sampleVerdict({
    result: 'refused',
    images: [
      {
        manifest: manifestOf('a'),
        platform: 'linux/amd64',
        scanned: SCANNED,
        layers: SAMPLE_LAYERS,
        ruled: [
          passed('name.allowed', 'allowed by pratique.yaml:7'),
          passed('signature', 'signed by acme-release'),
          secrets,
          failed('miners', [miner]),
          failed('hygiene.root-user', [root], 'warn'),
        ],
      },
    ],
    notes: ['the exception for secrets.jwt at pratique.yaml:44 was not used'],
  });
}

/** Refused by its name; nothing was fetched. */
export function refusedByNameVerdict(): Verdict {
  const finding = sampleFinding({
    rule: 'name.lookalike',
    severity: 'high',
    confidence: 'high',
    message: 'The name is one letter away from docker.io/library/nginx',
    remedy: 'Write docker.io/library/nginx, or allow this name if it is meant',
    where: {},
    args: { known: 'docker.io/library/nginx' },
    fingerprint: 'aa11',
  });
  const { subject: _, ...rest } = sampleVerdict();
  return {
    ...rest,
    name: 'ngimx:1.27',
    result: 'refused',
    images: [{ ruled: [passed('name.allowed'), failed('name.lookalike', [finding])] }],
    policy: { name: 'default', digest: digestOf('e'), origin: 'built-in' },
  };
}

/** Two platforms; the layers of one could not be read. */
export function undecidedVerdict(): Verdict {
  const error = new PratiqueError('DIGEST_MISMATCH', {
    what: 'the layer is not the one that was asked for',
    where: `https://ghcr.io/v2/acme/shop/blobs/${digestOf('4')}`,
    why: 'its bytes have another sha256',
    next: 'try again; if it happens again, tell whoever runs the registry',
  });
  const named = [
    passed('name.allowed', 'allowed by pratique.yaml:7'),
    passed('signature', 'signed by acme-release'),
  ];
  return sampleVerdict({
    result: 'undecided',
    subject: { mediaType: MEDIA.ociIndex, digest: digestOf('b'), size: 856 },
    images: [
      {
        manifest: manifestOf('a'),
        platform: 'linux/amd64',
        scanned: SCANNED,
        layers: SAMPLE_LAYERS,
        ruled: [...named, passed('secrets'), passed('miners')],
      },
      {
        manifest: manifestOf('f'),
        platform: 'linux/arm64/v8',
        ruled: [...named, unknown('secrets', error), unknown('miners', error)],
      },
    ],
    leftOut: ['windows/amd64'],
    faults: [error],
  });
}

/** One of each kind. */
export function sampleVerdicts(): readonly Verdict[] {
  return [admittedVerdict(), refusedVerdict(), refusedByNameVerdict(), undecidedVerdict()];
}
