/**
 * Where the compiled kernels come from: beside this file in the published package; in a clone they are compiled from
 * `assembly/` on first use and kept under `build/kernels/` by the hash of their sources.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { ShelfwiseError } from '../../core/errors.ts';

const packaged: URL = new URL('./kernels.wasm', import.meta.url);
const sources: URL = new URL('./assembly/', import.meta.url);
const built: URL = new URL('../../../build/kernels/', import.meta.url);

let loading: Promise<WebAssembly.Module> | undefined;

/** The kernels as a module; compiled or read once a process. */
export function kernelsModule(): Promise<WebAssembly.Module> {
  loading ??= kernelBytes().then((bytes) => WebAssembly.compile(bytes as Uint8Array<ArrayBuffer>));
  return loading;
}

/** @throws ShelfwiseError `SW_PART_MISSING` where neither compiled kernels nor their compiler is there */
export async function kernelBytes(): Promise<Uint8Array> {
  if (existsSync(packaged)) return readFile(packaged);
  const texts = await sourceTexts();
  const hash = createHash('sha256').update(JSON.stringify(texts)).digest('hex').slice(0, 16);
  const cached = new URL(`${hash}.wasm`, built);
  if (existsSync(cached)) return readFile(cached);
  const bytes = await compileKernels(texts);
  await mkdir(built, { recursive: true });
  const unfinished = new URL(`${hash}.${process.pid}.tmp`, built);
  await writeFile(unfinished, bytes);
  await rename(unfinished, cached);
  return bytes;
}

async function sourceTexts(): Promise<Record<string, string>> {
  const names = await readdir(sources).catch(() => [] as string[]);
  const texts: Record<string, string> = {};
  for (const name of names.filter((n) => n.endsWith('.ts')).sort()) {
    texts[name] = await readFile(new URL(name, sources), 'utf8');
  }
  if (texts['index.ts'] !== undefined) return texts;
  const where = fileURLToPath(sources);
  throw new ShelfwiseError(
    'SW_PART_MISSING',
    `${where}: expected kernel sources or kernels.wasm, found neither.`,
    'Reinstall shelfwise.',
  );
}

async function compileKernels(texts: Readonly<Record<string, string>>): Promise<Uint8Array> {
  const asc = await import('assemblyscript/asc').catch((cause: unknown) => {
    const hint = 'Run `npm ci` in the clone, which brings the compiler.';
    throw new ShelfwiseError(
      'SW_PART_MISSING',
      'kernels: expected the package assemblyscript, it is not installed.',
      hint,
      {},
      cause,
    );
  });
  let binary: Uint8Array | undefined;
  const flags = ['index.ts', '--outFile', 'kernels.wasm', '-O3', '--noAssert', '--runtime', 'stub'];
  const memory = [
    '--importMemory',
    '--sharedMemory',
    '--initialMemory',
    '1',
    '--maximumMemory',
    '65536',
    '--memoryBase',
    '1024',
  ];
  const features = ['--enable', 'simd', '--enable', 'threads', '--enable', 'relaxed-simd'];
  const { error, stderr } = await asc.main([...flags, ...memory, ...features], {
    readFile: (name: string) => texts[name] ?? null,
    writeFile: (name: string, contents: string | Uint8Array) => {
      if (name.endsWith('.wasm')) binary = contents as Uint8Array;
    },
    listFiles: () => [],
  });
  if (error || !binary) throw new ShelfwiseError('SW_INTERNAL', `kernels: do not compile.\n${stderr.toString()}`);
  return binary;
}
