/** A fitted model that is a neighbour table and a decay over the history; see neighbour-table.ts. */
import type { Query } from '../data/histories.ts';
import type { Contribution, Model, ModelState, Settings } from './model.ts';
import {
  explainByNeighbours,
  type NeighbourTable,
  positionWeights,
  scoreByNeighbours,
  tableArrays,
  tableOf,
} from './neighbour-table.ts';

export class NeighbourModel implements Model {
  readonly name: string;
  readonly settings: Settings;
  readonly itemCount: number;
  readonly table: NeighbourTable;
  readonly #sums: Float64Array;

  constructor(name: string, settings: Settings, table: NeighbourTable) {
    this.name = name;
    this.settings = settings;
    this.table = table;
    this.itemCount = table.itemCount;
    this.#sums = new Float64Array(table.itemCount);
  }

  static load(name: string, state: ModelState): NeighbourModel {
    return new NeighbourModel(name, state.meta['settings'] as Settings, tableOf(state));
  }

  async score(queries: readonly Query[], out: Float32Array): Promise<void> {
    for (const [b, query] of queries.entries()) {
      const row = out.subarray(b * this.itemCount, (b + 1) * this.itemCount);
      scoreByNeighbours(this.table, query, this.#weights(query), this.#sums, row);
    }
  }

  explain(query: Query, item: number): Contribution[] {
    return explainByNeighbours(this.table, query, this.#weights(query), item);
  }

  state(): ModelState {
    return { meta: { settings: this.settings }, arrays: tableArrays(this.table) };
  }

  #weights(query: Query): Float64Array {
    return positionWeights(query, this.settings['historyDecay'] as number, this.settings['historyLength'] as number);
  }
}
