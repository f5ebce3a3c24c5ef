/** Learns the choice from choice sets: each form that is asked for, and the one that orders held-out choices best. */
import type { SelectionContext, SelectionSettings } from '../selection-task.ts';
import type { SignalColumn } from '../signals/signal.ts';
import { type ChoiceData, ChoiceDataBuilder, concatenated } from './choice-data.ts';
import type { ChoiceForm, ChoiceModel } from './choice-model.ts';
import { columnAlone, type HeldOutQuality, heldOutQuality } from './held-out-quality.ts';
import { type PooledChoice, withPooledChoice } from './pooled-sets.ts';
import { choiceDefinitions } from './registry.ts';

export interface LearnedChoice {
  readonly choice: ChoiceModel;
  /** On the held-out sets, by form and by source of columns. */
  readonly heldOut: Readonly<Record<string, HeldOutQuality>>;
}

/**
 * @param teach - sets that teach, with wrong candidates sampled
 * @param held - those kept from learning, with all candidates
 */
export async function learnChoice(
  { teach, held }: { readonly teach: ChoiceData; readonly held: ChoiceData },
  columns: readonly SignalColumn[],
  settings: SelectionSettings,
  context: SelectionContext,
): Promise<LearnedChoice> {
  const options = {
    columns,
    seed: context.seed,
    threads: context.compute.threads,
    held,
    ...(context.signal && { signal: context.signal }),
    ...(context.onProgress && { onProgress: context.onProgress }),
  };
  // Without a single choice to learn from, the models count alike.
  const asked = teach.offsets.length > 1 ? settings.form : 'equal-weights';
  const wanted: readonly ChoiceForm[] = asked === 'auto' ? ['linear', 'neural'] : [asked];
  const heldOut: Record<string, HeldOutQuality> = {};
  let best: ChoiceModel | undefined;
  const tryForm = async (form: ChoiceForm, pooled?: PooledChoice): Promise<void> => {
    const more = { ...(pooled && { pooled }), ...(best && { start: best }) };
    const fitted = await choiceDefinitions[form].fit(teach, { ...options, ...more });
    heldOut[form] = heldOutQuality(fitted, held, settings.depth);
    if (!best || heldOut[form].ndcg > heldOut[best.form]!.ndcg) best = fitted;
  };
  if (asked === 'equal-weights' || asked === 'rrf') await tryForm(asked);
  else
    await withPooledChoice({ teach, held }, options, async (pooled) => {
      for (const form of wanted) await tryForm(form, pooled);
    });
  for (const form of ['equal-weights', 'rrf'] as const)
    heldOut[form] ??= heldOutQuality(await choiceDefinitions[form].fit(teach, options), held, settings.depth);
  for (const [at, { name, source }] of columns.entries())
    if (name === `${source}.z`) heldOut[source] = heldOutQuality(columnAlone(at, columns.length), held, settings.depth);
  // Nothing was stopped early by the held-out fifth here, so it may teach as well.
  if (best!.form === 'linear')
    best = await choiceDefinitions.linear.fit(await joined(teach, held, columns, settings, context), options);
  return { choice: best!, heldOut };
}

async function joined(
  teach: ChoiceData,
  held: ChoiceData,
  columns: readonly SignalColumn[],
  { negatives }: SelectionSettings,
  { seed, compute: { threads } }: SelectionContext,
): Promise<ChoiceData> {
  const builder = new ChoiceDataBuilder(teach.columns, negatives, seed);
  const firstSight = await choiceDefinitions['equal-weights'].fit(teach, { columns, seed, threads });
  for (let s = 0; s + 1 < held.offsets.length; s++) {
    const [from, to] = [held.offsets[s]!, held.offsets[s + 1]!];
    const right = held.right.subarray(from, to);
    if (!right.includes(1)) continue;
    const features = held.features.subarray(from * held.columns, to * held.columns);
    const likeness = new Float64Array(to - from);
    firstSight.score(features, to - from, likeness);
    builder.add(features, right, held.targets[s]!, likeness);
  }
  return concatenated(teach, builder.build());
}
