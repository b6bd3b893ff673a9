// Two projects: what needs no cluster sits beside its source; test/ runs on a real API server, started once by its global set-up.
const common = {
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': ['@swc/jest', { jsc: { parser: { syntax: 'typescript' }, target: 'es2024' }, module: { type: 'es6' } }] },
  testEnvironment: 'node',
};

export default {
  maxWorkers: 2,
  // For hangs only, on a machine with other work to do. Jest takes it from here and not from a project.
  testTimeout: 180_000,
  projects: [
    {
      ...common,
      displayName: 'unit',
      roots: ['<rootDir>/src', '<rootDir>/test', '<rootDir>/scripts'],
      testMatch: [
        '<rootDir>/src/**/*.test.ts',
        '<rootDir>/test/authentik-sim/**/*.test.ts',
        '<rootDir>/test/contract/**/*.test.ts',
        '<rootDir>/test/engine/**/*.test.ts',
        '<rootDir>/test/bed/**/*.test.ts',
        '<rootDir>/test/transcripts/**/*.test.ts',
        '<rootDir>/test/mail-server/**/*.test.ts',
        '<rootDir>/test/market/**/*.test.ts',
        '<rootDir>/test/visitor/**/*.test.ts',
        '<rootDir>/scripts/**/*.test.ts',
      ],
    },
    {
      ...common,
      displayName: 'cluster',
      roots: ['<rootDir>/test'],
      testMatch: ['<rootDir>/test/{e2e,crds,charts,kube,product}/**/*.test.ts'],
      globalSetup: '<rootDir>/test/bed/global-setup.ts',
      globalTeardown: '<rootDir>/test/bed/global-teardown.ts',
    },
  ],
};
