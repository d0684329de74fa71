import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/interop/**/*.test.ts'],
    globalSetup: ['test/interop/global-setup.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    retry: 0,
    reporters: process.env.CI
      ? ['default', ['json', { outputFile: 'build/vitest-interop.json' }]]
      : [['default', { summary: false }]],
  },
});
