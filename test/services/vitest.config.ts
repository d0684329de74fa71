import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    // Speeds are measured when they are asked for, one at a time.
    include: process.env.VENUEWIRE_SPEED ? ['test/services/**/*.speed.ts'] : ['test/services/**/*.test.ts'],
    globalSetup: ['test/services/global-setup.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 300_000,
    hookTimeout: 60_000,
    retry: 0,
    reporters: process.env.CI
      ? ['default', ['json', { outputFile: 'build/vitest-services.json' }]]
      : [['default', { summary: false }]],
  },
});
