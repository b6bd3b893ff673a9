// Which part may know which other; docs/architecture.md draws it. Run by `npm run lint`.
const CLIENT = 'node_modules/@kubernetes/client-node';
const BASE = 'node_modules/@dot-i/k8s-operator';

/** Files of the product, not what tests them. */
const notTests = { pathNot: '\\.test\\.ts$' };

module.exports = {
  forbidden: [
    {
      name: 'no-circular',
      comment: 'Two files that need each other are one idea.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'runtime-stands-alone',
      comment: 'The engine knows neither Kubernetes nor Authentik, so that it runs on other stores and is tested without servers.',
      severity: 'error',
      from: { path: '^src/runtime/' },
      to: { path: ['^src/(?!runtime/)', CLIENT, BASE, 'node_modules/(axios|undici|@goauthentik)'] },
    },
    {
      name: 'authentik-without-kubernetes',
      comment: 'The client and the tables work outside of a cluster as well.',
      severity: 'error',
      from: { path: '^src/(authentik|catalogue)/' },
      to: { path: ['^src/(?!authentik/|catalogue/|runtime/)', CLIENT, BASE] },
    },
    {
      name: 'advice-stands-alone',
      comment: 'What is advised knows no cluster, no server and no engine, so that manifests can be judged by it without any.',
      severity: 'error',
      from: { path: '^src/advice/' },
      to: { path: ['^src/(?!advice/|catalogue/)', CLIENT, BASE, 'node_modules/(axios|undici|@goauthentik)'] },
    },
    {
      name: 'resources-without-kubernetes',
      comment: 'Resources deal with Authentik; what they need of the cluster is handed to them.',
      severity: 'error',
      from: { path: '^src/resources/' },
      to: { path: ['^src/(kube|controllers|server)/', CLIENT, BASE] },
    },
    {
      name: 'server-without-kinds',
      comment: 'A server knows lists and rows, and nothing of what is made of them.',
      severity: 'error',
      from: { path: '^src/server/' },
      to: { path: ['^src/(kube|controllers|resources|advice)/', CLIENT, BASE] },
    },
    {
      name: 'controllers-without-client',
      comment: 'Controllers say what is particular to a kind. How the cluster is reached is the business of src/kube.',
      severity: 'error',
      from: { path: '^src/controllers/' },
      to: { path: [CLIENT, BASE] },
    },
    {
      name: 'kube-below-controllers',
      comment: 'src/kube implements what src/runtime asks for and knows nothing of Authentik.',
      severity: 'error',
      from: { path: '^src/kube/', ...notTests },
      to: { path: '^src/(authentik|catalogue|resources|server|controllers)/' },
    },
    {
      name: 'api-below-everything',
      comment: 'Schemas depend on the tables only.',
      severity: 'error',
      from: { path: '^src/api/' },
      to: { path: '^src/(?!api/|catalogue/)' },
    },
    {
      name: 'one-place-for-the-client',
      comment: 'Only src/kube and the wiring know the Kubernetes client.',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/kube/', '^src/(operator|main)\\.ts$'] },
      to: { path: CLIENT },
    },
    {
      name: 'one-file-for-the-base-class',
      comment: 'docs/adr/0001-operator-base-class.md',
      severity: 'error',
      from: { path: '^(src|test|scripts|demo)/', pathNot: '^src/kube/operator-base(\\.test)?\\.ts$' },
      to: { path: BASE },
    },
    {
      name: 'product-without-tests',
      comment: 'What ships depends on nothing of test/, demo/ or scripts/.',
      severity: 'error',
      from: { path: '^src/', ...notTests },
      to: { path: '^(test|demo|scripts|bench)/' },
    },
    {
      name: 'product-without-dev-dependencies',
      comment: 'What ships must be installed with the product.',
      severity: 'error',
      from: { path: '^src/', pathNot: ['\\.test\\.ts$', '^src/kube/testing/', '^src/authentik/(scripted-server|silent-logger)\\.ts$'] },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only'] },
    },
    { name: 'not-unresolvable', comment: 'An import that leads nowhere.', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
      extensions: ['.ts', '.js', '.cjs', '.mjs', '.json', '.d.ts'],
    },
  },
};
