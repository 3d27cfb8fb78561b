/** The file of the thread, beside this one: as it was written, or as it was built. */
export const LAYER_WORKER_URL = new URL(
  import.meta.url.endsWith('.ts') ? './layer-worker.ts' : './layer-worker.js',
  import.meta.url,
);

/**
 * Nothing of the environment, nor of how this process was started, has to do with reading a layer. The old generation has
 * room for the million entries that a layer may have; with 2 GB and more V8 would let garbage take three times what is
 * used. The young one is small, as what is made while reading is garbage at once.
 */
export const LAYER_WORKER_OPTIONS = {
  env: {},
  execArgv: [] as string[],
  resourceLimits: { maxOldGenerationSizeMb: 1024, maxYoungGenerationSizeMb: 16 },
};
