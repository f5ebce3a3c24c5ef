import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { VectorIndex } from '../math/vector-index.ts';
import type { ModelState } from './model.ts';
import { inThisThread, loadState, saveState } from './state-file.ts';

const state: ModelState = {
  meta: { settings: { k: 3, form: 'stan' }, names: ['é', 'b'] },
  arrays: {
    bytes: Uint8Array.of(1, 2, 255),
    places: Int32Array.of(-1, 2147483647),
    counts: Uint32Array.of(4294967295),
    scores: Float32Array.of(0.5, Number.NaN, -Infinity),
    sums: Float64Array.of(Math.PI),
    none: new Int32Array(0),
  },
};
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'state-'));
});
afterEach(() => rm(folder, { recursive: true }));

test('what is saved is loaded, types and bits alike, and nothing else stays in the folder', async () => {
  await saveState(join(folder, 'a', 'b'), state);
  const { meta, arrays } = await loadState(join(folder, 'a', 'b'));
  expect({ meta, arrays }).toEqual(state);
  expect((await readdir(join(folder, 'a', 'b'))).sort()).toEqual(['config.json', 'weights.safetensors']);
});

test('a view into a larger buffer, also a shared one, saves its own part only', async () => {
  const shared = new Float32Array(new SharedArrayBuffer(40)).fill(7);
  await saveState(folder, { meta: {}, arrays: { part: shared.subarray(2, 5) } });
  expect((await loadState(folder)).arrays['part']).toEqual(Float32Array.of(7, 7, 7));
});

test('the weights are a valid safetensors file: offsets without gaps, arrays aligned to their width', async () => {
  await saveState(folder, state);
  const bytes = await readFile(join(folder, 'weights.safetensors'));
  const headerLength = Number(bytes.readBigUInt64LE(0));
  const header: Record<string, { dtype: string; shape: number[]; data_offsets: [number, number] }> = JSON.parse(
    bytes.toString('utf8', 8, 8 + headerLength),
  );
  const widths: Record<string, number> = { F64: 8, F32: 4, I32: 4, U32: 4, U8: 1 };
  let end = 0;
  for (const { dtype, shape, data_offsets } of Object.values(header)) {
    expect(data_offsets[0]).toBe(end);
    expect((8 + headerLength + data_offsets[0]) % widths[dtype]!).toBe(0);
    expect(data_offsets[1] - data_offsets[0]).toBe(shape[0]! * widths[dtype]!);
    end = data_offsets[1];
  }
  expect(8 + headerLength + end).toBe(bytes.length);
  expect(header['scores']).toMatchObject({ dtype: 'F32', shape: [3] });
});

test('vectors are searched where the state lies, by each thread with room of its own', async () => {
  const [d, items] = [4, 9_000];
  const vectors = Float32Array.from({ length: d * items }, (_, n) => Math.sin(n));
  await saveState(folder, { meta: {}, arrays: { vectors, sums: Float64Array.of(Math.PI) } });
  const loaded = await loadState(folder);
  const sent = inThisThread(structuredClone(loaded));
  const indexes = [];
  for (const { arrays } of [loaded, sent]) {
    const own = arrays['vectors'] as Float32Array;
    const index = await VectorIndex.load(own, d, {}, 0);
    expect(index.vectors).toBe(own);
    indexes.push(index);
  }
  (sent.arrays['vectors'] as Float32Array)[0] = 7;
  expect(loaded.arrays['vectors']![0]).toBe(7);
  vectors[0] = 7;
  // Each asks for more than it has room for, by turns: what one gets is nothing of the other's.
  for (const count of [5_000, 6_000, 9_000]) {
    const some = Int32Array.from({ length: count }, (_, n) => n);
    const asked = indexes.map((index, by) => {
      const query = Float32Array.from({ length: d }, (_, f) => f + by);
      const out = new Float32Array(count);
      index.products(some, query, out);
      return { query, out };
    });
    for (const { query, out } of asked)
      for (const item of [0, 1, count - 1]) {
        let sum = 0;
        for (let f = 0; f < d; f++) sum += vectors[item * d + f]! * query[f]!;
        expect(out[item]).toBeCloseTo(sum, 4);
      }
  }
  const apart = await VectorIndex.load(vectors, d, {}, 0);
  expect(apart.vectors).not.toBe(vectors);
});

test('the engine counts what a loaded state holds, so that it is collected when nobody needs it', async () => {
  const megabytes = 64;
  await saveState(folder, { meta: {}, arrays: { vectors: new Float32Array((megabytes * 2 ** 20) / 4) } });
  const before = process.memoryUsage().external;
  const { arrays } = await loadState(folder);
  expect(process.memoryUsage().external - before).toBeGreaterThan(0.9 * megabytes * 2 ** 20);
  for (let n = 0; n < 20; n++) await loadState(folder);
  expect(process.memoryUsage().external - before).toBeLessThan(10 * megabytes * 2 ** 20);
  expect(arrays['vectors']).toHaveLength((megabytes * 2 ** 20) / 4);
});

const damages: readonly [string, (folder: string) => Promise<void>][] = [
  ['a flipped bit in the weights', (f) => flip(join(f, 'weights.safetensors'), -3)],
  ['a flipped bit in the header', (f) => flip(join(f, 'weights.safetensors'), 20)],
  ['weights cut short', (f) => truncate(join(f, 'weights.safetensors'), 60)],
  ['weights with bytes added', (f) => writeFile(join(f, 'weights.safetensors'), 'x', { flag: 'a' })],
  ['empty weights', (f) => truncate(join(f, 'weights.safetensors'), 0)],
  ['a changed setting', (f) => replace(join(f, 'config.json'), '"k": 3', '"k": 4')],
  ['a newer format', (f) => replace(join(f, 'config.json'), '"format": 1', '"format": 2')],
  ['a config that is not JSON', (f) => writeFile(join(f, 'config.json'), '{')],
  ['a config without checksums', (f) => writeFile(join(f, 'config.json'), '{"format": 1}')],
  ['missing weights', (f) => rm(join(f, 'weights.safetensors'))],
  ['a missing config', (f) => rm(join(f, 'config.json'))],
];
for (const [title, damage] of damages) {
  test(`${title} is recognised`, async () => {
    await saveState(folder, state);
    await damage(folder);
    await expect(loadState(folder)).rejects.toMatchObject({
      code: 'SW_MODEL_STATE',
      message: expect.stringContaining(folder),
    });
  });
}

async function flip(path: string, at: number): Promise<void> {
  const bytes = await readFile(path);
  const place = at < 0 ? bytes.length + at : at;
  bytes[place]! ^= 1;
  await writeFile(path, bytes);
}

async function replace(path: string, old: string, by: string): Promise<void> {
  await writeFile(path, (await readFile(path, 'utf8')).replace(old, by));
}
