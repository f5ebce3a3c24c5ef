/** Two builds of one page: what the browser runs, and, with `--ssr`, what the server renders its first sight with. */
import { defineConfig, type UserConfig } from 'vite';

const config: UserConfig = defineConfig(({ isSsrBuild }) => ({
  root: import.meta.dirname,
  base: '/assets/',
  logLevel: 'warn',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  // The package needs nothing of the workspace's once it is built.
  ssr: { noExternal: true },
  build: {
    emptyOutDir: false,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    ...(isSsrBuild
      ? { ssr: 'src/server.tsx', target: 'node24', rolldownOptions: { output: { entryFileNames: 'server.js' } } }
      : {
          assetsDir: '',
          cssCodeSplit: false,
          rolldownOptions: {
            input: 'src/browser.tsx',
            output: { entryFileNames: 'browser-[hash].js', assetFileNames: '[name]-[hash][extname]' },
          },
        }),
  },
})) as UserConfig;

export default config;
