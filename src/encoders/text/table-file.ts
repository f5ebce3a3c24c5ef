/** A table of words and vectors as files: `config.json` with the words, `weights.safetensors` with bytes and scales. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ShelfwiseError } from '../../core/errors.ts';
import { loadState, saveState } from '../../models/state-file.ts';
import type { WordTable } from './static-table.ts';

/** @throws TypeError for a table of floats */
export async function saveWordTable(
  folder: string,
  { name, dimensions, words, vectors, scales }: WordTable,
): Promise<void> {
  if (!(vectors instanceof Int8Array) || !scales) throw new TypeError('expected a table of bytes with scales');
  const bytes = new Uint8Array(vectors.buffer, vectors.byteOffset, vectors.length);
  await saveState(folder, { meta: { name, dimensions, words }, arrays: { vectors: bytes, scales } });
}

/** @throws ShelfwiseError `SW_MODEL_STATE` where a file is missing, damaged or of another shape */
export async function loadWordTable(folder: string): Promise<WordTable> {
  const { meta, arrays } = await loadState(folder);
  const { name, dimensions, words } = meta as { name: string; dimensions: number; words: string[] };
  const [bytes, scales] = [arrays['vectors'], arrays['scales']];
  if (!(bytes instanceof Uint8Array) || bytes.length !== words.length * dimensions || scales?.length !== words.length) {
    const message = `${folder}: expected ${words.length} rows of ${dimensions} bytes, got ${bytes?.length} bytes and ${scales?.length} scales.`;
    throw new ShelfwiseError('SW_MODEL_STATE', message, 'Distil it again, or install Shelfwise again.');
  }
  const vectors = new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length);
  return { name, dimensions, words, vectors, scales: scales as Float32Array };
}

const bilingual = new URL('./bilingual-table/', import.meta.url);

/** The table of Chinese and English words that comes with Shelfwise. */
export async function bilingualTable(): Promise<WordTable> {
  if (existsSync(bilingual)) return loadWordTable(fileURLToPath(bilingual));
  const message = 'encoders: expected the bilingual table in the package, got none.';
  throw new ShelfwiseError('SW_PART_MISSING', message, 'Install Shelfwise again.');
}
