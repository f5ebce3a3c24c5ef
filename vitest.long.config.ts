/** The suite of `npm run test:long`: faults, packages and browsers; one at a time, because each uses the whole machine. */
import { defineConfig, type ViteUserConfig } from 'vitest/config';

const config: ViteUserConfig = defineConfig({
  test: {
    setupFiles: ['test/fast-check-seed.ts'],
    include: ['test/long/**/*.test.ts'],
    passWithNoTests: true,
    testTimeout: 900_000,
    // The mutants' tests all run once before the first mutant.
    hookTimeout: 1_800_000,
    pool: 'forks',
    fileParallelism: false,
    maxConcurrency: 2,
    reporters: ['default', 'json'],
    outputFile: { json: 'build/test-long-report.json' },
  },
});

export default config;
