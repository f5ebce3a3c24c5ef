/** Fits the base models of a training. Those that serve stand in slots: what did not change is taken over, not fitted again. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ShelfwiseError } from '../core/errors.ts';
import type { Histories } from '../data/histories.ts';
import type { Compute, Model, ModelDefinition, Settings } from '../models/model.ts';
import { modelNamed, modelSettings } from '../models/registry.ts';
import { loadState } from '../models/state-file.ts';
import type { SelectionContext } from '../selection/selection-task.ts';
import type { Generation } from './artefacts.ts';
import type { ModelSlots } from './generation.ts';
import { inputsOf, type SlotInputs } from './slots.ts';

/** Fits base models; those of the histories that serve stand in slots. */
export function baseFitter(
  compute: Compute,
  seed: number,
  signal: AbortSignal | undefined,
  serving: { readonly histories: Histories; readonly slots: Slots },
): SelectionContext['fitBase'] {
  return (name, data, chosen = {}) => {
    const definition = modelNamed(name);
    const settings = modelSettings(definition, chosen);
    const make = (): Promise<Model> => definition.fit(data, settings, { compute, seed, ...(signal && { signal }) });
    if (data.histories !== serving.histories || definition.needs) return make();
    return serving.slots.modelOf(definition, settings, compute, make);
  };
}

/** The base models that will serve: those of the current generation that were made from the same are taken from it. */
export class Slots {
  readonly #inputs: SlotInputs;
  readonly #current: Generation | undefined;
  readonly #made = new Map<Model, { inputs: string; from?: string }>();

  constructor(inputs: SlotInputs, current: Generation | undefined) {
    this.#inputs = inputs;
    this.#current = current;
  }

  get made(): ModelSlots {
    return this.#made;
  }

  carried(members: readonly { readonly as: string; readonly model: Model }[]): string[] {
    return members.filter(({ model }) => this.#made.get(model)?.from !== undefined).map(({ as }) => as);
  }

  async modelOf(
    definition: ModelDefinition,
    settings: Settings,
    compute: Compute,
    make: () => Promise<Model>,
  ): Promise<Model> {
    const inputs = this.#inputs.of(definition.name, settings);
    const from = await this.#slotOf(inputs);
    const carried = from === undefined ? undefined : await this.#load(from, definition, compute);
    const model = carried ?? (await make());
    this.#made.set(model, { inputs, ...(carried && from !== undefined && { from }) });
    return model;
  }

  async #load(from: string, definition: ModelDefinition, compute: Compute): Promise<Model | undefined> {
    try {
      return await definition.load(await loadState(from), compute);
    } catch (error) {
      // Damaged: it is fitted again.
      if (error instanceof ShelfwiseError && error.code === 'SW_MODEL_STATE') return undefined;
      throw error;
    }
  }

  async #slotOf(inputs: string): Promise<string | undefined> {
    if (!this.#current) return undefined;
    const models = join(this.#current.folder, 'models');
    for (const name of await readdir(models).catch(() => []))
      if ((await inputsOf(join(models, name))) === inputs) return join(models, name);
    return undefined;
  }
}
