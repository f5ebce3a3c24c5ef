/** All signals in one list, and the feature rows they make together. */
import { setTimeout as sleep } from 'node:timers/promises';
import { ShelfwiseError } from '../../core/errors.ts';
import type { ModelState } from '../../models/model.ts';
import type { ReasonContext, Said } from '../explain/reason.ts';
import { nestStates, unnestState } from '../nested-state.ts';
import { attributeShare } from './attribute-share.ts';
import { contentLikeness } from './content-likeness.ts';
import { lateness } from './lateness.ts';
import { modelScores } from './model-scores.ts';
import { popularitySignal } from './popularity-signal.ts';
import { priceLevel } from './price-level.ts';
import { repeat } from './repeat.ts';
import { reviewsSignal } from './reviews.ts';
import type {
  FittedSignal,
  SignalColumn,
  SignalDefinition,
  SignalRequest,
  SignalSources,
  SignalTime,
} from './signal.ts';
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
  contentLikeness,
  priceLevel,
  reviewsSignal,
  timeOfWeek,
  visit,
];

/** What was waited for, by the signal's name, and the signals that did not answer. */
export interface PreparedSignals {
  readonly answers: ReadonlyMap<string, unknown>;
  readonly missing: readonly string[];
}

/** @returns undefined where the answer is late or an error; while learning an error is thrown */
async function inTime(answer: Promise<unknown>, { leftMs }: SignalTime): Promise<unknown> {
  if (leftMs === Infinity) return answer;
  const kept = answer.catch(() => undefined);
  const answered = new AbortController();
  const late = sleep(Math.max(0, leftMs), undefined, { signal: answered.signal }).catch(() => undefined);
  return Promise.race([kept, late]).finally(() => answered.abort());
}

interface Part {
  readonly definition: SignalDefinition;
  readonly signal: FittedSignal;
}

export class SignalSet {
  readonly columns: readonly SignalColumn[];
  readonly #parts: readonly (Part & { readonly at: number })[];
  readonly #places: ReadonlyMap<string, number>;
  /** Names of the sources of columns, in the order of their first columns, and the place of each column's there. */
  readonly sources: readonly string[];
  readonly sourceOf: Int32Array;
  /** The first signal that has a column of each source. */
  readonly #sources: ReadonlyMap<string, SignalDefinition>;

  private constructor(parts: readonly Part[]) {
    let at = 0;
    this.#parts = parts.map((part) => {
      const placed = { ...part, at };
      at += part.signal.columns.length;
      return placed;
    });
    this.columns = parts.flatMap(({ signal }) => signal.columns);
    this.#places = new Map(this.columns.map(({ name }, place) => [name, place]));
    this.sources = [...new Set(this.columns.map(({ source }) => source))];
    const placeOfSource = new Map(this.sources.map((source, place) => [source, place]));
    this.sourceOf = Int32Array.from(this.columns, ({ source }) => placeOfSource.get(source)!);
    this.#sources = new Map(
      this.#parts
        .flatMap((part) => part.signal.columns.map(({ source }) => [source, part.definition] as const))
        .reverse(),
    );
  }

  /** Place of a column in a row of features; -1 where there is none of that name. */
  placeOf(name: string): number {
    return this.#places.get(name) ?? -1;
  }

  /**
   * @param only - names of the signals to use; all that the data can feed by default
   * @param definitions - those there are
   */
  static fit(
    sources: SignalSources,
    only?: readonly string[],
    definitions: readonly SignalDefinition[] = signalDefinitions,
  ): SignalSet {
    const chosen = definitions.filter(({ name }) => !only || only.includes(name));
    return new SignalSet(
      chosen.flatMap((definition) => {
        const signal = definition.fit(sources);
        return signal ? [{ definition, signal }] : [];
      }),
    );
  }

  static load(state: ModelState, definitions: readonly SignalDefinition[] = signalDefinitions): SignalSet {
    const names = state.meta['signals'] as string[];
    const parts = unnestState(state);
    return new SignalSet(
      names.map((name) => {
        const definition = definitions.find((one) => one.name === name);
        if (!definition || !parts[name]) {
          throw new ShelfwiseError(
            'SW_MODEL_STATE',
            `selection: expected a signal of this version, got "${name}".`,
            'Train again.',
          );
        }
        return { definition, signal: definition.load(parts[name]) };
      }),
    );
  }

  /** True where a signal has to be waited for. */
  get waits(): boolean {
    return this.#parts.some(({ signal }) => signal.prepare !== undefined);
  }

  /** Asks the signals that have to be waited for, all at once. What is late or fails is left out and named. */
  async prepare(request: SignalRequest, time: SignalTime): Promise<PreparedSignals> {
    const answers = new Map<string, unknown>();
    const missing: string[] = [];
    const asked = this.#parts.flatMap(({ definition: { name }, signal }) =>
      signal.prepare ? [{ name, answer: inTime(signal.prepare(request, time), time) }] : [],
    );
    for (const { name, answer } of asked) {
      const found = await answer;
      if (found === undefined) missing.push(name);
      else answers.set(name, found);
    }
    return { answers, missing };
  }

  /** Features of each candidate, row-major; `out` has shape `[C, columns]`. */
  write(request: SignalRequest, out: Float32Array, prepared?: PreparedSignals): void {
    for (const { definition, signal, at } of this.#parts)
      signal.write(request, out, this.columns.length, at, prepared?.answers.get(definition.name));
  }

  /** Tells all signals what an item is that came after the fit. */
  describe(item: number, attributes: Int32Array): void {
    for (const { signal } of this.#parts) signal.describe?.(item, attributes);
  }

  /** Tells all signals what the texts of an item say that came, or was described anew, after the fit. */
  locate(item: number, vector: Float32Array): void {
    for (const { signal } of this.#parts) signal.locate?.(item, vector);
  }

  /** Why a source of columns speaks for a candidate. */
  say(source: string, context: ReasonContext): Said | undefined {
    return this.#sources.get(source)?.reason?.say(source, context);
  }

  state(): ModelState {
    const parts = Object.fromEntries(this.#parts.map(({ definition, signal }) => [definition.name, signal.state()]));
    return nestStates({ signals: this.#parts.map(({ definition }) => definition.name) }, parts);
  }
}
