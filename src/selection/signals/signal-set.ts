/** All signals in one list, and the feature rows they make together. */
import { ShelfwiseError } from '../../core/errors.ts';
import type { ModelState } from '../../models/model.ts';
import { nestStates, unnestState } from '../nested-state.ts';
import { attributeShare } from './attribute-share.ts';
import { lateness } from './lateness.ts';
import { modelScores } from './model-scores.ts';
import { popularitySignal } from './popularity-signal.ts';
import { priceLevel } from './price-level.ts';
import { repeat } from './repeat.ts';
import type { FittedSignal, SignalColumn, SignalDefinition, SignalRequest, SignalSources } from './signal.ts';
import { timeOfWeek } from './time-of-week.ts';
import { trend } from './trend.ts';
import { visit } from './visit.ts';

export const signalDefinitions: readonly SignalDefinition[] = [
  modelScores,
  popularitySignal,
  lateness,
  trend,
  repeat,
  attributeShare,
  priceLevel,
  timeOfWeek,
  visit,
];

export class SignalSet {
  readonly columns: readonly SignalColumn[];
  readonly #signals: readonly { readonly name: string; readonly signal: FittedSignal; readonly at: number }[];

  private constructor(signals: readonly { readonly name: string; readonly signal: FittedSignal }[]) {
    let at = 0;
    this.#signals = signals.map(({ name, signal }) => {
      const placed = { name, signal, at };
      at += signal.columns.length;
      return placed;
    });
    this.columns = signals.flatMap(({ signal }) => signal.columns);
  }

  /** @param only - names of the signals to use; all that the data can feed by default */
  static fit(sources: SignalSources, only?: readonly string[]): SignalSet {
    const chosen = signalDefinitions.filter(({ name }) => !only || only.includes(name));
    return new SignalSet(
      chosen.flatMap((definition) => {
        const signal = definition.fit(sources);
        return signal ? [{ name: definition.name, signal }] : [];
      }),
    );
  }

  static load(state: ModelState): SignalSet {
    const names = state.meta['signals'] as string[];
    const parts = unnestState(state);
    return new SignalSet(
      names.map((name) => {
        const definition = signalDefinitions.find((one) => one.name === name);
        if (!definition || !parts[name]) {
          throw new ShelfwiseError(
            'SW_MODEL_STATE',
            `selection: expected a signal of this version, got "${name}".`,
            'Train again.',
          );
        }
        return { name, signal: definition.load(parts[name]) };
      }),
    );
  }

  /** Features of each candidate, row-major; `out` has shape `[C, columns]`. */
  write(request: SignalRequest, out: Float32Array): void {
    for (const { signal, at } of this.#signals) signal.write(request, out, this.columns.length, at);
  }

  state(): ModelState {
    const parts = Object.fromEntries(this.#signals.map(({ name, signal }) => [name, signal.state()]));
    return nestStates({ signals: this.#signals.map(({ name }) => name) }, parts);
  }
}
