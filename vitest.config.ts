import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Those need servers that nobody here wrote (npm run test:interop), the registry and other roots (npm run test:package), or
    // network namespaces and root (npm run test:receive), or an API server (npm run test:cluster).
    exclude: [
      'test/cluster/**',
      'test/interop/**',
      'test/package/**',
      'test/services/**',
      'test/receive/**',
      'test/soak/**',
    ],
    // Each file in a process of its own: a crash of the addon is one file's failure, and it is seen.
    pool: 'forks',
    // A test that waits for a condition ends with it; this bound is for the ones that never will.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // A race that is retried is a race that is shipped.
    retry: 0,
    reporters: process.env.CI ? ['default', ['json', { outputFile: 'build/vitest.json' }]] : ['default'],
  },
});
