import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { judgeName } from '../src/checks/name/likeness/judge-name.ts';
import { orderNames } from '../src/checks/name/likeness/known-names.ts';
import { printable } from '../src/model/printable.ts';
import { parseReference } from '../src/model/reference.ts';

// Asks three of the lists that allowlists/known-images.tsv is made of for what they name today, and writes the file anew:
// `node testdata/refresh-known-images.ts`. Rows of the other lists stay as they are. What changes is printed; look at it.

const FILE = fileURLToPath(new URL('../allowlists/known-images.tsv', import.meta.url));
const MOST_BYTES = 4 * 1024 * 1024; // of one answer; the longest has some 100 KiB
const MOST_ROWS = 20_000;
const SECONDS = 30; // for one answer
const LONGEST_WAIT = 60; // seconds, where a server asks to come back later
const TRIES = 3;

/** A public list of names. */
interface List {
  readonly name: string;
  readonly url: string;
  /** names as the list writes them */
  read(text: string): readonly string[];
}

/** Where the lists are; tests have servers of their own. */
interface Origins {
  readonly api: string;
  readonly raw: string;
}

const PUBLIC: Origins = { api: 'https://api.github.com', raw: 'https://raw.githubusercontent.com' };

/** Seen on a list, and most likely a typing error there. */
const WRONG: ReadonlySet<string> = new Set(['docker.io/enable/nessus']);

