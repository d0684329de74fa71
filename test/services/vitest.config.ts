import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    // Speeds are measured, and Spark's jobs tried, when they are asked for.
    include: [
      `test/services/**/*.${process.env.VENUEWIRE_SPEED ? 'speed' : process.env.VENUEWIRE_SPARK ? 'spark' : 'test'}.ts`,
    ],
    globalSetup: ['test/services/global-setup.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: process.env.VENUEWIRE_SPARK ? 900_000 : 300_000,
    hookTimeout: 60_000,
    retry: 0,
    reporters: process.env.CI
      ? ['default', ['json', { outputFile: 'build/vitest-services.json' }]]
      : [['default', { summary: false }]],
  },
});
