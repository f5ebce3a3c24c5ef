/**
 * Where the compiled kernels come from: beside this file in the published package; in a clone they are compiled from
 * `assembly/` on first use and kept under `build/kernels/` by the hash of their sources and flags.
 */
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { ShelfwiseError } from '../../core/errors.ts';

const packaged: URL = new URL('./kernels.wasm', import.meta.url);
const sources: URL = new URL('./assembly/', import.meta.url);
const built: URL = new URL('../../../build/kernels/', import.meta.url);

const flags: readonly string[] = [
  ...['index.ts', '--outFile', 'kernels.wasm', '-O3', '--noAssert', '--runtime', 'stub'],
  ...['--importMemory', '--sharedMemory', '--initialMemory', '1', '--maximumMemory', '65536', '--memoryBase', '1024'],
  ...['--enable', 'simd', '--enable', 'threads', '--enable', 'relaxed-simd'],
];

let loading: Promise<WebAssembly.Module> | undefined;

/**
 * The kernels as a module; compiled or read once a process.
 *
 * @throws ShelfwiseError `SW_PART_MISSING` where neither compiled kernels nor their compiler is there
 */
export function kernelsModule(): Promise<WebAssembly.Module> {
  loading ??= loadModule().catch((error: unknown) => {
    loading = undefined;
    throw error;
  });
  return loading;
}

async function loadModule(): Promise<WebAssembly.Module> {
  const bytes = (await bytesOf(packaged)) ?? (await kernelsOfSources());
  return WebAssembly.compile(bytes as Uint8Array<ArrayBuffer>);
}

/**
 * The kernels of the sources in `folder`: from `cache` where they were compiled before, else compiled and put there.
 * Several processes may do so at once: each writes a file of its own and renames it.
 */
export async function kernelsOfSources(folder: URL = sources, cache: URL = built): Promise<Uint8Array> {
  const texts = await sourceTexts(folder);
  const hash = createHash('sha256')
    .update(JSON.stringify([flags, texts]))
    .digest('hex')
    .slice(0, 16);
  const path = new URL(`${hash}.wasm`, cache);
  const cached = await bytesOf(path);
  if (cached && WebAssembly.validate(cached as Uint8Array<ArrayBuffer>)) return cached;
  const bytes = await compileKernels(texts);
  const unfinished = new URL(`${hash}.${randomUUID()}.tmp`, cache);
  try {
    await mkdir(cache, { recursive: true });
    await writeFile(unfinished, bytes, { flush: true });
    await rename(unfinished, path);
  } catch {
    // A folder that cannot be written costs a second of compiling in the next process, nothing more.
    await rm(unfinished, { force: true }).catch(() => undefined);
  }
  return bytes;
}

async function bytesOf(path: URL): Promise<Uint8Array | undefined> {
  return readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw error;
  });
}

async function sourceTexts(folder: URL): Promise<Record<string, string>> {
  const names = await readdir(folder).catch(() => [] as string[]);
  const texts: Record<string, string> = {};
  for (const name of names.filter((n) => n.endsWith('.ts')).sort()) {
    texts[name] = await readFile(new URL(name, folder), 'utf8');
  }
  if (texts['index.ts'] !== undefined) return texts;
  throw new ShelfwiseError(
    'SW_PART_MISSING',
    `${fileURLToPath(folder)}: expected kernel sources or kernels.wasm beside them, found neither.`,
    'Reinstall shelfwise.',
  );
}

async function compileKernels(texts: Readonly<Record<string, string>>): Promise<Uint8Array> {
  const asc = await import('assemblyscript/asc').catch((cause: unknown) => {
    throw new ShelfwiseError(
      'SW_PART_MISSING',
      'kernels: expected the package assemblyscript, it is not installed.',
      'Run `npm ci` in the clone, which brings the compiler.',
      {},
      cause,
    );
  });
  let binary: Uint8Array | undefined;
  const { error, stderr } = await asc.main([...flags], {
    readFile: (name: string) => texts[name] ?? null,
    writeFile: (name: string, contents: string | Uint8Array) => {
      if (name.endsWith('.wasm')) binary = contents as Uint8Array;
    },
    listFiles: () => [],
  });
  if (error || !binary) throw new ShelfwiseError('SW_INTERNAL', `kernels: do not compile.\n${stderr.toString()}`);
  return binary;
}
