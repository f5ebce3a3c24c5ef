/**
 * An item as what a knowledge graph joins it to, weighted by how much the user cares for each relation: neighbours of neighbours
 * are gathered first. What counting says of the pair, in the graph and out of it, stands beside.
 *
 * @source Wang et al., Knowledge graph convolutional networks for recommender systems, WWW 2019
 */
import { ShelfwiseError } from '../../core/errors.ts';
import { Random } from '../../core/random.ts';
import { neighbourhoods } from '../../data/knowledge-graph.ts';
import { add, multiply, relu, tanh } from '../../math/autodiff/operations/elementwise.ts';
import { softmax } from '../../math/autodiff/operations/normalising.ts';
import { concat, reshape } from '../../math/autodiff/operations/shaping.ts';
import { sum } from '../../math/autodiff/operations/summing.ts';
import type { Tensor } from '../../math/autodiff/tensor.ts';
import { embedding, linear, multilayer } from '../../math/training/layers.ts';
import { normal } from '../../math/training/parameters.ts';
import type { ClickData } from './click-data.ts';
import { type ClickModelDefinition, clickSettings, defineClickModel, type MoreInputs } from './click-model.ts';
import { featureCount } from './pair-features.ts';
import { fitTransE } from './transe.ts';

const deviation = 0.1;

export const kgcn: ClickModelDefinition = defineClickModel({
  name: 'kgcn',
  about: 'What a knowledge graph joins an item to, by the relations a user cares for (Wang et al. 2019).',
  settings: {
    ...clickSettings,
    dimensions: { ...clickSettings.dimensions, default: 8 },
    regularisation: { ...clickSettings.regularisation, default: 1e-3 },
    learningRate: { ...clickSettings.learningRate, default: 1e-2 },
    hops: { default: 1, min: 1, max: 2, search: [1, 2], doc: 'Steps that are gathered from.' },
    neighbours: { default: 8, min: 1, max: 64, search: [4, 8, 16], doc: 'Neighbours of each entity that are read.' },
    start: {
      default: 'random',
      choices: ['random', 'transe'],
      search: ['random', 'transe'],
      doc: 'First vectors of entities: by chance, or such that relations lead from head to tail (TransE).',
    },
    hidden: { default: 32, min: 4, max: 4096, search: [16, 32, 64], doc: 'Units of the layer beside the graph.' },
  },
  more: ({ graph, itemCount }, { hops, neighbours }, seed) => sampled(graph, itemCount, { hops, neighbours, seed }),
  async begin({ graph, itemCount }, { start, dimensions }, context) {
    if (start === 'random' || !graph) return {};
    const { entities } = await fitTransE(graph, { dimensions }, { compute: context.compute, seed: context.seed });
    const all = new Float32Array(Math.max(itemCount, graph.entityCount) * dimensions);
    // As long as those by chance would be.
    all.set(entities.map((value) => deviation * Math.sqrt(dimensions) * value));
    return { 'entities.weight': all };
  },
  layers(parameters, own, { userCount, itemCount, graph }) {
    const { dimensions: size, dropout, batch, hops, neighbours, hidden } = own;
    const initial = normal(deviation);
    const users = embedding(parameters, 'users', { count: userCount, size, initial });
    const count = Math.max(itemCount, graph!.entityCount);
    const entities = embedding(parameters, 'entities', { count, size, initial });
    // Both ways, and one for an entity that nothing is known of.
    const relations = embedding(parameters, 'relations', { count: 2 * graph!.relationCount + 1, size, initial });
    const gather = Array.from({ length: hops }, (_, n) =>
      linear(parameters, `gather.${n}`, { inputs: size, outputs: size }),
    );
    const beside = multilayer(parameters, 'beside', [featureCount + size, hidden, 1], { dropout });
    const wide = linear(parameters, 'wide', { inputs: featureCount, outputs: 1 });
    return ({ users: u, items: i, counted, more }, masks) => {
      const user = masks.drop(users.of(u), dropout);
      const care = reshape(user, [batch, 1, size]);
      let layers: Tensor[] = [reshape(entities.of(i), [batch, 1, size])];
      for (let hop = 1; hop <= hops; hop++) layers.push(entities.of(more[`entities ${hop}`]!));
      for (let round = 0; round < hops; round++) {
        const activate = round === hops - 1 ? tanh : relu;
        layers = layers.slice(0, -1).map((own, hop) => {
          const width = neighbours ** hop;
          const scores = sum(multiply(care, relations.of(more[`relations ${hop + 1}`]!)), [-1]);
          const weights = softmax(reshape(scores, [batch, width, neighbours]));
          const near = reshape(layers[hop + 1]!, [batch, width, neighbours, size]);
          const mixed = sum(multiply(near, reshape(weights, [batch, width, neighbours, 1])), [2]);
          const whole = gather[round]!(reshape(masks.drop(add(own, mixed), dropout), [batch * width, size]));
          return reshape(activate(whole), [batch, width, size]);
        });
      }
      const both = multiply(user, reshape(layers[0]!, [batch, size]));
      const read = add(beside(concat([counted, both], 1), masks), wide(counted));
      return [add(sum(both, [-1]), reshape(read, [batch]))];
    };
  },
});

/** As many neighbours of each entity, drawn once; an entity without any is joined to itself by a relation of its own. */
function sampled(
  graph: ClickData['graph'],
  itemCount: number,
  { hops, neighbours, seed }: { readonly hops: number; readonly neighbours: number; readonly seed: number },
): MoreInputs {
  if (!graph) {
    const message = 'kgcn: expected a knowledge graph to learn from, got none.';
    throw new ShelfwiseError('SW_MODEL_DATA', message, 'Give triples beside the choices, or take deep-click.');
  }
  const { offsets, entities, relations } = neighbourhoods(graph);
  const random = new Random(seed, 0x6c9);
  const count = Math.max(itemCount, graph.entityCount);
  const near = new Int32Array(count * neighbours);
  const by = new Int32Array(count * neighbours);
  for (let e = 0; e < count; e++) {
    const [from, to] = [offsets[e] ?? 0, offsets[e + 1] ?? 0];
    const order = random.shuffle(Int32Array.from({ length: to - from }, (_, n) => from + n));
    for (let n = 0; n < neighbours; n++) {
      const at = e * neighbours + n;
      // Where there are too few, they come again.
      near[at] = to > from ? entities[order[n % order.length]!]! : e;
      by[at] = to > from ? relations[order[n % order.length]!]! : 2 * graph.relationCount;
    }
  }
  const forms: Record<string, readonly number[]> = {};
  for (let hop = 1; hop <= hops; hop++) {
    forms[`entities ${hop}`] = [neighbours ** hop];
    forms[`relations ${hop}`] = [neighbours ** hop];
  }
  return {
    forms,
    of(items) {
      const out: Record<string, BigInt64Array> = {};
      let layer = Int32Array.from(items);
      for (let hop = 1; hop <= hops; hop++) {
        const size = layer.length * neighbours;
        const at = (n: number): number => layer[Math.floor(n / neighbours)]! * neighbours + (n % neighbours);
        out[`relations ${hop}`] = BigInt64Array.from({ length: size }, (_, n) => BigInt(by[at(n)]!));
        layer = Int32Array.from({ length: size }, (_, n) => near[at(n)]!);
        out[`entities ${hop}`] = BigInt64Array.from(layer, BigInt);
      }
      return out;
    },
  };
}
