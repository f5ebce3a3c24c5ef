/**
 * Where the built page comes from: beside this file in the published package; in a clone it is built from `dashboard/` on
 * first use and kept under `build/dashboard/` by the hash of its sources.
 */
import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { ShelfwiseError } from '../core/errors.ts';

/** What the page's own server part exports; `dashboard/src/server.tsx`. */
interface ServerPart {
  hasPage(path: string): boolean;
  renderPage(request: PageRequest): Promise<string>;
}

export interface PageRequest {
  readonly path: string;
  readonly cookie: string;
  readonly acceptLanguage: string;
  readonly call: (method: string, path: string, body?: unknown) => Promise<{ status: number; body: unknown }>;
  /** True where clicks may be recorded as a shopper's from the start. */
  readonly acts: boolean;
}

export interface Dashboard {
  hasPage(path: string): boolean;
  /** @returns the whole HTML document */
  render(request: PageRequest): Promise<string>;
  /** Files of the page by their names, which change with their content. */
  readonly assets: ReadonlyMap<string, { readonly bytes: Buffer; readonly type: string }>;
}

const packaged = new URL('./dashboard/', import.meta.url);
const sources = new URL('../../dashboard/', import.meta.url);
const built = new URL('../../build/dashboard/', import.meta.url);
const types: Readonly<Record<string, string>> = {
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
};

let opening: Promise<Dashboard> | undefined;

/**
 * The page; read or built once a process.
 *
 * @throws ShelfwiseError `SW_PART_MISSING` where it is neither built nor can be
 */
export function openDashboard(): Promise<Dashboard> {
  opening ??= open().catch((error: unknown) => {
    opening = undefined;
    throw error;
  });
  return opening;
}

async function open(): Promise<Dashboard> {
  const folder = existsSync(packaged) ? packaged : await dashboardOfSources();
  const { hasPage, renderPage } = (await import(new URL('server.js', folder).href)) as ServerPart;
  const names = await readdir(new URL('assets/', folder));
  const assets = new Map(
    await Promise.all(
      names.map(async (name) => {
        const type = types[name.split('.').at(-1)!] ?? 'application/octet-stream';
        return [name, { bytes: await readFile(new URL(`assets/${name}`, folder)), type }] as const;
      }),
    ),
  );
  const named = (ending: string): string => `/assets/${names.find((name) => name.endsWith(ending))}`;
  const files = { script: named('.js'), style: named('.css') };
  return { hasPage, assets, render: (request) => renderPage({ ...request, ...files } as PageRequest) };
}

async function dashboardOfSources(): Promise<URL> {
  const folder = new URL(`${await hashOfSources()}/`, built);
  if (existsSync(folder)) return folder;
  // Several processes may do so at once: each builds in a folder of its own and renames it.
  const unfinished = new URL(`.building-${randomUUID()}/`, built);
  await mkdir(unfinished, { recursive: true });
  try {
    await buildDashboard(unfinished);
    await rename(unfinished, folder).catch((error: unknown) => {
      if (!existsSync(folder)) throw error;
    });
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  return folder;
}

async function hashOfSources(): Promise<string> {
  const hash = createHash('sha256');
  const entries = await readdir(new URL('src/', sources), { recursive: true, withFileTypes: true }).catch(() => []);
  const paths = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => `${parentPath}/${name}`);
  for (const path of [...paths.sort(), fileURLToPath(new URL('vite.config.ts', sources))])
    hash.update(path.slice(fileURLToPath(sources).length)).update(await readFile(path).catch(() => ''));
  return hash.digest('hex').slice(0, 16);
}

/** Builds the page into `folder`: `assets/` for the browser and `server.js`. */
export async function buildDashboard(folder: URL): Promise<void> {
  const { build } = await import('vite').catch((cause: unknown) => {
    throw new ShelfwiseError(
      'SW_PART_MISSING',
      'dashboard: expected the built page or the package vite, which builds it; found neither.',
      'Run `npm ci` in the clone.',
      {},
      cause,
    );
  });
  const configFile = fileURLToPath(new URL('vite.config.ts', sources));
  const outDir = fileURLToPath(folder);
  await build({ configFile, build: { outDir: `${outDir}assets` } });
  await build({ configFile, build: { outDir, ssr: 'src/server.tsx' } });
}
