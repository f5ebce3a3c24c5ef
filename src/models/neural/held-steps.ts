/** How well weights in training foresee the steps that were held back from them. */
import type { Histories } from '../../data/histories.ts';
import type { DenseMath } from '../../math/dense-math.ts';
import type { GraphRunner } from '../../math/graph-runner.ts';
import { ForwardGraph } from '../../math/training/forward-graph.ts';
import { type Batch, emptyBatch, fillBatch, type Source } from './sequence-batch.ts';
import type { SequenceNetwork } from './sequence-network.ts';
import { type Placed, packed, type Sequence } from './sequences.ts';

export interface HeldOptions {
  readonly network: SequenceNetwork;
  readonly runner: GraphRunner;
  readonly dense: DenseMath;
  readonly histories: Histories;
  /** One for each held row, in their order; its last place is asked. */
  readonly questions: readonly Sequence[];
  /** Items that were to be foreseen. */
  readonly answers: Int32Array;
  readonly source: Source;
  readonly rowsOfBatch: number;
  readonly length: number;
}

/** Scores that are held at a time. */
const atATime = 1 << 22;

export class HeldSteps {
  readonly #options: HeldOptions;
  readonly #graph: ForwardGraph<'out'>;
  readonly #batch: Batch;
  readonly #batches: readonly (readonly Placed[])[];

  static async open(options: HeldOptions): Promise<HeldSteps> {
    const { network, runner, rowsOfBatch, length } = options;
    return new HeldSteps(options, await ForwardGraph.open(runner, { out: network.questions(rowsOfBatch, length) }));
  }

  private constructor(options: HeldOptions, graph: ForwardGraph<'out'>) {
    const { questions, rowsOfBatch, length } = options;
    this.#options = options;
    this.#graph = graph;
    this.#batch = emptyBatch(rowsOfBatch, length);
    this.#batches = packed(questions, { rows: rowsOfBatch, length, seed: 0, epoch: 0 });
  }

  /**
   * @param weights - of the network, and what else it is fed
   * @param vectors - of all items, `[items, size]`
   * @returns NDCG among all items, ties counted half
   */
  async ndcg(weights: Readonly<Record<string, Float32Array>>, vectors: Float32Array, depth: number): Promise<number> {
    const { network, questions, answers, source, length, dense } = this.#options;
    const { size, items } = network.form;
    const asked = new Float32Array(questions.length * size);
    const places = new Map(questions.map((question, n) => [question, n]));
    for (const batch of this.#batches) {
      fillBatch(this.#batch, batch, source, length);
      const { out } = await this.#graph.run({ ...weights, ...this.#batch });
      for (const { sequence, row, at } of batch) {
        const last = row * length + at + sequence.read.length - 1;
        asked.set(out.subarray(last * size, (last + 1) * size), places.get(sequence)! * size);
      }
    }
    const rowsAtATime = Math.max(1, Math.floor(atATime / items));
    const scores = new Float32Array(rowsAtATime * items);
    let total = 0;
    for (let from = 0; from < questions.length; from += rowsAtATime) {
      const m = Math.min(rowsAtATime, questions.length - from);
      const a = asked.subarray(from * size, (from + m) * size);
      await dense.matmul({ a, b: vectors, m, k: size, n: items, transposeB: true, out: scores });
      for (let n = 0; n < m; n++) {
        const rank = rankOf(answers[from + n]!, scores.subarray(n * items, (n + 1) * items));
        if (rank <= depth) total += 1 / Math.log2(rank + 1);
      }
    }
    return total / questions.length;
  }

  close(): Promise<void> {
    return this.#graph.close();
  }
}

function rankOf(target: number, scores: Float32Array): number {
  const own = scores[target]!;
  let rank = 1;
  for (let item = 0; item < scores.length; item++)
    if (item !== target) rank += scores[item]! > own ? 1 : scores[item] === own ? 0.5 : 0;
  return rank;
}
