/**
 * Vectors of entities and relations such that a head moved by its relation comes to lie at its tail: nearer than at an entity by
 * chance, by a margin.
 *
 * @source Bordes et al., Translating embeddings for modeling multi-relational data, NeurIPS 2013
 */
import { ShelfwiseError } from '../../core/errors.ts';
import { Random } from '../../core/random.ts';
import type { KnowledgeGraph } from '../../data/knowledge-graph.ts';
import { add, negate, sqrt, square, subtract } from '../../math/autodiff/operations/elementwise.ts';
import { sum } from '../../math/autodiff/operations/summing.ts';
import { input, scalar, type Tensor } from '../../math/autodiff/tensor.ts';
import { embedding, unitVectors } from '../../math/training/layers.ts';
import { marginRanking } from '../../math/training/losses.ts';
import { glorot, Parameters } from '../../math/training/parameters.ts';
import { warmUpCosine } from '../../math/training/schedules.ts';
import { TrainingGraph } from '../../math/training/training-graph.ts';
import type { FitContext } from '../model.ts';
import { trainedByEpochs } from '../neural/training-loop.ts';

export interface TransEOptions {
  /** Length of the vectors. */
  readonly dimensions: number;
  readonly margin?: number;
  readonly epochs?: number;
  readonly batch?: number;
  readonly learningRate?: number;
}

export interface TransE {
  readonly dimensions: number;
  /** As long as 1, `[entities, dimensions]`. */
  readonly entities: Float32Array;
  /** `[relations, dimensions]`. */
  readonly relations: Float32Array;
}

/** @throws ShelfwiseError `SW_PART_MISSING` without a runtime */
export async function fitTransE(graph: KnowledgeGraph, options: TransEOptions, context: FitContext): Promise<TransE> {
  const { dimensions: size, margin = 1, epochs = 50, learningRate = 0.02 } = options;
  const { compute, seed } = context;
  if (!compute.graphs) {
    const message = 'transe: expected onnxruntime-node to train with, it is not installed.';
    throw new ShelfwiseError('SW_PART_MISSING', message, 'Run `npm install --ignore-scripts onnxruntime-node`.');
  }
  const { entityCount, relationCount, heads, relations, tails } = graph;
  const batch = Math.min(options.batch ?? 1024, heads.length);
  const parameters = new Parameters(seed);
  const entity = embedding(parameters, 'entities', { count: entityCount, size, initial: glorot });
  const relation = embedding(parameters, 'relations', { count: relationCount, size, initial: glorot });
  const read = (name: string): Tensor => input(name, [batch], 'int64');
  const vector = (name: string): Tensor => unitVectors(entity.of(read(name)));
  const by = relation.of(read('relations'));
  const near = (head: string, tail: string): Tensor => {
    const apart = subtract(add(vector(head), by), vector(tail));
    return negate(sqrt(add(sum(square(apart), [-1]), scalar(1e-9))));
  };
  const loss = marginRanking(near('heads', 'tails'), near('otherHeads', 'otherTails'), margin);
  const training = await TrainingGraph.open(compute.graphs, { parameters, loss, seed, optimiser: { kind: 'adam' } });
  const perEpoch = Math.floor(heads.length / batch);
  const steps = epochs * perEpoch;
  try {
    const { weights } = await trainedByEpochs({
      ...{ name: 'transe', training, epochs, patience: epochs, context },
      rate: warmUpCosine(learningRate, { warmUp: Math.ceil(steps / 20), steps }),
      *batches(epoch) {
        const random = new Random(seed, 0x7e_0000 + epoch);
        const order = random.shuffle(Int32Array.from(heads.keys()));
        for (let from = 0; from + batch <= order.length; from += batch) {
          const part = order.subarray(from, from + batch);
          const of = (column: Int32Array): BigInt64Array => BigInt64Array.from(part, (n) => BigInt(column[n]!));
          const [otherHeads, otherTails] = [of(heads), of(tails)];
          // Either end gives way to an entity by chance.
          for (let n = 0; n < batch; n++)
            (random.uniform() < 0.5 ? otherHeads : otherTails)[n] = BigInt(random.below(entityCount));
          yield { heads: of(heads), relations: of(relations), tails: of(tails), otherHeads, otherTails };
        }
      },
    });
    const entities = weights['entities.weight']!.slice();
    for (let at = 0; at < entities.length; at += size) {
      const row = entities.subarray(at, at + size);
      const norm = Math.hypot(...row) || 1;
      for (let f = 0; f < size; f++) row[f]! /= norm;
    }
    return { dimensions: size, entities, relations: weights['relations.weight']!.slice() };
  } finally {
    await training.close();
  }
}

/** How far a head that is moved by a relation lies from a tail; less is likelier. */
export function distanceOf(
  { dimensions: size, entities, relations }: TransE,
  [head, relation, tail]: readonly [number, number, number],
): number {
  let squares = 0;
  for (let f = 0; f < size; f++)
    squares += (entities[head * size + f]! + relations[relation * size + f]! - entities[tail * size + f]!) ** 2;
  return Math.sqrt(squares);
}
