// Time of `pratique refs` as a whole process on a repository of 10,000 files: npm run build && node bench/refs.ts [FOLDER]
// Without a folder it makes a repository of sources, manifests, Dockerfiles, Compose files, workflows and charts, and takes it away.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROUNDS = 5;
const PROGRAM = fileURLToPath(new URL('../bin/pratique.js', import.meta.url));

const MANIFEST = (name: string) => `apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
  labels: {app: ${name}, team: payments}
spec:
  replicas: 3
  selector: {matchLabels: {app: ${name}}}
  template:
    metadata: {labels: {app: ${name}}}
    spec:
      containers:
        - name: ${name}
          image: ghcr.io/acme/${name}:1.4
          ports: [{containerPort: 8080}]
          env:
            - {name: LOG_LEVEL, value: info}
        - name: proxy
          image: envoyproxy/envoy:v1.31
---
apiVersion: v1
kind: Service
metadata: {name: ${name}}
spec: {ports: [{port: 80, targetPort: 8080}]}
`;
const DOCKERFILE = (name: string) =>
  `# syntax=docker/dockerfile:1\nFROM node:22-slim AS build\nWORKDIR /src\nCOPY . .\nRUN npm ci\nFROM ${name}/base:1\nCOPY --from=build /src /app\n`;
const COMPOSE = (name: string) =>
  `services:\n  ${name}:\n    image: ghcr.io/acme/${name}:1\n  db:\n    image: postgres:17\n`;
const WORKFLOW =
  'on: push\njobs:\n  test:\n    runs-on: ubuntu-latest\n    container: node:22\n    steps: [{run: npm test}]\n';
const SETTINGS = 'rules:\n  - name: a\n    value: 1\n  - name: b\n    value: [1, 2, 3]\n';
const VALUES = 'image:\n  repository: ghcr.io/acme/shop\n  tag: "1.4"\nreplicas: 2\n';

/** How many of each kind, what they are called, what is in them. */
const FILES: readonly (readonly [number, (n: number) => string, (n: number) => string])[] = [
  [200, (n) => `deploy/${n % 40}/app-${n}.yaml`, (n) => MANIFEST(`app-${n}`)],
  [150, (n) => `services/${n}/Dockerfile`, (n) => DOCKERFILE(`team${n}`)],
  [50, (n) => `services/${n}/compose.yaml`, (n) => COMPOSE(`app-${n}`)],
  [30, (n) => `.github/workflows/ci-${n}.yml`, () => WORKFLOW],
  [30, (n) => `charts/${n}/values.yaml`, () => VALUES],
  [500, (n) => `config/${n % 20}/settings-${n}.yaml`, () => SETTINGS],
  [
    300,
    (n) => `fixtures/${n % 20}/data-${n}.json`,
    (n) => JSON.stringify({ id: n, list: Array(50).fill(n) }),
  ],
  [8740, (n) => `src/${n % 200}/module-${n}.ts`, (n) => `export const value${n} = ${n};\n`],
];

function makeRepository(): { folder: string; count: number } {
  const folder = mkdtempSync(join(tmpdir(), 'pratique-bench-'));
  let count = 0;
  for (const [most, nameOf, textOf] of FILES)
    for (let n = 0; n < most; n += 1) {
      const path = join(folder, nameOf(n));
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, textOf(n));
      count += 1;
    }
  execFileSync('git', ['init', '--quiet'], { cwd: folder });
  execFileSync('git', ['add', '.'], { cwd: folder });
  return { folder, count };
}

const [given] = process.argv.slice(2);
const { folder, count } = given === undefined ? makeRepository() : { folder: given, count: undefined };
try {
  const times: number[] = [];
  let last = '';
  for (let round = 0; round < ROUNDS; round += 1) {
    const began = performance.now();
    const { status, stdout, stderr } = spawnSync(process.execPath, [PROGRAM, 'refs', '-q'], { cwd: folder });
    times.push(performance.now() - began);
    if (status === null || status === 2) throw new Error(String(stderr));
    last = String(stdout).trim().split('\n').at(-1) ?? '';
  }
  times.sort((a, b) => a - b);
  const shown = [times[0], times[ROUNDS >> 1], times.at(-1)].map((time) => `${(time ?? 0).toFixed(0)} ms`);
  console.log(
    `${count ?? 'given'} files: least ${shown[0]}, middle ${shown[1]}, most ${shown[2]} of ${ROUNDS} runs`,
  );
  console.log(last);
} finally {
  if (given === undefined) rmSync(folder, { recursive: true, force: true });
}
