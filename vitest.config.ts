import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/**
 * unit: everything that needs npm only; `npm test`.
 * servers: the same gate against programs from Debian (docker-registry, skopeo, umoci); `npm run test:servers`.
 * interop: cosign and zot, where Go has installed them; `npm run test:interop`.
 * scale: sweeps over hundreds of images, with docker-registry and redis-server from Debian; `npm run test:scale`.
 * redos: every shipped pattern through a ReDoS checker, which takes minutes; `npm run test:redos`.
 */
export default defineConfig({
  test: {
    // Two at least: most of what takes long waits for processes and servers. Vitest would leave one core of two idle.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/servers/**', 'test/interop/**', 'test/scale/**', 'test/scan/redos.test.ts'],
          testTimeout: 20_000,
        },
      },
      { test: { name: 'redos', include: ['test/scan/redos.test.ts'], testTimeout: 60_000 } },
      {
        test: {
          name: 'servers',
          include: ['test/servers/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'scale',
          include: ['test/scale/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'interop',
          include: ['test/interop/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
