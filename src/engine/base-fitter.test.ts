/** A neural model in a shop: its training is told, and goes on where it was broken off. */
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sumsShop } from '../../test/fakes/sums-shop.ts';
import { type OpenCompute, openCompute } from '../adapters/compute.ts';
import { Random } from '../core/random.ts';
import { sasrec } from '../models/sasrec.ts';
import { baseFitter, forgetCheckpoints, Slots } from './base-fitter.ts';
import { SlotInputs } from './slots.ts';
import { TunedSettings } from './tuned-settings.ts';

let compute: OpenCompute;
let folder: string;
beforeAll(async () => {
  compute = await openCompute({ threads: 1 });
  folder = await mkdtemp(join(tmpdir(), 'fitter-'));
});
afterAll(async () => {
  await compute.close();
  await rm(folder, { recursive: true, force: true });
});

const random = new Random(3);
const [rows, length, items] = [60, 9, 20];
const histories = {
  itemCount: items,
  items: Int32Array.from({ length: rows * length }, () => random.below(items)),
  offsets: Int32Array.from({ length: rows + 1 }, (_, n) => n * length),
  ordered: true,
};
const settings = { dimensions: 8, layers: 1, length: 8, epochs: 6, patience: 9 };

test('a base model that was broken off goes on, and leaves nothing behind', async () => {
  const fitted = (shopFolder: string, options: { signal?: AbortSignal; onProgress?: (note: string) => void } = {}) => {
    const fitBase = baseFitter({
      ...{ shopFolder, compute, seed: 1, serving: histories, slots: new Slots(undefined), signal: options.signal },
      ...{ inputs: new SlotInputs('1', ['a'], 1), tuned: new TunedSettings() },
    });
    return fitBase('sasrec', { histories }, settings, (_, note) => note && options.onProgress?.(note));
  };
  const whole = join(folder, 'whole');
  const broken = join(folder, 'broken');
  const first = (await fitted(whole)) as Awaited<ReturnType<typeof sasrec.fit>>;
  const stop = new AbortController();
  await expect(
    fitted(broken, { signal: stop.signal, onProgress: (note) => note.startsWith('epoch 3 of') && stop.abort() }),
  ).rejects.toThrow(/abort/u);
  expect((await readdir(join(broken, 'models', '.checkpoints'))).length).toBe(1);
  const told: string[] = [];
  const second = (await fitted(broken, { onProgress: (note) => told.push(note) })) as typeof first;
  expect(told.some((note) => /^epoch [12] of/u.test(note))).toBe(false);
  expect(told.some((note) => /^epoch 6 of 6, loss [\d.]+, rate/u.test(note))).toBe(true);
  expect(second.state().arrays).toEqual(first.state().arrays);
  expect(await readdir(join(broken, 'models', '.checkpoints'))).toEqual([]);
  await forgetCheckpoints(broken);
  expect(existsSync(join(broken, 'models', '.checkpoints'))).toBe(false);
}, 60_000);

test('what a model learned from beside histories tells it apart', () => {
  const inputs = new SlotInputs('1', ['a'], 1);
  const vectors = (value: number) => ({ dimensions: 2, values: new Float32Array(2 * items).fill(value) });
  const of = (data: object): string | undefined => inputs.of(sasrec, { epochs: 1 }, { histories, ...data });
  expect(of({ vectors: vectors(1) })).toBe(of({ vectors: vectors(1) }));
  expect(new Set([of({}), of({ vectors: vectors(1) }), of({ vectors: vectors(2) })]).size).toBe(3);
  expect(inputs.of({ ...sasrec, needs: ['catalogue'] }, {}, { histories, catalogue: {} })).toBeUndefined();
});

test('a shop trains a transformer among its models, and tells how it goes', async () => {
  const at = join(folder, 'shop');
  await using shop = await sumsShop(at, { models: ['popularity', 'item-knn', 'sasrec'] });
  const told: string[] = [];
  const report = await shop.train({ onProgress: (_, note) => note && told.push(note) });
  expect(report.models.used).toEqual(['popularity', 'item-knn', 'sasrec']);
  expect(told.some((note) => /^sasrec: epoch \d+ of \d+, loss/u.test(note))).toBe(true);
  // Epochs are no parts of their own.
  expect(Object.keys(report.parts).some((part) => part.includes('epoch'))).toBe(false);
  expect(report.validation.metrics['sasrec']!['NDCG@10']).toBeGreaterThan(0);
  expect((await shop.recommend({ user: 'u1', count: 5 })).items.length).toBe(5);
}, 180_000);
