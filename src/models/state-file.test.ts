import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ModelState } from './model.ts';
import { loadState, saveState } from './state-file.ts';

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
  expect(await loadState(join(folder, 'a', 'b'))).toEqual(state);
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
