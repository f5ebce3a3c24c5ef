/**
 * A saved model is a folder: `config.json` (name, meta, checksum) and `weights.safetensors` (the arrays). Both are
 * written beside, synced and renamed; a damaged file is recognised by its checksum.
 *
 * @source The safetensors format: 8 bytes header length, a JSON header of dtype, shape and offsets, then the bytes
 */
import { createHash } from 'node:crypto';
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { ShelfwiseError } from '../core/errors.ts';
import type { ModelState } from './model.ts';

const dtypes = {
  F32: Float32Array,
  F64: Float64Array,
  I32: Int32Array,
  U32: Uint32Array,
  U8: Uint8Array,
} as const;
type Dtype = keyof typeof dtypes;
type NumberArray = ModelState['arrays'][string];

interface Config {
  readonly format: 1;
  readonly sha256: string;
  readonly meta: Readonly<Record<string, unknown>>;
}

export async function saveState(folder: string, state: ModelState): Promise<void> {
  await mkdir(folder, { recursive: true });
  const chunks = encode(state.arrays);
  const hash = createHash('sha256');
  for (const chunk of chunks) hash.update(chunk);
  const config: Config = { format: 1, sha256: hash.digest('hex'), meta: state.meta };
  await writeDurably(join(folder, 'weights.safetensors'), chunks);
  await writeDurably(join(folder, 'config.json'), [Buffer.from(`${JSON.stringify(config, null, 2)}\n`)]);
}

/** @throws ShelfwiseError `SW_MODEL_STATE` where a file is missing, damaged or of another format */
export async function loadState(folder: string): Promise<ModelState> {
  const hint = 'Train again; the folder can be deleted.';
  try {
    const config = JSON.parse(await readFile(join(folder, 'config.json'), 'utf8')) as Config;
    if (config.format !== 1) throw new Error(`expected format 1, got ${config.format}`);
    const bytes = await readFile(join(folder, 'weights.safetensors'));
    const found = createHash('sha256').update(bytes).digest('hex');
    if (found !== config.sha256) throw new Error('weights.safetensors: its checksum is not the one in config.json');
    return { meta: config.meta, arrays: decode(bytes) };
  } catch (error) {
    throw new ShelfwiseError('SW_MODEL_STATE', `${folder}: ${(error as Error).message}.`, hint, {}, error);
  }
}

function encode(arrays: ModelState['arrays']): Uint8Array[] {
  const header: Record<string, { dtype: Dtype; shape: [number]; data_offsets: [number, number] }> = {};
  const chunks: Uint8Array[] = [];
  let offset = 0;
  for (const [name, array] of Object.entries(arrays)) {
    const dtype = (Object.keys(dtypes) as Dtype[]).find((d) => array instanceof dtypes[d])!;
    header[name] = { dtype, shape: [array.length], data_offsets: [offset, offset + array.byteLength] };
    chunks.push(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
    const padding = (8 - (array.byteLength % 8)) % 8;
    if (padding) chunks.push(new Uint8Array(padding));
    offset += array.byteLength + padding;
  }
  const json = JSON.stringify(header);
  const text = Buffer.from(json + ' '.repeat((8 - (Buffer.byteLength(json) % 8)) % 8));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return [length, text, ...chunks];
}

function decode(bytes: Buffer): Record<string, NumberArray> {
  const headerLength = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString('utf8', 8, 8 + headerLength)) as ReturnType<typeof JSON.parse>;
  const arrays: Record<string, NumberArray> = {};
  for (const [name, { dtype, data_offsets }] of Object.entries(header) as [
    string,
    { dtype: Dtype; data_offsets: [number, number] },
  ][]) {
    const [from, to] = data_offsets.map((o) => o + 8 + headerLength) as [number, number];
    const copy = new Uint8Array(bytes.subarray(from, to));
    arrays[name] = new dtypes[dtype](copy.buffer, 0, copy.byteLength / dtypes[dtype].BYTES_PER_ELEMENT);
  }
  return arrays;
}

async function writeDurably(path: string, chunks: readonly Uint8Array[]): Promise<void> {
  const unfinished = `${path}.${process.pid}.tmp`;
  const file = await open(unfinished, 'w');
  try {
    for (const chunk of chunks) await file.write(chunk);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(unfinished, path);
}
