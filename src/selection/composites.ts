/**
 * The composites that `evaluate --model` names: `learned` (the choice over several models), its unlearned rivals
 * `equal-weights` and `rrf` on the same candidates and signals, and `selection` (retrieval, choice and composed slate).
 * A shop's own are made over its facts, its offers and its settings, so that what is measured is what it shows.
 */
import { ShelfwiseError } from '../core/errors.ts';
import { ItemAttributes } from '../data/item-attributes.ts';
import type { ItemFacts } from '../data/item-facts.ts';
import type { ItemVectors } from '../data/item-vectors.ts';
import type { TrainingSplit } from '../evaluation/cases.ts';
import type { CompositeContext } from '../evaluation/composite.ts';
import type { Setting, SettingSpecs } from '../models/model.ts';
import { completeSettings } from '../models/settings.ts';
import { type ChoiceForm, choiceForms } from './choice/choice-model.ts';
import { defaultSlate } from './compose/compose-slate.ts';
import { itemSimilarity } from './compose/item-similarity.ts';
import { SlateScorer } from './compose/slate-scorer.ts';
import { fitLearnedSelection } from './fit-learned-selection.ts';
import type { LearnedSelection } from './learned-selection.ts';
import { defaultMembers } from './member-sets.ts';
import type { OfferingOf } from './offering.ts';
import { defaultSelectionSettings as defaults, type MemberChoice, type SelectionSettings } from './selection-task.ts';

/** A case of a session is one next click, which tells less than a shopper's visit does: more of them are needed. */
const sessionCases = 40_000;
/** A shop trains beside what it serves. */
const shopFeatureMB = 320;

/** Settings of every composite, as `--set learned.NAME=VALUE` takes them. */
const compositeSettings = {
  models: {
    default: 'auto',
    doc: 'Base models, `name` or `name:quota`, with commas; auto stands for those that suit the task.',
  },
  form: {
    default: defaults.form,
    choices: ['auto', ...choiceForms],
    doc: 'Form of the choice; auto decides on validation.',
  },
  limit: { default: defaults.limit, min: 10, max: 10_000, doc: 'Candidates of a query at most.' },
  quota: { default: defaults.quota, min: 1, max: 10_000, doc: 'Candidates a model may bring where none is named.' },
  maxCases: {
    default: defaults.maxCases,
    min: 10,
    max: 10_000_000,
    doc: `Validation cases that teach, at most; ${sessionCases} for the task session.`,
  },
  negatives: {
    default: defaults.negatives,
    min: 5,
    max: 10_000,
    doc: 'Wrong candidates kept of a case while learning.',
  },
  featureMB: {
    default: defaults.featureMB,
    min: 1,
    max: 1_000_000,
    doc: `Memory for the features of the cases at most, in megabytes; ${shopFeatureMB} in a shop.`,
  },
  relevance: {
    default: defaultSlate.relevance,
    min: 0,
    max: 1,
    doc: "MMR's λ of `selection`: 1 orders by probability alone.",
  },
  count: { default: defaultSlate.count, min: 1, max: 1000, doc: 'Length of the slate of `selection`.' },
} as const satisfies SettingSpecs;

/** What composites are made over; of a public data set, its attributes alone. */
export interface CompositeBase {
  /** What holds where the user of the composite sets nothing. */
  readonly settings?: Readonly<Record<string, Setting>>;
  readonly facts?: ItemFacts;
  /** What the texts of the items say. */
  readonly vectors?: ItemVectors;
  readonly offeringOf?: OfferingOf;
}

type Fitter<Fitted> = (split: TrainingSplit, context: CompositeContext) => Promise<Fitted>;

/** @see CompositeFitter */
export type Composites = Readonly<Record<'learned' | 'equal-weights' | 'rrf', Fitter<LearnedSelection>>> & {
  readonly selection: Fitter<SlateScorer>;
};

export function compositesOver(base: CompositeBase): Composites {
  const fitted = (name: string, split: TrainingSplit, context: CompositeContext, form?: ChoiceForm) => {
    const settings = selectionSettings(name, context.task, { ...base.settings, ...context.settings[name] });
    const { vectors, offeringOf } = base;
    const known = { facts: factsOf(base, split), ...(vectors && { vectors }) };
    const task = { ...split, ...known, ...(offeringOf && { offeringOf }) };
    return fitLearnedSelection(task, form ? { ...settings, form } : settings, context);
  };
  return {
    learned: (split, context) => fitted('learned', split, context),
    'equal-weights': (split, context) => fitted('equal-weights', split, context, 'equal-weights'),
    rrf: (split, context) => fitted('rrf', split, context, 'rrf'),
    selection: async (split, context) =>
      slatesOf(await fitted('selection', split, context), factsOf(base, split), {
        ...base.settings,
        ...context.settings['selection'],
      }),
  };
}

/** What a learned choice shows, with settings by the names of `compositeSettings`. */
export function slatesOf(
  selection: LearnedSelection,
  { attributes }: ItemFacts,
  chosen: Readonly<Record<string, Setting>>,
): SlateScorer {
  const { count, relevance } = completeSettings('selection', compositeSettings, chosen);
  return new SlateScorer('selection', selection, { count, relevance }, itemSimilarity(selection, attributes));
}

export const compositeFitters: Composites = compositesOver({});

function factsOf({ facts }: CompositeBase, { attributes }: TrainingSplit): ItemFacts {
  return facts ?? (attributes ? { attributes: ItemAttributes.of(attributes) } : {});
}

/**
 * How a selection is fitted, from settings by the names of `compositeSettings`.
 *
 * @throws ShelfwiseError `SW_SETTING`
 */
export function selectionSettings(
  name: string,
  task: string,
  chosen: Readonly<Record<string, Setting>>,
): SelectionSettings {
  const { models, form, limit, quota, maxCases, negatives, featureMB } = completeSettings(name, compositeSettings, {
    ...(task === 'session' && { maxCases: sessionCases }),
    ...(task === 'shop' && { featureMB: shopFeatureMB }),
    ...chosen,
  });
  return {
    ...defaults,
    name,
    members: membersOf(models, task, name),
    form,
    limit,
    quota,
    maxCases,
    negatives,
    featureMB,
    depth: task === 'sequence' ? 10 : 20,
    rowsInTimeOrder: task === 'session',
  };
}

/** @example membersOf('rp3beta:100,als', 'interactions', 'learned') // rp3beta brings 100, als the default number */
export function membersOf(models: string, task: string, composite: string): readonly MemberChoice[] {
  return models.split(',').flatMap((text) => {
    if (text.trim() === 'auto') return defaultMembers(task);
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
