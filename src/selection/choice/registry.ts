/** Every form of the choice by its name. */
import { ShelfwiseError } from '../../core/errors.ts';
import type { ModelState } from '../../models/model.ts';
import type { ChoiceDefinition, ChoiceForm, ChoiceModel } from './choice-model.ts';
import { conditionalLogit } from './conditional-logit.ts';
import { neuralChoice } from './neural-choice.ts';
import { equalWeights, reciprocalRankFusion } from './rank-fusion.ts';
import { loadUnmetChoice, unmetForm } from './unmet-choice.ts';

export const choiceDefinitions: Readonly<Record<ChoiceForm, ChoiceDefinition>> = {
  linear: conditionalLogit,
  neural: neuralChoice,
  'equal-weights': equalWeights,
  rrf: reciprocalRankFusion,
};

export async function loadChoice(state: ModelState): Promise<ChoiceModel> {
  if (state.meta['form'] === unmetForm) return loadUnmetChoice(state, loadChoice);
  const definition = choiceDefinitions[state.meta['form'] as ChoiceForm];
  if (definition) return definition.load(state);
  throw new ShelfwiseError(
    'SW_MODEL_STATE',
    `selection: expected a form of choice of this version, got "${state.meta['form']}".`,
    'Train again.',
  );
}
