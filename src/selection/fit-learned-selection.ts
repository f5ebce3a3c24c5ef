/**
 * Fits the second selection: base models on what came before the choices that teach, candidates for those by the very
 * retrieval that will serve, weights on what shoppers then chose; and, where choices were held out of train only for this,
 * the base models and item signals again on all of it. Signals are free of scale, so the weights carry over.
 */
import { ShelfwiseError } from '../core/errors.ts';
import type { Histories } from '../data/histories.ts';
import { type Case, sampleCases } from '../evaluation/cases.ts';
import { type ChoiceData, concatenated } from './choice/choice-data.ts';
import type { ChoiceForm, ChoiceModel } from './choice/choice-model.ts';
import type { HeldOutQuality } from './choice/held-out-quality.ts';
import { learnChoice } from './choice/learn-choice.ts';
import { type TaughtRange, taughtRange } from './choice/taught-range.ts';
import { fitUnmetChoice } from './choice/unmet-choice.ts';
import { fitMembers } from './fit-members.ts';
import { type ChoiceSets, earlySets, gatherChoices, type PastModels } from './gather-choices.ts';
import { caseWithout, hiddenItems, withoutItems } from './hide-items.ts';
import { LearnedSelection, mostChosen } from './learned-selection.ts';
import { type OfferingOf, offersAll } from './offering.ts';
import type { RetrievalReport } from './retrieval/retrieval-report.ts';
import { pieceOf, type SelectionContext, type SelectionSettings, type SelectionTask } from './selection-task.ts';
import { SignalSet } from './signals/signal-set.ts';

/** The learned choice, and its quality on choices kept from learning. */
export interface SelectionSummary {
  readonly form: ChoiceForm;
  readonly members: readonly string[];
  readonly skipped: readonly string[];
  readonly cases: number;
  /** Wrong candidates kept of a case that teaches, at most. */
  readonly negatives: number;
  readonly retrieval: RetrievalReport;
  /** Choices in a world where some products had never been met; absent where nothing reads texts. */
  readonly unmet?: UnmetSummary;
  /** On the held-out fifth, by form and by member alone; lost targets count against all alike. */
  readonly heldOut: Readonly<Record<string, HeldOutQuality>>;
}

/** Choices that tell of a form that learns nothing. */
const reportCases = 1000;

export async function fitLearnedSelection(
  task: SelectionTask,
  settings: SelectionSettings,
  context: SelectionContext,
): Promise<LearnedSelection> {
  const { fitTrain, train } = task;
  const refits = train !== fitTrain;
  const { choice, range, summary, before } = await learnOnPast(task, settings, context);
  const models = before ?? (await modelsOn(task, train, settings, context));
  const { members } = summary;
  if (models.members.length !== members.length) {
    throw new ShelfwiseError(
      'SW_MODEL_LIMIT',
      `selection: expected the models ${members.join(', ')} on all of train, got ${models.members.map(({ as }) => as).join(', ')}.`,
      'Leave out the model that is past its limits.',
    );
  }
  return selectionOf(task, refits ? train : fitTrain, models, { choice, range }, settings, summary);
}

export interface UnmetSummary {
  /** Products whose events were hidden. */
  readonly items: number;
  /** Choices that teach there. */
  readonly cases: number;
  /** Those among them that were of hidden products. */
  readonly chosen: number;
}

/** Of the products that somebody met, how many are hidden. */
const hiddenShare = 0.1;
/** Of the choices that teach, and of the memory, what the world of hidden products may take. */
const unmetShare = 1 / 3;
/** Fewer choices of hidden products teach chance. */
const leastUnmet = 20;

/**
 * What the choice learns among: products that somebody chose sooner or later. What nobody ever did may be bad or new, and
 * as a wrong answer it would teach that all that is new is bad.
 */
function taughtOffering({ train, offeringOf = offersAll }: SelectionTask): OfferingOf {
  const met = new Uint8Array(train.itemCount);
  for (const item of train.items) met[item] = 1;
  return (query) => {
    const offering = offeringOf(query);
    const { admits } = offering;
    return { ...offering, admits: (item) => met[item] === 1 && (!admits || admits(item)) };
  };
}

/**
 * Sets of choices as they would have been gathered had some products never been met: they teach what a product without
 * events is worth. Only choices that are told apart from `later` take part.
 */
async function unmetSets(
  task: SelectionTask,
  members: number,
  settings: SelectionSettings,
  context: SelectionContext,
): Promise<{ readonly teach: ChoiceData; readonly summary: UnmetSummary } | undefined> {
  if (!task.vectors) return undefined;
  const { seed } = context;
  const hidden = hiddenItems(task.fitTrain, hiddenShare, seed);
  const isUnmet = ({ targets }: Case): boolean => targets.some((target) => hidden[target] === 1);
  if (task.validation.filter(isUnmet).length < leastUnmet) return undefined;
  const fitTrain = withoutItems(task.fitTrain, hidden);
  const world = { ...task, fitTrain, offeringOf: taughtOffering(task) };
  const models = await modelsOn(world, fitTrain, settings, { ...context, onProgress: quietly });
  // A model that cannot be fitted there would leave its columns out.
  if (models.members.length !== members) return undefined;
  const most = Math.ceil(settings.maxCases * unmetShare);
  const cases = sampleCases(task.validation, most, seed, 0x41df).map((one) => caseWithout(one, hidden));
  const less = { ...settings, featureMB: settings.featureMB * unmetShare };
  const { teach, held } = await gatherChoices({ cases }, world, models, less, context);
  const items = hidden.reduce((sum, one) => sum + one, 0);
  const summary = { items, cases: cases.length, chosen: cases.filter(isUnmet).length };
  return { teach: concatenated(teach, held), summary };
}

