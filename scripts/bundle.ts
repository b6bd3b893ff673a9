/**
 * Makes `dist/main.js` of the operator and everything it imports: one file, quicker to load and smaller in memory than the packages it is made of.
 *
 *   node scripts/bundle.ts            into dist/
 *   node scripts/bundle.ts <folder>   elsewhere
 */
import path from 'node:path';
import { build, type Plugin } from 'esbuild';

const ROOT = path.resolve(import.meta.dirname, '..');

/** ES modules have no `require`, which CommonJS packages in the bundle call for Node's own modules. */
const REQUIRE = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";

/** What `@dot-i/k8s-operator` gets instead of whole packages of which it uses a little or, overridden as it is, nothing. */
const SMALLER: Readonly<Record<string, string>> = {
  '@kubernetes/client-node': 'src/kube/operator-base-client.ts',
  gaxios: 'src/kube/operator-base-gaxios.ts',
};

const smallBase: Plugin = {
  name: 'small-base',
  setup: (bundle) => {
    bundle.onResolve({ filter: /^(@kubernetes\/client-node|gaxios)$/ }, ({ importer, path: name }) => {
      const file = importer.includes(path.join('@dot-i', 'k8s-operator')) ? SMALLER[name] : undefined;
      return file === undefined ? undefined : { path: path.join(ROOT, file) };
    });
  },
};

const { metafile } = await build({
  absWorkingDir: ROOT,
  entryPoints: ['src/main.ts'],
  outfile: path.join(path.resolve(ROOT, process.argv[2] ?? 'dist'), 'main.js'),
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  banner: { js: REQUIRE },
  minifySyntax: true,
  minifyWhitespace: true,
  // Identifiers stay as they are, for stack traces. `keepNames` would keep the last few of them as well, for 16 MB more of memory.
  legalComments: 'eof',
  sourcemap: 'linked',
  sourcesContent: false,
  plugins: [smallBase],
  metafile: true,
});

for (const [file, { bytes }] of Object.entries(metafile.outputs)) console.log(`${file}  ${(bytes / 1e6).toFixed(1)} MB`);
