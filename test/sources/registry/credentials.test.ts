import { execFile as execFileWithCallback } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findCredentials } from '../../../src/sources/registry/credentials.ts';
import { faultOf, testOptions } from './fixtures.ts';

const execFile = promisify(execFileWithCallback);

let root = '';
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'pratique-logins-'));
});
afterAll(async () => {
  await rm(root, { recursive: true, force: true });
});

const SECRET = ['not', 'a', 'real', 'secret'].join('-');
const entry = (user: string) => ({ auth: Buffer.from(`${user}:${SECRET}`).toString('base64') });

async function put(path: string, content: unknown): Promise<string> {
  const full = join(root, path);
  await mkdir(dirname(full), { recursive: true });
  await writeFile(full, typeof content === 'string' ? content : JSON.stringify(content));
  return full;
}

/** A program on a PATH of its own; `body` is shell. */
async function helper(name: string, body: string): Promise<string> {
  const path = await put(`bin-${name}/docker-credential-${name}`, `#!/bin/sh\n${body}\n`);
  await chmod(path, 0o755);
  return dirname(path);
}

/** The process whose id the file holds. @throws where it has ended */
async function stillRunning(pidFile: string): Promise<number> {
  const pid = Number(await readFile(pidFile, 'utf8'));
  process.kill(pid, 0);
  return pid;
}

function end(pid: number): void {
  process.kill(pid, 'SIGKILL');
}

async function userOf(registry: string, repository: string, env: Record<string, string>, authFile?: string) {
  const found = await findCredentials(
    registry,
    repository,
    testOptions({ env, ...(authFile ? { authFile } : {}) }),
  );
  return found === undefined ? undefined : 'username' in found ? found.username : found.kind;
}

describe('the places of logins', () => {
  test('count in their order: the caller, REGISTRY_AUTH_FILE, DOCKER_AUTH_CONFIG, podman, Docker', async () => {
    const file = (name: string) => ({ auths: { 'r.example': entry(name) } });
    const env: Record<string, string> = { HOME: join(root, 'home') };
    const steps: [string, () => Promise<void>][] = [
      ['home-docker', async () => void (await put('home/.docker/config.json', file('home-docker')))],
      [
        'docker-config',
        async () => {
          env['DOCKER_CONFIG'] = dirname(await put('docker/config.json', file('docker-config')));
        },
      ],
      ['home-podman', async () => void (await put('home/.config/containers/auth.json', file('home-podman')))],
      [
        'xdg-config',
        async () => {
          await put('xdg/containers/auth.json', file('xdg-config'));
          env['XDG_CONFIG_HOME'] = join(root, 'xdg');
        },
      ],
      [
        'xdg-runtime',
        async () => {
          await put('run/containers/auth.json', file('xdg-runtime'));
          env['XDG_RUNTIME_DIR'] = join(root, 'run');
        },
      ],
      [
        'in-env',
        async () => {
          env['DOCKER_AUTH_CONFIG'] = JSON.stringify(file('in-env'));
        },
      ],
      [
        'auth-file',
        async () => {
          env['REGISTRY_AUTH_FILE'] = await put('auth.json', file('auth-file'));
        },
      ],
    ];
    expect(await userOf('r.example', 'a', env)).toBeUndefined();
    for (const [name, add] of steps) {
      await add();
      expect(await userOf('r.example', 'a', env)).toBe(name);
    }
    const authFile = await put('mine.json', file('mine'));
    expect(await userOf('r.example', 'a', env, authFile)).toBe('mine');
  });

  test('that know nothing of the registry are passed over', async () => {
    const first = await put('other.json', { auths: { 'x.example': entry('x') } });
    const env = {
      REGISTRY_AUTH_FILE: first,
      DOCKER_AUTH_CONFIG: JSON.stringify({ auths: { 'r.example': entry('r') } }),
    };
    expect(await userOf('r.example', 'a', env)).toBe('r');
  });

  test('that are relative to the working folder are not looked at', async () => {
    await put('near/config.json', { auths: { 'r.example': entry('near') } });
    const near = join(relative(process.cwd(), root), 'near');
    expect(await userOf('r.example', 'a', { DOCKER_CONFIG: near })).toBeUndefined();
    expect(await userOf('r.example', 'a', { DOCKER_CONFIG: join(root, 'near') })).toBe('near');
  });

  test('that cannot be read are a fault, and never "anonymous"', async () => {
    const broken = [
      '{',
      '[]',
      'null',
      '{"auths": []}',
      '{"auths": {"r.example": {"auth": 5}}}',
      '{"auths": {"r.example": "x"}}',
    ];
    for (const text of [...broken, '{"credHelpers": {"r.example": 1}}', ' '.repeat(2 * 1024 * 1024)]) {
      const env = { REGISTRY_AUTH_FILE: await put('broken.json', text) };
      expect((await faultOf(findCredentials('r.example', 'a', testOptions({ env })))).code).toBe(
        'CREDENTIALS',
      );
    }
    const folder = { REGISTRY_AUTH_FILE: root };
    expect((await faultOf(findCredentials('r.example', 'a', testOptions({ env: folder })))).code).toBe(
      'CREDENTIALS',
    );
    const authFile = join(root, 'missing.json');
    expect((await faultOf(findCredentials('r.example', 'a', testOptions({ authFile })))).code).toBe(
      'CREDENTIALS',
    );
  });

  test('that have an entry which is no login are a fault', async () => {
    for (const auth of [
      '%%%',
      Buffer.from('nocolon').toString('base64'),
      Buffer.from(':x').toString('base64'),
    ]) {
      const env = { DOCKER_AUTH_CONFIG: JSON.stringify({ auths: { 'r.example': { auth } } }) };
      expect((await faultOf(findCredentials('r.example', 'a', testOptions({ env })))).code).toBe(
        'CREDENTIALS',
      );
    }
    const env = { DOCKER_AUTH_CONFIG: JSON.stringify({ auths: { 'r.example': { registrytoken: 'a\nb' } } }) };
    expect((await faultOf(findCredentials('r.example', 'a', testOptions({ env })))).code).toBe('CREDENTIALS');
  });

  test('may hold a password with colons, and user and password on their own', async () => {
    const auths = {
      'a.example': { auth: Buffer.from('user:pass:with:colons').toString('base64') },
      'b.example': { username: 'u', password: 'p' },
    };
    const options = testOptions({ env: { DOCKER_AUTH_CONFIG: JSON.stringify({ auths }) } });
    expect(await findCredentials('a.example', 'x', options)).toMatchObject({
      username: 'user',
      password: 'pass:with:colons',
    });
    expect(await findCredentials('b.example', 'x', options)).toMatchObject({ username: 'u', password: 'p' });
  });
});

