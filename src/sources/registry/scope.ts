/** What one request needs to be allowed to do. */
export interface Scope {
  /** empty: the registry itself, for the list of its repositories */
  readonly repository: string;
  readonly actions: 'pull' | 'pull,push';
  /** a mount reads from a second repository */
  readonly from?: string;
}

const SCOPE_LIMIT = 2048; // characters of a server's scope that are looked at
const ACTION = /^[a-z*]{1,32}$/;

/** Stands for a scope as the key of a cache. */
export function keyOf({ repository, actions, from = '' }: Scope): string {
  return `${repository} ${actions} ${from}`;
}

/**
 * The scopes to ask a token for: our own, and what the server said that this request needs (a proxying
 * registry knows the repository under another name). Merged and sorted; never gathered over requests,
 * which has made headers too large (regclient #189, #797).
 * @param offered the `scope` of the challenge
 * @see distribution, "Token Scope Documentation"
 */
export function scopesFor(scope: Scope, offered = ''): readonly string[] {
  const actions = new Map<string, Set<string>>();
  const add = (resource: string, list: string) => {
    const known = actions.get(resource) ?? new Set();
    for (const action of list.split(',')) if (ACTION.test(action)) known.add(action);
    if (known.size > 0) actions.set(resource, known);
  };
  // What the registry itself is asked for has a scope of its own. @see distribution, "Token Scope Documentation"
  if (scope.repository === '') add('registry:catalog', '*');
  else add(`repository:${scope.repository}`, scope.actions);
  if (scope.from !== undefined) add(`repository:${scope.from}`, 'pull');
  const foreign = offered.length > SCOPE_LIMIT ? [] : offered.split(' ');
  for (const text of foreign) {
    const colon = text.lastIndexOf(':');
    if (/^repository(?:\([a-z]+\))?:./.test(text) && colon > 10)
      add(text.slice(0, colon), text.slice(colon + 1));
  }
  return [...actions].map(([resource, list]) => `${resource}:${[...list].sort().join(',')}`).sort();
}
