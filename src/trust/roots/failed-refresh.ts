import { readCached, writeCached } from './cache-folder.ts';

/** Seconds after which a mirror that failed is asked again. One that is down would hold every check up. */
export const RETRY_SECONDS = 300;

/** Remembers beside a copy that its mirror failed. Where nothing can be kept, each check finds it out anew. */
export async function rememberFailure(folder: string, copyName: string, at: Date): Promise<void> {
  await writeCached(folder, nameFor(copyName), at.toISOString()).catch(() => {});
}

/** @returns when the mirror last failed; `undefined` where that is not known, as for what no clock of today has written */
export async function lastFailure(folder: string, copyName: string): Promise<Date | undefined> {
  const bytes = await readCached(folder, nameFor(copyName)).catch(() => undefined);
  const at = new Date(String(bytes));
  return Number.isNaN(at.getTime()) ? undefined : at;
}

function nameFor(copyName: string): string {
  return `${copyName}.failed`;
}