const quietly = (): void => {};

interface Learned {
  readonly choice: ChoiceModel;
  readonly summary: SelectionSummary;
  /** How far features are followed; absent where nothing was learned of them. */
  readonly range?: TaughtRange;
  /** The models that it was learned over, where they serve. */
  readonly before?: FittedModels;
}

async function learnOnPast(
  task: SelectionTask,
  settings: SelectionSettings,
  context: SelectionContext,
): Promise<Learned> {
  const { fitTrain, train, validation, later } = task;
  let before: FittedModels | undefined = await modelsOn(task, fitTrain, settings, context);
  const { columns } = before.signals;
  const unmetPlace = before.signals.placeOf('content.unmet');
  const learns = settings.form !== 'equal-weights' && settings.form !== 'rrf';
  const most = learns ? settings.maxCases : Math.min(settings.maxCases, reportCases);
  const cases = sampleCases(later ? [...validation, ...later.cases] : validation, most, context.seed, 0xca5e);
  const newer = new Set(later?.cases);
  const early = cases.filter((one) => !newer.has(one)).length;
  const members = before.members.map(({ as }) => as);
  const unmet =
    learns && unmetPlace >= 0
      ? await unmetSets(task, members.length, settings, pieceOf(context, 0.4, 0.45))
      : undefined;
  // Where nothing teaches the unmet apart, they are judged like the others.
  const taught = task.vectors && !unmet ? { ...task, offeringOf: taughtOffering(task) } : task;
  const sets = await gatherChoices({ cases, early }, taught, before, settings, pieceOf(context, 0.45, 0.55));
  const { retrieval, negatives } = sets;
  const known = { members, skipped: before.skipped, retrieval, negatives, ...(unmet && { unmet: unmet.summary }) };
  const learn = async (from: ChoiceSets, count: number, piece: SelectionContext): Promise<Learned> => {
    piece.onProgress?.(0, 'learning the choice');
    const { choice: met, heldOut } = await learnChoice(from, columns, settings, piece);
    const apart = { columns, seed: context.seed, threads: context.compute.threads };
    const choice = unmet ? await fitUnmetChoice(met, unmet.teach, unmetPlace, apart) : met;
    const taught = [from.teach, from.held, ...(unmet ? [unmet.teach] : [])];
    const range = learns ? { range: taughtRange(columns.length, ...taught) } : {};
    return { choice, ...range, summary: { ...known, form: choice.form, cases: count, heldOut } };
  };
  if (later) {
    const { choice, range, summary } = await learn(earlySets(sets), early, pieceOf(context, 0.55, 0.6));
    const tell = (note: string): void => context.onProgress?.(0.6, note);
    await later.measure(selectionOf(task, fitTrain, before, { choice, range }, settings, summary), tell);
  }
  // They are large: where others serve, they are let go before the whole choice is learned.
  if (train !== fitTrain) before = undefined;
  const learned = await learn(sets, cases.length, pieceOf(context, later ? 0.65 : 0.55, 0.7));
  return before ? { ...learned, before } : learned;
}

interface FittedModels extends PastModels {
  readonly skipped: readonly string[];
}

async function modelsOn(
  { fitTrain, train, validation, signals, vectors, ...task }: SelectionTask,
  histories: Histories,
  settings: SelectionSettings,
  context: SelectionContext,
): Promise<FittedModels> {
  const isPast = histories === fitTrain;
  const facts = isPast ? (task.factsBefore ?? task.facts) : task.facts;
  // Cases that the choice learns from are held back where it learns.
  const held = isPast && train !== fitTrain;
  const data = {
    histories,
    ...(facts && { catalogue: facts }),
    ...(vectors && { vectors }),
    ...(held && { validation }),
  };
  const piece = isPast ? pieceOf(context, 0, 0.4) : pieceOf(context, 0.7, 1);
  const { members, skipped } = await fitMembers(data, settings, piece);
  const models = members.map(({ as }) => as);
  const known = { facts: facts ?? {}, ...(vectors && { vectors }) };
  const sources = { ...known, rowsInTimeOrder: settings.rowsInTimeOrder, histories, models };
  return { members, skipped, signals: SignalSet.fit(sources, settings.signals, signals) };
}

function selectionOf(
  { validation, offeringOf }: SelectionTask,
  histories: Histories,
  { members, signals }: PastModels,
  learned: { readonly choice: ChoiceModel; readonly range: TaughtRange | undefined },
  { name, limit }: SelectionSettings,
  summary: SelectionSummary,
): LearnedSelection {
  return new LearnedSelection({
    ...{ name, itemCount: histories.itemCount, members, signals, limit },
    choice: learned.choice,
    ...(learned.range && { range: learned.range }),
    excludeHistory: validation.some(({ masked }) => masked.length > 0),
    popular: mostChosen(histories),
    ...(offeringOf && { offeringOf }),
    summary: { ...summary },
  });
}
