import { type ChildProcess, spawn } from 'node:child_process';
import { connect } from 'node:net';
import { freePort } from './docker-registry.ts';
import { missingPrograms } from './programs.ts';

/** Debian's redis-server on a loopback port. */
export interface RedisServer {
  readonly url: string;
  /** ends it as a crash would, and starts it again on what it has written */
  crash(): Promise<void>;
  stop(): Promise<void>;
}

/** Why the tests with a queue cannot run here; nothing where they can. */
export function whyNoRedis(): string | undefined {
  return missingPrograms('redis-server').length === 0
    ? undefined
    : 'not installed: redis-server (apt-get install redis-server)';
}

/** Starts one that keeps its data in a folder. @param more settings, as `['--appendonly', 'yes']` */
export async function startRedis(
  folder: string,
  more: readonly string[] = ['--appendonly', 'yes'],
): Promise<RedisServer> {
  const port = await freePort();
  const start = async () => {
    const args = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '', ...more];
    const child = spawn('redis-server', args, { stdio: 'ignore' });
    while (!(await answers(port))) await new Promise((resolve) => setTimeout(resolve, 20));
    return child;
  };
  let child = await start();
  return {
    url: `redis://127.0.0.1:${port}`,
    async crash() {
      await end(child, 'SIGKILL');
      child = await start();
    },
    stop: () => end(child, 'SIGKILL'),
  };
}

function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.kill(signal);
  });
}

/** It says so while it still reads what it has written. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
    socket.on('data', (bytes) => {
      socket.destroy();
      resolve(/^(?:\+PONG|-NOAUTH)/.test(bytes.toString()));
    });
    socket.on('error', () => resolve(false));
  });
}
