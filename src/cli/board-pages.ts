import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import type {
  AppControllerRoute,
  AppViewRoute,
  BullBoardQueues,
  ControllerHandlerReturnType,
  IServerAdapter,
  UIConfig,
} from '@bull-board/api/typings/app';
import { html, htmlText } from '../report/html/html-template.ts';

/** What is answered to whoever looks at the board. */
export interface BoardAnswer {
  readonly status: number;
  readonly type: string;
  readonly body: string | Uint8Array;
}

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
};
const HTML = 'text/html; charset=utf-8';
/** The page of bull-board asks Google for its letters; this machine has some, too. */
const ELSEWHERE = /<link\b[^>]*\bhref="https?:[^>]*>/g;

/**
 * What bull-board would have a web framework do, for reading alone: of its routes only those of GET are there, so that nobody can empty
 * a queue or put an image into it. The framework that it comes with is seventy packages.
 */
export class BoardPages implements IServerAdapter {
  private queues: BullBoardQueues = new Map();
  private config: UIConfig = {};
  private views = '';
  private files: ReadonlyMap<string, string> = new Map();
  private entry: AppViewRoute | undefined;
  private routes: readonly { readonly pattern: RegExp; readonly handler: AppControllerRoute['handler'] }[] =
    [];
  private onError: (error: Error) => ControllerHandlerReturnType = () => ({ status: 500, body: '' });

  setQueues(queues: BullBoardQueues): this {
    this.queues = queues;
    return this;
  }

  setViewsPath(path: string): this {
    this.views = path;
    return this;
  }

  /** Files are looked up by name in a list: no path leads out of the folder. */
  setStaticPath(route: string, folder: string): this {
    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
    this.files = new Map(
      files.map((one) => {
        const path = join(one.parentPath, one.name);
        return [`${route}/${relative(folder, path).split(sep).join('/')}`, path];
      }),
    );
    return this;
  }

  setEntryRoute(route: AppViewRoute): this {
    this.entry = route;
    return this;
  }

  setErrorHandler(handler: (error: Error) => ControllerHandlerReturnType): this {
    this.onError = handler;
    return this;
  }

  setApiRoutes(routes: AppControllerRoute[]): this {
    this.routes = routes
      .filter(({ method }) => [method].flat().includes('get'))
      .flatMap(({ route, handler }) => [route].flat().map((one) => ({ pattern: patternOf(one), handler })));
    return this;
  }

  setUIConfig(config: UIConfig): this {
    this.config = config;
    return this;
  }

  /** The answer to a GET; `undefined` where there is nothing. */
  async answer({ pathname, searchParams }: URL): Promise<BoardAnswer | undefined> {
    const file = this.files.get(pathname);
    if (file !== undefined)
      return {
        status: 200,
        type: TYPES[extname(file)] ?? 'application/octet-stream',
        body: await readFile(file),
      };
    if ([this.entry?.route ?? []].flat().some((route) => patternOf(route).test(pathname)))
      return await this.page();
    for (const { pattern, handler } of this.routes) {
      const params = paramsOf(pattern, pathname);
      if (params === undefined) continue;
      const query = Object.fromEntries(searchParams);
      const { status = 200, body } = await this.ask(handler, params, query);
      return { status, type: 'application/json; charset=utf-8', body: JSON.stringify(body) };
    }
    return undefined;
  }

  private async ask(
    handler: AppControllerRoute['handler'],
    params: Readonly<Record<string, string>>,
    query: Readonly<Record<string, string>>,
  ): Promise<ControllerHandlerReturnType> {
    try {
      return await handler({
        queues: this.queues,
        uiConfig: this.config,
        query,
        params,
        body: {},
        headers: {},
      });
    } catch (thrown) {
      return this.onError(thrown instanceof Error ? thrown : new Error(String(thrown)));
    }
  }

  /** The page, with `<%= %>` and `<%- %>` filled in as EJS does: all that there is of it in there. */
  private async page(): Promise<BoardAnswer | undefined> {
    const view = this.entry?.handler({ basePath: '/', uiConfig: this.config });
    if (view === undefined) return undefined;
    const values = new Map(Object.entries(view.params).map(([name, value]) => [name, String(value ?? '')]));
    const text = (await readFile(join(this.views, 'index.ejs'), 'utf8'))
      .replace(ELSEWHERE, '')
      .replace(/<%([=-])\s*(\w+)\s*%>/g, (_all, kind: string, name: string) => {
        const value = values.get(name) ?? '';
        return kind === '=' ? htmlText(html`${value}`) : value;
      });
    return { status: 200, type: HTML, body: text };
  }
}

function patternOf(route: string): RegExp {
  const parts = route.split('/').map((part) => (part.startsWith(':') ? `(?<${part.slice(1)}>[^/]+)` : part));
  return new RegExp(`^${parts.join('/')}$`);
}

function paramsOf(pattern: RegExp, pathname: string): Readonly<Record<string, string>> | undefined {
  const found = pattern.exec(pathname);
  if (found === null) return undefined;
  try {
    return Object.fromEntries(
      Object.entries(found.groups ?? {}).map(([name, value]) => [name, decodeURIComponent(value)]),
    );
  } catch {
    return undefined; // half an escape
  }
}
