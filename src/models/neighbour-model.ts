/** A fitted model that is a neighbour table and a decay over the history; see neighbour-table.ts. */
import type { Query } from '../data/histories.ts';
import type { Evidence } from './evidence.ts';
import type { Contribution, ModelState, Settings } from './model.ts';
import { NeighbourForm } from './neighbour-form.ts';
import {
  addNeighbours,
  explainByNeighbours,
  type HistoryWeighting,
  type NeighbourTable,
  positionWeights,
  tableArrays,
  tableOf,
} from './neighbour-table.ts';

export class NeighbourModel<
  Own extends HistoryWeighting & Settings = HistoryWeighting & Settings,
> extends NeighbourForm {
  readonly name: string;
  readonly table: NeighbourTable;
  readonly #settings: Own;

  constructor(name: string, settings: Own, table: NeighbourTable) {
    super({ ...settings }, table.itemCount);
    this.name = name;
    this.#settings = settings;
    this.table = table;
  }

  static load<Own extends HistoryWeighting & Settings>(
    name: string,
    state: ModelState,
    settings: Own,
  ): NeighbourModel<Own> {
    return new NeighbourModel(name, settings, tableOf(state));
  }

  protected gather(query: Query, evidence: Evidence): number {
    return addNeighbours(this.table, query, positionWeights(query, this.#settings), evidence);
  }

  explain(query: Query, item: number): Contribution[] {
    return explainByNeighbours(this.table, query, positionWeights(query, this.#settings), item);
  }

  state(): ModelState {
    return { meta: { settings: this.settings }, arrays: tableArrays(this.table) };
  }
}
