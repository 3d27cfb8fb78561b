import type { Argv } from 'yargs';
import { PratiqueError } from '../errors.ts';
import { cachePlace } from '../io/cache-folder.ts';
import type { Terminal } from './terminal.ts';

/** The options of the cache of layers; `readCache` reads them. */
export function cacheOptions(parser: Argv, byDefault: string): Argv {
  return parser
    .option('cache', {
      type: 'boolean',
      describe: `Use what earlier runs found in the same layers, and keep what this one finds; default: ${byDefault}`,
    })
    .option('no-cache', { type: 'boolean', describe: 'Read every layer, and keep nothing' });
}

/**
 * Where what was found in layers is kept, if anywhere.
 * @param byDefault whether it is where nobody asks. Never in CI, where the folder of a user may be anybody's; never where
 *   something is signed: others trust it who do not know whose folder it rests on
 * @throws {PratiqueError} `USAGE` where the options contradict each other, or there is no place
 */
export function readCache(
  options: Record<string, unknown>,
  { env }: Terminal,
  byDefault: boolean,
): { readonly cacheFolder?: string } {
  const { cache, noCache } = options;
  if (cache === true && noCache === true)
    throw new PratiqueError('USAGE', {
      what: '--cache and --no-cache contradict each other',
      next: 'give one',
    });
  const isOff = noCache === true || cache === false;
  const isAsked = cache === true || noCache === false;
  if (isOff || (!isAsked && (!byDefault || env['CI']))) return {};
  const cacheFolder = cachePlace(env, 'layers');
  if (cacheFolder !== undefined) return { cacheFolder };
  if (!isAsked) return {};
  throw new PratiqueError('USAGE', {
    what: 'there is no place for a cache',
    why: 'neither XDG_CACHE_HOME nor HOME names a folder by its whole path',
    next: 'set one of them, or leave --cache out',
  });
}
