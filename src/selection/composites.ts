/**
 * The composites that `evaluate --model` names: `learned` (the choice over several models), its unlearned rivals
 * `equal-weights` and `rrf` on the same candidates and signals, and `selection` (retrieval, choice and composed slate).
 */
import { ShelfwiseError } from '../core/errors.ts';
import type { TrainingSplit } from '../evaluation/cases.ts';
import type { CompositeContext, CompositeFitter, CompositeScorer } from '../evaluation/composite.ts';
import type { Setting, SettingSpec } from '../models/model.ts';
import { type ChoiceForm, choiceForms } from './choice/choice-model.ts';
import { attributeSimilarity, neighbourSimilarity } from './compose/similarity.ts';
import { SlateScorer } from './compose/slate-scorer.ts';
import {
  defaultSelectionSettings as defaults,
  fitLearnedSelection,
  type MemberChoice,
  type SelectionSettings,
} from './fit-learned-selection.ts';
import type { LearnedSelection } from './learned-selection.ts';
import { defaultMembers } from './member-sets.ts';

/** Settings of every composite, as `--set learned.NAME=VALUE` takes them. */
export const compositeSettings: Readonly<Record<string, SettingSpec>> = {
  models: {
    default: 'auto',
    doc: 'Base models, `name` or `name:quota`, with commas; auto takes those that suit the task.',
  },
  form: {
    default: defaults.form,
    choices: ['auto', ...choiceForms],
    doc: 'Form of the choice; auto decides on validation.',
  },
  limit: { default: defaults.limit, min: 10, max: 10_000, doc: 'Candidates of a query at most.' },
  quota: { default: defaults.quota, min: 1, max: 10_000, doc: 'Candidates a model may bring where none is named.' },
  maxCases: { default: defaults.maxCases, min: 10, max: 10_000_000, doc: 'Validation cases that teach, at most.' },
  negatives: {
    default: defaults.negatives,
    min: 5,
    max: 10_000,
    doc: 'Wrong candidates kept of a case while learning.',
  },
  relevance: { default: 0.95, min: 0, max: 1, doc: "MMR's λ of `selection`: 1 orders by probability alone." },
  count: { default: 20, min: 1, max: 1000, doc: 'Length of the slate of `selection`.' },
};

export const compositeFitters: Readonly<Record<string, CompositeFitter>> = {
  learned: (split, context) => fitNamed('learned', split, context),
  'equal-weights': (split, context) => fitNamed('equal-weights', split, context, 'equal-weights'),
  rrf: (split, context) => fitNamed('rrf', split, context, 'rrf'),
  selection: async (split, context): Promise<CompositeScorer> => {
    const selection = await fitNamed('selection', split, context);
    const chosen = completed('selection', context);
    return new SlateScorer('selection', selection, {
      count: chosen['count'] as number,
      relevance: chosen['relevance'] as number,
      ...similarityOf(selection, split),
    });
  },
};

function fitNamed(
  name: string,
  split: TrainingSplit,
  context: CompositeContext,
  form?: ChoiceForm,
): Promise<LearnedSelection> {
  const chosen = completed(name, context);
  const settings: SelectionSettings = {
    ...defaults,
    name,
    members: membersOf(chosen['models'] as string, context.task, name),
    form: form ?? (chosen['form'] as ChoiceForm | 'auto'),
    limit: chosen['limit'] as number,
    quota: chosen['quota'] as number,
    maxCases: chosen['maxCases'] as number,
    negatives: chosen['negatives'] as number,
    depth: context.task === 'sequence' ? 10 : 20,
    rowsInTimeOrder: context.task === 'session',
  };
  const task = { ...split, facts: split.attributes ? { attributes: split.attributes } : {} };
  return fitLearnedSelection(task, settings, context);
}

function completed(name: string, { settings }: CompositeContext): Readonly<Record<string, Setting>> {
  const complete = Object.fromEntries(Object.entries(compositeSettings).map(([key, spec]) => [key, spec.default]));
  for (const [key, value] of Object.entries(settings[name] ?? {})) {
    const spec = compositeSettings[key];
    const where = `${name}.${key}`;
    if (!spec) {
      const names = Object.keys(compositeSettings).join(', ');
      throw new ShelfwiseError('SW_SETTING', `${where}: no such setting; got ${value}.`, `The settings are: ${names}.`);
    }
    const bounded = typeof value !== 'number' || (value >= (spec.min ?? -Infinity) && value <= (spec.max ?? Infinity));
    if (typeof value !== typeof spec.default || !bounded || (spec.choices && !spec.choices.includes(value))) {
      const range =
        spec.choices?.join(' | ') ?? `a ${typeof spec.default} in [${spec.min ?? '-∞'}, ${spec.max ?? '∞'}]`;
      throw new ShelfwiseError('SW_SETTING', `${where}: expected ${range}, got ${value}.`, spec.doc);
    }
    complete[key] = value;
  }
  return complete;
}

/** @example membersOf('rp3beta:100,als', 'interactions', 'learned') // rp3beta brings 100, als the default number */
export function membersOf(models: string, task: string, composite: string): readonly MemberChoice[] {
  if (models === 'auto') return defaultMembers(task);
  return models.split(',').map((text) => {
    const [model, quota] = text.trim().split(':') as [string, string | undefined];
    if (model !== '' && (quota === undefined || /^\d+$/.test(quota)))
      return quota === undefined ? { model } : { model, quota: Number(quota) };
    throw new ShelfwiseError(
      'SW_SETTING',
      `${composite}.models: expected names with commas, each \`name\` or \`name:quota\`, got "${text}".`,
      'For example rp3beta,als:100.',
    );
  });
}

/** Likeness by attributes where the data has them, else by who chose both; without either, slates are not diversified. */
function similarityOf({ members }: LearnedSelection, { attributes }: TrainingSplit) {
  if (attributes) return { similarity: attributeSimilarity(attributes) };
  for (const { model } of members)
    if ('table' in model)
      return { similarity: neighbourSimilarity(model.table as Parameters<typeof neighbourSimilarity>[0]) };
  return {};
}
