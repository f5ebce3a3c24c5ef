/** The layers of docs/architecture.md: an import may only go down. */
const { versionMajorMinor } = require('typescript');

// With a newer TypeScript it finds no module, and every layer would pass unseen.
if (Number(versionMajorMinor.split('.')[0]) > 6) throw new Error('dependency-cruiser 18 reads TypeScript up to 6.');

const layers = [
  ['top', '^src/(index\\.ts|encoders\\.ts|cli/|server/|threads/|adapters/)'],
  ['engine', '^src/engine/'],
  ['decisions', '^src/decisions/'],
  ['selection', '^src/selection/'],
  ['models', '^src/(models|graph|encoders|simulation)/'],
  ['data', '^src/(experiments|evaluation|privacy|data)/'],
  ['math', '^src/math/'],
  ['core', '^src/core/'],
];
const upward = layers.slice(1).map(([name, path], i) => ({
  name: `${name}-imports-only-downwards`,
  severity: 'error',
  from: { path, pathNot: '\\.test\\.ts$' },
  to: {
    path: layers
      .slice(0, i + 1)
      .map(([, p]) => p)
      .join('|'),
  },
}));
module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    ...upward,
    {
      name: 'adapters-are-imported-by-the-top-only',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(index\\.ts|encoders\\.ts|cli/|server/|threads/|adapters/)|\\.test\\.ts$' },
      to: { path: '^src/adapters/' },
    },
    {
      name: 'adapters-do-not-import-the-top',
      severity: 'error',
      from: { path: '^src/adapters/' },
      to: { path: '^src/(index\\.ts|encoders\\.ts|cli/|server/|threads/|engine/)' },
    },
    {
      name: 'the-client-stands-alone',
      severity: 'error',
      from: { path: '^src/client/' },
      to: { pathNot: '^src/client/' },
    },
    {
      name: 'the-dashboard-knows-the-api-alone',
      severity: 'error',
      from: { path: '^dashboard/' },
      to: { path: '^src/', pathNot: '^src/client/api-types\\.ts$' },
    },
    {
      name: 'decisions-do-not-know-each-other',
      severity: 'error',
      from: { path: '^src/decisions/([^/]+)/' },
      to: { path: '^src/decisions/', pathNot: '^src/decisions/$1/' },
    },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: 'assembly/' },
    enhancedResolveOptions: { extensions: ['.ts', '.js', '.json'] },
  },
};
