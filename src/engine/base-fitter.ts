/**
 * Fits the base models of a training. Those that serve stand in slots: what did not change is taken over, not fitted again.
 * A long fit keeps checkpoints: broken off, the next training of the same goes on from there.
 */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ShelfwiseError } from '../core/errors.ts';
import type { Histories } from '../data/histories.ts';
import type { Compute, Model, ModelDefinition } from '../models/model.ts';
import { modelNamed, modelSettings } from '../models/registry.ts';
import { loadState } from '../models/state-file.ts';
import type { SelectionContext } from '../selection/selection-task.ts';
import type { Generation } from './artefacts.ts';
import { CheckpointFolder } from './checkpoint-folder.ts';
import type { ModelSlots } from './generation.ts';
import { inputsOf, type SlotInputs } from './slots.ts';
import type { TunedSettings } from './tuned-settings.ts';

export interface BaseFitterParts {
  readonly shopFolder: string;
  readonly compute: Compute;
  readonly seed: number;
  readonly signal?: AbortSignal | undefined;
  readonly inputs: SlotInputs;
  /** Of the models that will serve: those that are fitted on these histories. */
  readonly serving: Histories;
  readonly slots: Slots;
  /** What was found for members of the choice. */
  readonly tuned: TunedSettings;
}

/** Fits base models; those of the histories that serve stand in slots. */
export function baseFitter(parts: BaseFitterParts): SelectionContext['fitBase'] {
  const { shopFolder, compute, seed, signal, inputs, serving, slots, tuned } = parts;
  return (name, data, chosen = {}, onProgress) => {
    const definition = modelNamed(name);
    const settings = modelSettings(definition, tuned.of(name, chosen));
    const from = inputs.of(definition, settings, data);
    const make = async (): Promise<Model> => {
      const checkpoints = from === undefined ? undefined : new CheckpointFolder(join(checkpointsOf(shopFolder), from));
      const model = await definition.fit(data, settings, {
        ...{ compute, seed },
        ...(signal && { signal }),
        ...(onProgress && { onProgress }),
        ...(checkpoints && { checkpoints }),
      });
      await checkpoints?.clear();
      return model;
    };
    if (data.histories !== serving || from === undefined) return make();
    return slots.modelOf(definition, from, compute, make);
  };
}

/** Where trainings that are under way keep what they have. */
const checkpointsOf = (shopFolder: string): string => join(shopFolder, 'models', '.checkpoints');

/** Nothing goes on from a training that was followed by another one. */
export async function forgetCheckpoints(shopFolder: string): Promise<void> {
  await rm(checkpointsOf(shopFolder), { recursive: true, force: true });
}

/** The base models that will serve: those of the current generation that were made from the same are taken from it. */
export class Slots {
  readonly #current: Generation | undefined;
  readonly #made = new Map<Model, { inputs: string; from?: string }>();

  constructor(current: Generation | undefined) {
    this.#current = current;
  }

  get made(): ModelSlots {
    return this.#made;
  }

  carried(members: readonly { readonly as: string; readonly model: Model }[]): string[] {
    return members.filter(({ model }) => this.#made.get(model)?.from !== undefined).map(({ as }) => as);
  }

  /** @param inputs - what it is made from */
  async modelOf(
    definition: ModelDefinition,
    inputs: string,
    compute: Compute,
    make: () => Promise<Model>,
  ): Promise<Model> {
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
