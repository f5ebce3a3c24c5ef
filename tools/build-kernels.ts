/** Writes the compiled kernels beside their loader in `dist`, so that the published package needs no compiler. */
import { mkdir, writeFile } from 'node:fs/promises';
import { kernelsOfSources } from '../src/math/kernels/kernels-wasm.ts';

const folder = new URL('../dist/math/kernels/', import.meta.url);
const bytes = await kernelsOfSources();
await mkdir(folder, { recursive: true });
await writeFile(new URL('kernels.wasm', folder), bytes);
console.error(`dist/math/kernels/kernels.wasm: ${bytes.length} bytes`);
