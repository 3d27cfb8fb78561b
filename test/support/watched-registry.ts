import { type RegistryServerOptions, startRegistry } from '../../src/demo/registry-server.ts';
import type { RegistryStore } from '../../src/demo/registry-store.ts';
import { type Recorded, type Reply, type Script, startScriptedServer } from './scripted-server.ts';

/** The registry of the demo behind a door that counts who comes, and can answer in its place. */
export interface WatchedRegistry {
  /** `127.0.0.1:PORT` */
  readonly host: string;
  readonly store: RegistryStore;
  /** the registry itself, for scripts that pass a request on by `forward` and do something then */
  readonly behind: string;
  readonly requests: readonly Recorded[];
  /** answers in the registry's place; it answers itself where this says nothing */
  script: Script;
  /** `METHOD path` of each request since the last call */
  seen(): readonly string[];
  close(): Promise<void>;
}

export async function startWatchedRegistry(options: RegistryServerOptions = {}): Promise<WatchedRegistry> {
  const registry = await startRegistry(options);
  let script: Script = () => undefined;
  let told = 0;
  const door = await startScriptedServer(
    async (request) => (await script(request)) ?? forward(registry.host, request),
  );
  return {
    host: door.host,
    store: registry.store,
    behind: registry.host,
    requests: door.requests,
    get script() {
      return script;
    },
    set script(next: Script) {
      script = next;
    },
    seen() {
      const fresh = door.requests.slice(told).map(({ method, path }) => `${method} ${path}`);
      told = door.requests.length;
      return fresh;
    },
    async close() {
      await door.close();
      await registry.close();
    },
  };
}

/** Passes a request on to a registry and its answer back. */
export async function forward(host: string, { method, target, headers, body }: Recorded): Promise<Reply> {
  const passed = Object.entries(headers).filter(([name]) =>
    ['accept', 'authorization', 'content-type', 'content-range', 'range'].includes(name),
  );
  const answer = await fetch(`http://${host}${target}`, {
    method,
    headers: Object.fromEntries(passed) as Record<string, string>,
    ...(body.length > 0 ? { body: new Uint8Array(body) } : {}),
  });
  const back = [...answer.headers].filter(
    ([name]) => !['connection', 'date', 'keep-alive', 'transfer-encoding'].includes(name),
  );
  return {
    status: answer.status,
    headers: Object.fromEntries(
      back.map(([name, value]) => [name, value.replaceAll(host, headers.host ?? host)]),
    ),
    body: new Uint8Array(await answer.arrayBuffer()),
  };
}