function listsAt({ api, raw }: Origins): readonly List[] {
  return [
    {
      name: 'official',
      url: `${api}/repos/docker-library/official-images/contents/library`,
      read: (text) => filesOf(text).map((file) => `docker.io/library/${file}`),
    },
    {
      name: 'daocloud',
      url: `${raw}/DaoCloud/public-image-mirror/main/allows.txt`,
      read: (text) => text.split(/\s+/).filter((line) => line !== '' && !line.includes('*')), // the others are patterns
    },
    {
      name: 'shortnames',
      url: `${raw}/containers/shortnames/main/shortnames.conf`,
      read: (text) => Array.from(text.matchAll(/^\s*"[^"]+"\s*=\s*"([^"]+)"/gm), ([, name = '']) => name),
    },
  ];
}

/** Files of a folder, as GitHub's API lists it: at most 1,000, and all of them or a fault. */
function filesOf(text: string): readonly string[] {
  const entries: unknown = JSON.parse(text);
  if (!Array.isArray(entries)) throw new Error('the answer is no list of files');
  if (entries.length >= 1000) throw new Error('the folder has more files than one answer holds');
  return entries.flatMap(({ type, name }: { type?: unknown; name?: unknown }) =>
    type === 'file' && typeof name === 'string' ? [name] : [],
  );
}

interface Row {
  readonly name: string;
  readonly lists: readonly string[];
  /** `YYYY-MM-DD` */
  readonly seen: string;
  readonly remark: string;
}

/** What each list names today. */
type Named = ReadonlyMap<string, ReadonlySet<string>>;

interface RefreshOptions {
  readonly origins?: Origins;
  readonly now?: Date;
  readonly sleep?: (milliseconds: number) => Promise<void>;
}

/**
 * The file as the lists would have it, and what that changes, a line each. A row that no list names any more stays, with a remark:
 * somebody may still use the image, and its imitations are none the less dangerous. A new name that imitates a known one is told
 * and not taken.
 * @param text the file as it is
 * @throws {Error} where a list cannot be had whole, or names less than half of what it named
 */
export async function refreshKnownImages(
  text: string,
  options: RefreshOptions = {},
): Promise<{ readonly text: string; readonly changes: readonly string[] }> {
  const { origins = PUBLIC, now = new Date(), sleep = wait } = options;
  const [head = '', ...lines] = text.trimEnd().split('\n');
  const rows = lines.map(readRow);
  const named = new Map<string, ReadonlySet<string>>();
  for (const list of listsAt(origins)) named.set(list.name, await namesOf(list, rows, sleep));
  const day = now.toISOString().slice(0, 10);
  const kept = rows.map((row) => renewed(row, named, day));
  const { added, doubtful } = newRows(rows, named, day);
  const all = [...kept, ...added].sort((a, b) => (a.name < b.name ? -1 : 1));
  if (all.length > MOST_ROWS) throw new Error(`there would be ${all.length} rows`);
  const changes = [
    ...added.map(({ name, lists }) => `+ ${name} (${lists.join(', ')})`),
    ...kept.flatMap((row, index) => changeOf(row, rows[index])),
    ...doubtful,
  ];
  return { text: `${[head, ...all.map(writeRow)].join('\n')}\n`, changes };
}

async function namesOf(
  list: List,
  rows: readonly Row[],
  sleep: (milliseconds: number) => Promise<void>,
): Promise<ReadonlySet<string>> {
  const names = new Set(list.read(await fetchText(list.url, sleep)).flatMap(fullName));
  const before = rows.filter(({ lists, remark }) => lists.includes(list.name) && remark === '').length;
  if (names.size >= before / 2) return names;
  throw new Error(`${list.name} names ${names.size} images and named ${before}: it is not whole`);
}

function readRow(line: string): Row {
  const [name = '', lists = '', seen = '', remark = ''] = line.split('\t');
  return { name, lists: lists.split(','), seen, remark };
}

function writeRow({ name, lists, seen, remark }: Row): string {
  return [name, lists.join(','), seen, ...(remark === '' ? [] : [remark])].join('\t');
}

/** The row with what the lists say of it today; those that were not asked still say what they said. */
function renewed(row: Row, named: Named, day: string): Row {
  const today = [...named].filter(([, names]) => names.has(row.name)).map(([list]) => list);
  const silent = row.lists.filter((list) => !named.has(list));
  if (today.length > 0)
    return { ...row, lists: [...new Set([...today, ...silent])].sort(), seen: day, remark: '' };
  if (silent.length > 0) return { ...row, lists: silent };
  return { ...row, remark: row.remark === '' ? `no list names it since ${day}` : row.remark };
}

function newRows(rows: readonly Row[], named: Named, day: string) {
  const known = new Set(rows.map(({ name }) => name));
  const order = orderNames(rows.map(({ name }) => parseReference(name)));
  const added: Row[] = [];
  const doubtful: string[] = [];
  for (const name of new Set([...named.values()].flatMap((names) => [...names]))) {
    if (known.has(name) || WRONG.has(name)) continue;
    const found = judgeName(parseReference(name), order, 1);
    const lists = [...named].filter(([, names]) => names.has(name)).map(([list]) => list);
    if (found === undefined || found.level === 'low')
      added.push({ name, lists: lists.sort(), seen: day, remark: '' });
    else
      doubtful.push(
        `! ${name} (${lists.join(', ')}) could be taken for ${found.meant}: not added; if it is right, add it by hand`,
      );
  }
  return { added, doubtful };
}

function changeOf(row: Row, before: Row | undefined): readonly string[] {
  if (before === undefined) return [];
  if (row.remark !== before.remark)
    return [row.remark === '' ? `+ ${row.name} (named again)` : `- ${row.name} (${row.remark})`];
  const [now, then] = [row.lists.join(', '), before.lists.join(', ')];
  return now === then ? [] : [`~ ${row.name} (${then} → ${now})`];
}

/** A name in full, without tag; none of what no image can be called, as other files beside those that are named for images. */
function fullName(text: string): readonly string[] {
  try {
    const { registry, repository } = parseReference(text);
    return [`${registry}/${repository}`];
  } catch {
    return [];
  }
}

async function fetchText(url: string, sleep: (milliseconds: number) => Promise<void>): Promise<string> {
  for (let attempt = 1; ; attempt += 1) {
    const answer = await fetch(url, {
      redirect: 'error',
      headers: { 'user-agent': 'pratique', accept: 'application/vnd.github+json, text/plain' },
      signal: AbortSignal.timeout(SECONDS * 1000),
    });
    if (answer.ok) return readBody(answer, url);
    await answer.body?.cancel();
    const seconds = waitingTime(answer);
    const later = seconds === undefined ? '' : `, and wants to be asked again in ${seconds} s`;
    if (seconds === undefined || attempt >= TRIES || seconds > LONGEST_WAIT)
      throw new Error(`${url} answered ${answer.status}${later}`);
    await sleep(seconds * 1000);
  }
}

/** Seconds that a busy server asks for; `undefined` where waiting does not help. @see GitHub REST API, "Rate limits" */
function waitingTime({ status, headers }: Response): number | undefined {
  const after = Number(headers.get('retry-after') ?? Number.NaN);
  if (Number.isFinite(after) && after >= 0) return Math.ceil(after);
  const isSpent = headers.get('x-ratelimit-remaining') === '0';
  const reset = Number(headers.get('x-ratelimit-reset') ?? Number.NaN);
  if ((status === 403 || status === 429) && isSpent && Number.isFinite(reset))
    return Math.max(1, Math.ceil(reset - Date.now() / 1000));
  return status === 429 || status >= 500 ? 2 : undefined;
}

async function readBody(answer: Response, url: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of answer.body ?? []) {
    bytes += chunk.length;
    if (bytes > MOST_BYTES) throw new Error(`${url} answered with more than ${MOST_BYTES} bytes`);
    chunks.push(chunk);
  }
  return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
}

function wait(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { text, changes } = await refreshKnownImages(readFileSync(FILE, 'utf8'));
  for (const line of changes) console.log(printable(line));
  console.log(`${changes.length} changes`);
  writeFileSync(`${FILE}.new`, text);
  renameSync(`${FILE}.new`, FILE); // whole or not at all
}