describe("podman's entries for namespaces", () => {
  const auths = {
    'quay.io': entry('host'),
    'quay.io/acme': entry('namespace'),
    'quay.io/acme/app': entry('repository'),
  };
  const env = { DOCKER_AUTH_CONFIG: JSON.stringify({ auths }) };

  test('count from the most specific on', async () => {
    expect(await userOf('quay.io', 'acme/app', env)).toBe('repository');
    expect(await userOf('quay.io', 'acme/app/part', env)).toBe('repository');
    expect(await userOf('quay.io', 'acme/application', env)).toBe('namespace');
    expect(await userOf('quay.io', 'acm/app', env)).toBe('host');
    expect(await userOf('quay.io:443', 'acme/app', env)).toBeUndefined();
  });
});

describe('an entry written in another way than the image name', () => {
  const auth = (key: string) => ({ DOCKER_AUTH_CONFIG: JSON.stringify({ auths: { [key]: entry('same') } }) });

  test('is found if it means the same host, whole and exact', async () => {
    for (const key of [
      ...['ghcr.io:443', 'GHCR.io', 'https://ghcr.io:443/v1/', 'https://GHCR.io', 'ghcr.io:443/acme'],
      'Ghcr.io/acme/app',
    ])
      expect([key, await userOf('ghcr.io', 'acme/app', auth(key))]).toEqual([key, 'same']);
    expect(await userOf('127.0.0.1:5000', 'a', auth('127.1:5000'))).toBe('same');
    expect(await userOf('docker.io', 'acme/app', auth('registry.hub.docker.com'))).toBe('same');
    for (const key of [
      ...[
        'ghcr.io:80',
        'ghcr.io:4430',
        'cr.io',
        'x.ghcr.io',
        'ghcr.io.',
        '*.io',
        'ghcr.io/Acme',
        'ghcr.io:443/acm',
      ],
      ...['ghcr.io@x.example', 'https://ghcr.io@x.example/', 'https://ghcr.io:443@x.example', '\uff47hcr.io'],
    ])
      expect([key, await userOf('ghcr.io', 'acme/app', auth(key))]).toEqual([key, undefined]);
  });

  test('comes after the one that is written alike', async () => {
    const auths = { 'ghcr.io:443': entry('other'), 'ghcr.io': entry('exact') };
    const env = { DOCKER_AUTH_CONFIG: JSON.stringify({ auths }) };
    expect(await userOf('ghcr.io', 'a', env)).toBe('exact');
  });

  test('names a helper and a place in a store as it was written at login', async () => {
    const PATH = await helper('port', 'read -r host; printf \'{"Username":"u-%s","Secret":"s"}\' "$host"');
    const env = (config: object) => ({ PATH, DOCKER_AUTH_CONFIG: JSON.stringify(config) });
    expect(await userOf('ghcr.io', 'a', env({ credHelpers: { 'ghcr.io:443': 'port' } }))).toBe(
      'u-ghcr.io:443',
    );
    const stored = { auths: { 'ghcr.io:443': {} }, credsStore: 'port' };
    expect(await userOf('ghcr.io', 'a', env(stored))).toBe('u-ghcr.io:443');
    expect(await userOf('ghcr.io', 'a', env({ credsStore: 'port' }))).toBe('u-ghcr.io');
  });
});

