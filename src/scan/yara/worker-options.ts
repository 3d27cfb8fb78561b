/** The file of the thread, beside this one: as it was written, or as it was built. */
export const WORKER_URL = new URL(
  import.meta.url.endsWith('.ts') ? './yara-worker.ts' : './yara-worker.js',
  import.meta.url,
);

/** Nothing of the environment, nor of how this process was started, has to do with running rules. */
export const WORKER_OPTIONS = { env: {}, execArgv: [] as string[] };
