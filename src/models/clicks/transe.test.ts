import { afterAll, beforeAll, expect, test } from 'vitest';
import { type OpenCompute, openCompute } from '../../adapters/compute.ts';
import { Random } from '../../core/random.ts';
import { type KnowledgeGraph, knowledgeGraph } from '../../data/knowledge-graph.ts';
import { distanceOf, fitTransE } from './transe.ts';

let compute: OpenCompute;
beforeAll(async () => {
  compute = await openCompute({ threads: 1 });
});
afterAll(() => compute.close());

/** Entities on a ring; relation r goes r + 1 steps on. Some triples are held back. */
const entities = 40;
const all = Array.from({ length: 3 * entities }, (_, n) => {
  const [head, relation] = [Math.floor(n / 3), n % 3];
  return [head, relation, (head + relation + 1) % entities] as const;
});
const held = all.filter((_, n) => n % 10 === 0);
const kept = all.filter((_, n) => n % 10 !== 0);

async function meanRank(graph: KnowledgeGraph): Promise<number> {
  const model = await fitTransE(graph, { dimensions: 16, epochs: 300, batch: 64 }, { compute, seed: 1 });
  const ranks = held.map(([head, relation, tail]) => {
    const own = distanceOf(model, [head, relation, tail]);
    return Array.from({ length: entities }, (_, n) => n).filter((n) => distanceOf(model, [head, relation, n]) < own)
      .length;
  });
  return ranks.reduce((total, rank) => total + rank, 0) / ranks.length;
}

test('triples that were held back lie near, and those of a shuffled graph do not', async () => {
  const counts = { entities, relations: 3 };
  const own = await meanRank(knowledgeGraph(counts, kept).graph);
  const tails = new Random(2).shuffle(Int32Array.from(kept, ([, , tail]) => tail));
  const shuffled = kept.map(([head, relation], n) => [head, relation, tails[n]!] as const);
  const other = await meanRank(knowledgeGraph(counts, shuffled).graph);
  expect(own).toBeLessThan(8);
  expect(other).toBeGreaterThan(13);
}, 60_000);

test('vectors of entities are as long as 1, and the same for the same seed', async () => {
  const { graph } = knowledgeGraph({ entities, relations: 3 }, kept);
  const trained = () => fitTransE(graph, { dimensions: 8, epochs: 3, batch: 64 }, { compute, seed: 1 });
  const model = await trained();
  for (let at = 0; at < model.entities.length; at += 8)
    expect(Math.hypot(...model.entities.subarray(at, at + 8))).toBeCloseTo(1, 5);
  expect(await trained()).toEqual(model);
});