describe('Docker Hub', () => {
  test('is known by each of its names', async () => {
    for (const key of [
      'https://index.docker.io/v1/',
      'docker.io',
      'index.docker.io',
      'https://registry-1.docker.io/v2/',
    ]) {
      const env = { DOCKER_AUTH_CONFIG: JSON.stringify({ auths: { [key]: entry('hub') } }) };
      expect(await userOf('docker.io', 'library/nginx', env)).toBe('hub');
      expect(await userOf('x.io', 'library/nginx', env)).toBeUndefined();
    }
  });
});

describe('a credential helper', () => {
  test('of one registry is asked by its name on stdin', async () => {
    const PATH = await helper('one', 'read -r host; printf \'{"Username":"u-%s","Secret":"s"}\' "$host"');
    const env = { PATH, DOCKER_AUTH_CONFIG: JSON.stringify({ credHelpers: { 'r.example:5000': 'one' } }) };
    expect(await userOf('r.example:5000', 'a', env)).toBe('u-r.example:5000');
    expect(await userOf('r.example', 'a', env)).toBeUndefined();
  });

  test('of Docker Hub is asked for the name that Docker uses', async () => {
    const PATH = await helper('hub', 'read -r host; printf \'{"Username":"%s","Secret":"s"}\' "$host"');
    const env = { PATH, DOCKER_AUTH_CONFIG: JSON.stringify({ credsStore: 'hub' }) };
    expect(await userOf('docker.io', 'library/nginx', env)).toBe('https://index.docker.io/v1/');
  });

  test('comes before the entries of its file, and the store after them', async () => {
    const PATH = await helper('two', 'echo \'{"Username":"helper","Secret":"s"}\'');
    const config = (more: object) => ({
      PATH,
      DOCKER_AUTH_CONFIG: JSON.stringify({ auths: { 'r.example': entry('file') }, ...more }),
    });
    expect(await userOf('r.example', 'a', config({ credHelpers: { 'r.example': 'two' } }))).toBe('helper');
    expect(await userOf('r.example', 'a', config({ credsStore: 'two' }))).toBe('file');
    const empty = { auths: { 'r.example': {} }, credsStore: 'two' };
    expect(await userOf('r.example', 'a', { PATH, DOCKER_AUTH_CONFIG: JSON.stringify(empty) })).toBe(
      'helper',
    );
  });

  test('may give a refresh token', async () => {
    const PATH = await helper('three', 'echo \'{"Username":"<token>","Secret":"refresh"}\'');
    const env = { PATH, DOCKER_AUTH_CONFIG: JSON.stringify({ credsStore: 'three' }) };
    const found = await findCredentials('r.example', 'a', testOptions({ env }));
    expect(found).toMatchObject({ kind: 'identity', token: 'refresh' });
  });

  test('that knows nothing means anonymous', async () => {
    const PATH = await helper('none', "echo 'credentials not found in native keychain'; exit 1");
    const env = { PATH, DOCKER_AUTH_CONFIG: JSON.stringify({ credsStore: 'none' }) };
    expect(await userOf('r.example', 'a', env)).toBeUndefined();
  });

  test('that fails in any other way is a fault, and what it printed stays hidden', async () => {
    const bodies = {
      exits: `echo ${SECRET}; exit 1`,
      'no-json': `echo ${SECRET}`,
      'no-secret': `echo '{"Username":"${SECRET}"}'`,
      'empty-secret': `echo '{"Username":"${SECRET}","Secret":""}'`,
      silent: 'exit 0',
      'too-much': 'head -c 200000 /dev/zero',
      killed: 'kill -9 $$',
    };
    for (const [name, body] of Object.entries(bodies)) {
      const PATH = `${await helper(name, body)}:/usr/bin:/bin`;
      const env = { PATH, DOCKER_AUTH_CONFIG: JSON.stringify({ credsStore: name }) };
      const fault = await faultOf(findCredentials('r.example', 'a', testOptions({ env })));
      expect([name, fault.code]).toEqual([name, 'CREDENTIALS']);
      expect(fault.message).not.toContain(SECRET);
    }
  });

  test('whose answer is whole counts, though what it left running holds its stdout', async () => {
    const body = 'echo \'{"Username":"left","Secret":"s"}\'; /bin/sleep 20 & echo $! > "$PID_FILE"';
    const pidFile = join(root, 'left.pid');
    const env = { PATH: await helper('left', body), PID_FILE: pidFile };
    const config = JSON.stringify({ credsStore: 'left' });
    expect(await userOf('r.example', 'a', { ...env, DOCKER_AUTH_CONFIG: config })).toBe('left');
    end(await stillRunning(pidFile));
  });

  test('that says "not found" counts, though what it left running holds its stdout', async () => {
    const body = 'echo "credentials not found"; /bin/sleep 20 & echo $! > "$PID_FILE"; exit 1';
    const pidFile = join(root, 'none-left.pid');
    const env = { PATH: await helper('none-left', body), PID_FILE: pidFile };
    const config = JSON.stringify({ credsStore: 'none-left' });
    expect(await userOf('r.example', 'a', { ...env, DOCKER_AUTH_CONFIG: config })).toBeUndefined();
    end(await stillRunning(pidFile));
  });

  test('that hangs with a child of its own does not keep the program from ending', async () => {
    const pidFile = join(root, 'child.pid');
    const PATH = await helper('nest', '/bin/sleep 20 & echo $! > "$PID_FILE"; wait');
    const config = { DOCKER_AUTH_CONFIG: JSON.stringify({ credsStore: 'nest' }) };
    const env = { PATH, PID_FILE: pidFile, ...config };
    const module = new URL('../../../src/sources/registry/credentials.ts', import.meta.url).href;
    const script = `
      import { findCredentials } from ${JSON.stringify(module)};
      const options = { env: ${JSON.stringify(env)}, limits: { stallSeconds: 2 } };
      await findCredentials('r.example', 'a', options).catch(({ code }) => console.log(code));`;
    const { stdout } = await execFile(process.execPath, ['--input-type=module', '-e', script]);
    expect(stdout.trim()).toBe('CREDENTIALS');
    end(await stillRunning(pidFile));
  });

  test('that hangs is ended', async () => {
    const PATH = await helper('hangs', 'exec /bin/sleep 30');
    const env = { PATH, DOCKER_AUTH_CONFIG: JSON.stringify({ credsStore: 'hangs' }) };
    const fault = await faultOf(findCredentials('r.example', 'a', testOptions({ env, stallSeconds: 0.2 })));
    expect(fault.problem.why).toContain('did not answer');
  });

  test('that is not installed, or only in a relative folder of PATH, is a fault', async () => {
    for (const PATH of ['/nonexistent', '', '.', 'bin:./bin']) {
      const env = { PATH, DOCKER_AUTH_CONFIG: JSON.stringify({ credsStore: 'two' }) };
      expect((await faultOf(findCredentials('r.example', 'a', testOptions({ env })))).problem.why).toContain(
        'PATH',
      );
    }
  });
});

test('GITHUB_TOKEN is the last resort for ghcr.io', async () => {
  const env: Record<string, string> = { GITHUB_TOKEN: SECRET };
  expect(await userOf('ghcr.io', 'a/b', env)).toBe('x-access-token');
  env['GITHUB_ACTOR'] = 'octocat';
  expect(await userOf('ghcr.io', 'a/b', env)).toBe('octocat');
  env['DOCKER_AUTH_CONFIG'] = JSON.stringify({ auths: { 'ghcr.io': entry('file') } });
  expect(await userOf('ghcr.io', 'a/b', env)).toBe('file');
});
