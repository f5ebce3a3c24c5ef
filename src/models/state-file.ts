/**
 * A saved model is a folder: `config.json` (meta and checksums) and `weights.safetensors` (the arrays). Both are written
 * beside, synced and renamed; a damaged file is recognised by its checksum.
 *
 * @source The safetensors format: 8 bytes of header length, a JSON header of dtype, shape and offsets, the bytes without gaps
 */
import { createHash } from 'node:crypto';
import { type FileHandle, mkdir, open, readFile, rename } from 'node:fs/promises';
import { endianness } from 'node:os';
import { join } from 'node:path';
import { ShelfwiseError } from '../core/errors.ts';
import { ownTag } from '../core/scratch.ts';
import { liesIn, sharedMemory } from '../math/kernels/kernel-memory.ts';
import type { ModelState } from './model.ts';

const dtypes = {
  F64: Float64Array,
  F32: Float32Array,
  I32: Int32Array,
  U32: Uint32Array,
  U8: Uint8Array,
} as const;
type Dtype = keyof typeof dtypes;
type NumberArray = ModelState['arrays'][string];

interface Tensor {
  readonly dtype: Dtype;
  readonly shape: readonly [number];
  readonly data_offsets: readonly [number, number];
}

interface Config {
  readonly format: 1;
  /** Checksums of weights.safetensors and of `meta` as JSON without spaces. */
  readonly sha256: { readonly weights: string; readonly meta: string };
  readonly meta: Readonly<Record<string, unknown>>;
}

/** Writes the state into `folder`, which is made where it is missing; a state that stood there is replaced. */
export async function saveState(folder: string, state: ModelState): Promise<void> {
  if (endianness() !== 'LE') {
    throw new ShelfwiseError('SW_PART_MISSING', 'models: expected a little-endian machine.', 'Use x64 or arm64.');
  }
  await mkdir(folder, { recursive: true });
  const chunks = encode(state.arrays);
  const weights = createHash('sha256');
  for (const chunk of chunks) weights.update(chunk);
  const meta = sha256(JSON.stringify(state.meta));
  const config: Config = { format: 1, sha256: { weights: weights.digest('hex'), meta }, meta: state.meta };
  await writeDurably(join(folder, 'weights.safetensors'), chunks);
  await writeDurably(join(folder, 'config.json'), [Buffer.from(`${JSON.stringify(config, null, 2)}\n`)]);
  const entries = await open(folder, 'r');
  await entries.sync().finally(() => entries.close());
}

/** A state that was read: its arrays lie in one memory that threads share and kernels run over. */
export interface LoadedState extends ModelState {
  /** Absent where the arrays are larger than one such memory. */
  readonly memory?: WebAssembly.Memory;
}

/** Gives the saved model of a folder. @throws ShelfwiseError `SW_MODEL_STATE` */
export type StateSource = (folder: string) => Promise<ModelState>;

/** @throws ShelfwiseError `SW_MODEL_STATE` where a file is missing, damaged or of another format */
export async function loadState(folder: string): Promise<LoadedState> {
  try {
    const config = JSON.parse(await readFile(join(folder, 'config.json'), 'utf8')) as Config;
    if (config.format !== 1) throw new Error(`expected format 1, got ${config.format}`);
    if (sha256(JSON.stringify(config.meta)) !== config.sha256.meta) throw new Error('config.json: damaged');
    const file = await open(join(folder, 'weights.safetensors'), 'r');
    const { found, ...arrays } = await decode(file).finally(() => file.close());
    if (found !== config.sha256.weights) throw new Error('weights.safetensors: damaged');
    return inThisThread({ meta: config.meta, ...arrays });
  } catch (error) {
    const message = `${folder}: expected a saved model, ${(error as Error).message}.`;
    throw new ShelfwiseError('SW_MODEL_STATE', message, 'Train again; the folder can be deleted.', { folder }, error);
  }
}

/** A state that this thread has read or been given: its kernels run over the arrays where they lie. */
export function inThisThread(state: LoadedState): LoadedState {
  if (state.memory) liesIn(state.memory, Object.values(state.arrays));
  return state;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Widest numbers first, so that every array stays aligned without gaps. */
function encode(arrays: ModelState['arrays']): Uint8Array[] {
  const header: Record<string, Tensor> = {};
  const chunks: Uint8Array[] = [];
  let offset = 0;
  const widestFirst = Object.entries(arrays).sort(([, a], [, b]) => b.BYTES_PER_ELEMENT - a.BYTES_PER_ELEMENT);
  for (const [name, array] of widestFirst) {
    const dtype = (Object.keys(dtypes) as Dtype[]).find((d) => array instanceof dtypes[d])!;
    const end = offset + array.byteLength;
    header[name] = { dtype, shape: [array.length], data_offsets: [offset, end] };
    chunks.push(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
    offset = end;
  }
  const json = JSON.stringify(header);
  const text = Buffer.from(json + ' '.repeat((8 - (Buffer.byteLength(json) % 8)) % 8));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return [length, text, ...chunks];
}

/** Bytes that are read and summed before others have their turn. */
const piece = 2 ** 20;

/** The arrays are read straight to where they are to lie, and stay in order and aligned as in the file. */
async function decode(file: FileHandle): Promise<Omit<LoadedState, 'meta'> & { readonly found: string }> {
  const hash = createHash('sha256');
  const { size } = await file.stat();
  const readTo = async (bytes: Uint8Array, at: number): Promise<void> => {
    if (!(at + bytes.length <= size)) throw new Error('weights.safetensors: cut short');
    for (let from = 0; from < bytes.length; from += piece) {
      const some = bytes.subarray(from, from + piece);
      const { bytesRead } = await file.read(some, 0, some.length, at + from);
      if (bytesRead < some.length) throw new Error('weights.safetensors: cut short');
      hash.update(some);
    }
  };
  const length = Buffer.alloc(8);
  await readTo(length, 0);
  const headerLength = Number(length.readBigUInt64LE(0));
  const text = Buffer.alloc(headerLength <= size ? headerLength : 0);
  await readTo(text, 8);
  const header = JSON.parse(text.toString('utf8')) as Record<string, Tensor>;
  const total = Object.values(header).reduce((most, { data_offsets: [, end] }) => Math.max(most, end), 0);
  if (8 + headerLength + total > size) throw new Error('weights.safetensors: cut short');
  if (8 + headerLength + total < size) throw new Error('weights.safetensors: longer than its header says');
  const shared = sharedMemory(total);
  const buffer = shared?.memory.buffer ?? new SharedArrayBuffer(total);
  const at = shared?.at ?? 0;
  await readTo(new Uint8Array(buffer, at, total), 8 + headerLength);
  const arrays: Record<string, NumberArray> = {};
  for (const [name, { dtype, data_offsets }] of Object.entries(header)) {
    const [from, to] = data_offsets;
    const type = dtypes[dtype];
    arrays[name] = new type(buffer as ArrayBuffer, at + from, (to - from) / type.BYTES_PER_ELEMENT);
  }
  return { arrays, found: hash.digest('hex'), ...(shared && { memory: shared.memory }) };
}

async function writeDurably(path: string, chunks: readonly Uint8Array[]): Promise<void> {
  const unfinished = `${path}.${ownTag}.tmp`;
  const file = await open(unfinished, 'w');
  try {
    for (const chunk of chunks) await file.appendFile(chunk);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(unfinished, path);
}
