import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/package/**/*.test.ts'],
    globalSetup: ['test/package/global-setup.ts'],
    pool: 'forks',
    maxWorkers: 1,
    testTimeout: 300_000,
    hookTimeout: 300_000,
    retry: 0,
    reporters: process.env.CI
      ? ['default', ['json', { outputFile: 'build/vitest-package.json' }]]
      : [['default', { summary: false }]],
  },
});
