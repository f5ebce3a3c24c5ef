/** What no text says, behaviour does: kinds that are bought together are found for a product that nobody has met. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Random } from '../core/random.ts';
import type { Histories, Query } from '../data/histories.ts';
import type { ItemVectors } from '../data/item-vectors.ts';
import { openWasmDenseMath } from '../math/wasm-dense-math.ts';
import { absent } from './absent.ts';
import type { Compute, Model } from './model.ts';
import { modelNamed, modelSettings } from './registry.ts';

const kinds = 12;
const each = 20;
const d = 16;
/** The last of each kind were never met. */
const unmet = 4;
const kindOf = (item: number): number => Math.floor(item / each);
const isMet = (item: number): boolean => item % each < each - unmet;

/** Products of a kind read alike; people choose of two kinds whose texts have nothing in common. */
function world(): { histories: Histories; vectors: ItemVectors } {
  const random = new Random(4);
  const values = new Float32Array(kinds * each * d);
  for (let item = 0; item < kinds * each; item++) {
    for (let f = 0; f < d; f++) values[item * d + f] = 0.2 * (random.uniform() - 0.5);
    values[item * d + kindOf(item)]! += 1;
    const row = values.subarray(item * d, (item + 1) * d);
    const length = Math.hypot(...row);
    for (let f = 0; f < d; f++) row[f]! /= length;
  }
  const items: number[] = [];
  const offsets = [0];
  for (let person = 0; person < 600; person++) {
    const kind = person % (kinds / 2);
    for (let n = 0; n < 6; n++) items.push((n % 2 === 0 ? kind : kind + kinds / 2) * each + random.below(each - unmet));
    offsets.push(items.length);
  }
  const histories = {
    itemCount: kinds * each,
    offsets: Int32Array.from(offsets),
    items: Int32Array.from(items),
    ordered: true,
  };
  return { histories, vectors: { dimensions: d, values } };
}

let compute: Compute;
const models: Record<string, Model> = {};
const { histories, vectors } = world();
beforeAll(async () => {
  compute = { threads: 1, dense: await openWasmDenseMath(1) };
  for (const name of ['content-profile', 'content-aligned']) {
    const definition = modelNamed(name);
    models[name] = await definition.fit({ histories, vectors }, modelSettings(definition), { compute, seed: 1 });
  }
});
afterAll(() => compute.dense.close());

/** Share of the best that are of the kind bought together with the one that was chosen, among the unmet of other kinds. */
function togetherShare(model: Model): number {
  let right = 0;
  for (let kind = 0; kind < kinds / 2; kind++) {
    const query: Query = { items: Int32Array.of(kind * each, kind * each + 1) };
    const others = Int32Array.from({ length: kinds * each }, (_, item) => item).filter(
      (item) => !isMet(item) && kindOf(item) !== kind,
    );
    const scores = new Float32Array(others.length);
    model.scoreItems(query, others, scores);
    const best = [...others.keys()].sort((a, b) => scores[b]! - scores[a]!).slice(0, unmet);
    right += best.filter((n) => kindOf(others[n]!) === kind + kinds / 2).length / unmet / (kinds / 2);
  }
  return right;
}

test('the unmet of the kind that is bought together come first, which their texts alone do not say', () => {
  expect(togetherShare(models['content-aligned']!)).toBeGreaterThan(0.9);
  expect(togetherShare(models['content-profile']!)).toBeLessThan(0.5);
});

test.each(['content-profile', 'content-aligned'])(
  '%s knows a product that came after the fit by its texts',
  async (name) => {
    const definition = modelNamed(name);
    const late = kinds * each - 1;
    const values = vectors.values.slice();
    values.fill(0, late * d);
    const some = { dimensions: d, values };
    const model = await definition.fit({ histories, vectors: some }, modelSettings(definition), { compute, seed: 1 });
    const query: Query = { items: Int32Array.of((kinds - 1) * each, (kinds - 1) * each + 1) };
    const scoreOf = (item: number): number => {
      const out = new Float32Array(1);
      model.scoreItems(query, Int32Array.of(item), out);
      return out[0]!;
    };
    expect(scoreOf(late)).toBe(absent);
    expect([...model.retrieve(query, 500).items]).not.toContain(late);
    model.locate!(late, vectors.values.subarray(late * d));
    expect(scoreOf(late)).toBeGreaterThan(scoreOf(0));
    expect([...model.retrieve(query, each).items]).toContain(late);
    // And what it is known by is kept with the model.
    const loaded = await definition.load(structuredClone(model.state()), compute);
    const out = new Float32Array(1);
    loaded.scoreItems(query, Int32Array.of(late), out);
    expect(out[0]).toBeCloseTo(scoreOf(late), 5);
    // Described anew as of another kind, it is of that kind.
    const [before] = [scoreOf(late)];
    model.locate!(late, vectors.values.subarray(0, d));
    expect(scoreOf(late)).toBeLessThan(before);
  },
);
