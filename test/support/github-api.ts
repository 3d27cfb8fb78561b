import type { ActionStep } from './action-step.ts';
import { type Reply, type ScriptedServer, startScriptedServer } from './scripted-server.ts';

/** GitHub's API for a repository: its trees and blobs, as git has them in a clone. */
export async function serveGithub(step: ActionStep): Promise<ScriptedServer> {
  return startScriptedServer(({ path }) => answerOf(step, path));
}

/** What it answers by itself. @see GitHub REST API, "Git database" */
export function answerOf(step: ActionStep, path: string): Reply {
  const [, kind, id = ''] = /^\/repos\/acme\/shop\/git\/(trees|blobs)\/([0-9a-f]{40})$/.exec(path) ?? [];
  if (kind === 'blobs') return { body: step.gitBytes('cat-file', 'blob', id) };
  if (kind !== 'trees') return { status: 404, body: '{}' };
  const tree = step
    .git('ls-tree', '-z', id)
    .split('\0')
    .slice(0, -1)
    .map((line) => {
      const [, mode, type, sha, name] = /^(\d+) (\w+) (\w+)\t(.*)$/s.exec(line) ?? [];
      return { path: name, mode, type, sha };
    });
  return { body: JSON.stringify({ sha: id, tree, truncated: false }) };
}
