import { expect, test } from 'vitest';
import { Random } from '../../src/core/random.ts';
import { itemKnn } from '../../src/models/item-knn.ts';
import type { Model, ModelDefinition } from '../../src/models/model.ts';
import { popularity } from '../../src/models/popularity.ts';
import { modelDefinitions, modelNamed, modelSettings } from '../../src/models/registry.ts';
import { modelContract, plantedAccuracy } from './model.ts';

/** Models that are not about which items go together. */
const unplanted = new Set(['popularity', 'recently-viewed']);
/** What a large catalogue needs is too slow for a small one, and learns it by heart. */
const smallSequences = { dimensions: 16, length: 8, dropout: 0.1, epochs: 8, learningRate: 0.03, negatives: 16 };
const sequences: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  sasrec: { layers: 1 },
  bert4rec: { layers: 1, epochs: 20 },
  gru4rec: { units: 16 },
  'attention-pooling': {},
  'two-tower': { hidden: 16, epochs: 20 },
};
const byVectors = new Set([
  ...Object.keys(sequences),
  'als',
  'light-gcn',
  'matrix-factorisation',
  'graph-filter',
  'user-groups',
  'content-profile',
  'content-aligned',
  'item2vec',
]);
for (const definition of modelDefinitions) {
  modelContract(definition, {
    plants: unplanted.has(definition.name) ? 'nothing' : 'neighbours',
    vectors: byVectors.has(definition.name),
    ...(['graph-filter', 'content-aligned'].includes(definition.name) && { bounded: { rank: 16 } }),
    // As many passes as tell it nothing cost the same an item.
    ...(definition.name in sequences && {
      settings: { ...smallSequences, ...sequences[definition.name] },
      bounded: { epochs: 1 },
      nearTie: 0.3,
    }),
    // Few choices are gone over often enough that chance averages out.
    ...(definition.name === 'matrix-factorisation' && {
      settings: { factors: 32, epochs: 200, regularisation: 0.01 },
      bounded: { epochs: 5 },
      nearTie: 0.3,
    }),
    ...(definition.name === 'light-gcn' && {
      settings: { factors: 16, batch: 64, negatives: 64, epochs: 12, learningRate: 0.02 },
      bounded: { epochs: 1 },
      nearTie: 0.3,
    }),
    ...(definition.name === 'item2vec' && { bounded: { epochs: 1 }, nearTie: 0.1 }),
  });
}

/** A definition whose fitted model has its scores replaced by `change`. */
function mutant(definition: ModelDefinition, change: (scores: Float32Array) => void): ModelDefinition {
  const changed = (model: Model): Model => ({
    name: model.name,
    itemCount: model.itemCount,
    settings: model.settings,
    entriesRead: 0,
    retrieve: (...asked) => model.retrieve(...asked),
    scoreItems: (...asked) => model.scoreItems(...asked),
    state: () => model.state(),
    async score(queries, out) {
      await model.score(queries, out);
      for (let b = 0; b < queries.length; b++) change(out.subarray(b * model.itemCount, (b + 1) * model.itemCount));
    },
  });
  return {
    ...definition,
    fit: async (...args) => changed(await definition.fit(...args)),
    load: async (...args) => changed(await definition.load(...args)),
  };
}

test.each([
  ['constant scores', mutant(itemKnn, (scores) => scores.fill(1))],
  ['shuffled scores', mutant(itemKnn, (scores) => new Random(3).shuffle(scores))],
  ['popularity', popularity],
])('%s do not pass for having learned what goes together', async (_, definition) => {
  for (const ordered of [true, false]) {
    expect(await plantedAccuracy(definition, ordered)).toBeLessThan(0.3);
    expect(await plantedAccuracy(itemKnn, ordered)).toBeGreaterThan(0.95);
  }
});

test('a name that no model has is refused with the names there are', () => {
  expect(() => modelNamed('svd++')).toThrowError(
    expect.objectContaining({ code: 'SW_MODEL_UNKNOWN', message: expect.stringContaining('item-knn') }),
  );
});

test.each([
  [{ neighbors: 5 }, 'no such setting'],
  [{ neighbours: 0 }, 'expected a number in [1, 5000], got 0'],
  [{ neighbours: '5' }, 'expected a number'],
  [{ neighbours: Number.NaN }, 'got NaN'],
])('settings %o are refused', (settings: Record<string, number | string>, message) => {
  expect(() => modelSettings(itemKnn, settings)).toThrowError(
    expect.objectContaining({ code: 'SW_SETTING', message: expect.stringContaining(message) }),
  );
});

test('every model has its own name and says in one sentence what it is', () => {
  expect(new Set(modelDefinitions.map(({ name }) => name)).size).toBe(modelDefinitions.length);
  for (const { about } of modelDefinitions) expect(about).toMatch(/^[A-Z].*\.$/);
});
