import { PratiqueError } from '../../errors.ts';
import { readFields } from '../../io/json/json-fields.ts';
import { readJson } from '../../io/json/strict-json.ts';
import type { Catalogue } from '../../model/catalogue.ts';
import type { Descriptor } from '../../model/descriptor.ts';
import { readBody } from './answer.ts';
import { placeOf } from './fault.ts';
import { lookUpManifest } from './manifests.ts';
import { nextPage } from './pages.ts';
import type { RegistryOptions } from './registry-options.ts';
import { Session } from './session.ts';

/** Names that are asked for at once; registries give fewer where they want to. */
const PAGE = 1000;
/** Names of one list; the largest registries have some hundred thousand repositories, and a hostile one has no end. */
const MOST_NAMES = 5_000_000;
/** Answers of registries that give nobody a catalogue: Docker Hub, GHCR, ECR. */
const WITHOUT_CATALOGUE = [401, 403, 404, 405, 501];

/** Opens the lists of a registry. Sends nothing before it is asked for something. */
export function openRegistryCatalogue(registry: string, options: RegistryOptions): Catalogue {
  return new RegistryCatalogue(registry, options);
}

/** Conversations that are kept open beside those that are in use: some registries have a hundred thousand repositories. */
const IDLE_SESSIONS = 16;

interface Used {
  readonly session: Session;
  users: number;
}

/** One conversation for the whole registry, and one for each repository that is, or was lately, asked about. */
class RegistryCatalogue implements Catalogue {
  private readonly registry: string;
  private readonly options: RegistryOptions;
  /** in the order in which they were last asked for */
  private readonly sessions = new Map<string, Used>();

  constructor(registry: string, options: RegistryOptions) {
    this.registry = registry;
    this.options = options;
  }

  repositories(): AsyncIterable<string> {
    return this.each('', listRepositories);
  }

  tags(repository: string): AsyncIterable<string> {
    return this.each(repository, listTags);
  }

  async lookUp(repository: string, tag: string): Promise<Descriptor | undefined> {
    const used = this.use(repository);
    try {
      const { session } = used;
      return (await session.guarded(() => lookUpManifest(session, tag)))?.descriptor;
    } finally {
      this.giveBack(used);
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.sessions.values()].map(({ session }) => session.close()));
    this.sessions.clear();
  }

  private async *each(
    repository: string,
    list: (session: Session) => AsyncGenerator<string>,
  ): AsyncGenerator<string> {
    const used = this.use(repository);
    try {
      yield* used.session.guardedEach(list(used.session));
    } finally {
      this.giveBack(used);
    }
  }

  private use(repository: string): Used {
    const used = this.sessions.get(repository) ?? {
      session: new Session({ registry: this.registry, repository }, this.options),
      users: 0,
    };
    used.users += 1;
    this.sessions.delete(repository);
    this.sessions.set(repository, used);
    return used;
  }

  private giveBack(used: Used): void {
    used.users -= 1;
    const idle = [...this.sessions].filter(([, { users }]) => users === 0);
    for (const [repository, { session }] of idle.slice(0, Math.max(0, idle.length - IDLE_SESSIONS))) {
      this.sessions.delete(repository);
      void session.close().catch(() => {});
    }
  }
}

/** @see distribution, "Listing Repositories"; the OCI distribution-spec has no catalogue */
async function* listRepositories(session: Session): AsyncGenerator<string> {
  yield* listNames(session, {
    path: '/v2/_catalog',
    field: 'repositories',
    list: 'the catalogue',
    absent: (status) => noCatalogue(session, status),
  });
}

/** @see OCI distribution-spec v1.1, "Listing Tags" */
async function* listTags(session: Session): AsyncGenerator<string> {
  yield* listNames(session, { path: session.path('tags', 'list'), field: 'tags', list: 'the list of tags' });
}

interface List {
  readonly path: string;
  /** of the answer that holds the names; `null` and absent mean none, as the registries of Docker and Harbor have it */
  readonly field: string;
  /** for messages */
  readonly list: string;
  /** the fault that an answer is which says that there is no such list; absent: that of the status */
  readonly absent?: (status: number) => PratiqueError;
}

async function* listNames(session: Session, { path, field, list, absent }: List): AsyncGenerator<string> {
  const { limits } = session.options;
  let count = 0;
  let next: string | URL | undefined = `${path}?n=${PAGE}`;
  const visited = new Set<string>();
  while (next !== undefined) {
    const answer = await session.ask({
      method: 'GET',
      at: next,
      headers: { accept: 'application/json' },
      scope: { repository: session.repository, actions: 'pull' },
      expect: absent === undefined || visited.size > 0 ? [200] : [200, ...WITHOUT_CATALOGUE],
    });
    if (answer.status !== 200) {
      answer.discard();
      throw absent?.(answer.status);
    }
    const where = placeOf('GET', answer.url, answer.foreign);
    if (visited.has(answer.url.href)) throw endless(list, where, 'it repeats itself');
    visited.add(answer.url.href);
    const names = readFields(readJson(await readBody(answer, limits.manifestBytes), { where }), {
      where,
    }).strings(field);
    count += names.length;
    if (count > MOST_NAMES) throw endless(list, where, `it has more than ${MOST_NAMES} names`);
    yield* names;
    next = await nextPage(session, answer, path, list);
    // A page of nothing that goes on is how a registry could keep us for ever.
    if (next !== undefined && names.length === 0)
      throw endless(list, where, 'a page is empty, and yet it goes on');
  }
}

function noCatalogue({ endpoint }: Session, status: number): PratiqueError {
  return new PratiqueError('NOT_SUPPORTED', {
    what: `${endpoint.registry} gives no catalogue of its repositories: it answered ${status}`,
    next: 'name the repositories, as in HOST/PATH/NAME:*, or give the names on standard input',
  });
}

function endless(list: string, where: string, why: string): PratiqueError {
  return new PratiqueError('LIMIT_EXCEEDED', { what: `${list} does not end`, where, why });
}
