/**
 * Fits the second selection: base models on the part of train before validation, candidates for the validation cases by
 * the very retrieval that will serve, weights on the choices that shoppers then made; and, where the protocol held
 * something out of train only for this, the base models and item signals again on all of it. Signals are free of scale,
 * so the weights carry over.
 */
import { ShelfwiseError } from '../core/errors.ts';
import type { FitData } from '../data/fit-data.ts';
import type { Histories, Scorer } from '../data/histories.ts';
import type { ItemFacts } from '../data/item-facts.ts';
import { type Case, sampleCases } from '../evaluation/cases.ts';
import { topK } from '../math/top-k.ts';
import type { Model, Setting } from '../models/model.ts';
import { type ChoiceData, ChoiceDataBuilder } from './choice/choice-data.ts';
import type { ChoiceForm, ChoiceModel } from './choice/choice-model.ts';
import { columnAlone, type HeldOutQuality, heldOutQuality } from './choice/held-out-quality.ts';
import { choiceDefinitions } from './choice/registry.ts';
import { gathererOf, LearnedSelection, type SelectionMember, signalRequest } from './learned-selection.ts';
import { type Offering, type OfferingOf, offersAll } from './offering.ts';
import { RetrievalCounter, type RetrievalReport } from './retrieval/retrieval-report.ts';
import type { SignalColumn, SignalDefinition } from './signals/signal.ts';
import { SignalSet } from './signals/signal-set.ts';

export interface MemberChoice {
  /** Name of the base model. */
  readonly model: string;
  /** Name inside the selection, where one model takes part with several settings. */
  readonly as?: string;
  readonly settings?: Readonly<Record<string, Setting>>;
  /** Candidates it may bring; 0 to only score. */
  readonly quota?: number;
  /** Left out, with a note, where the data is past its limits. */
  readonly optional?: boolean;
}

export interface SelectionSettings {
  readonly name: string;
  readonly members: readonly MemberChoice[];
  /** `auto`: linear or neural, whichever orders held-out choices better. */
  readonly form: ChoiceForm | 'auto';
  /** Candidates of a query at most. */
  readonly limit: number;
  /** Candidates each member may bring where it names no quota. */
  readonly quota: number;
  /** Validation cases that teach the weights, at most; a sample by seed beyond. */
  readonly maxCases: number;
  /** Wrong candidates kept of a case while learning, at most. */
  readonly negatives: number;
  /** Length of the list whose NDCG decides between forms. */
  readonly depth: number;
  /** True where a later row of the histories was made later (sessions). */
  readonly rowsInTimeOrder: boolean;
  /** Names of the signals to use; all that the data can feed by default. */
  readonly signals?: readonly string[];
}

export const defaultSelectionSettings: Omit<SelectionSettings, 'name' | 'members'> = {
  form: 'auto',
  limit: 1000,
  quota: 200,
  maxCases: 12_000,
  negatives: 128,
  depth: 20,
  rowsInTimeOrder: false,
};

export interface SelectionTask {
  /** Base models are fitted on this while weights are learned. */
  readonly fitTrain: Histories;
  readonly validation: readonly Case[];
  /** And on this for serving; the same object where nothing is refitted. */
  readonly train: Histories;
  readonly facts?: ItemFacts;
  /** Products that could be shown at the moment of a query, with their prices then; all of them by default. */
  readonly offeringOf?: OfferingOf;
  /** The signals there are; Shelfwise's own by default. */
  readonly signals?: readonly SignalDefinition[];
}

export interface SelectionContext {
  readonly seed: number;
  readonly compute: { readonly threads: number };
  readonly signal?: AbortSignal;
  readonly onProgress?: (share: number, note?: string) => void;
  fitBase(name: string, data: FitData, chosen?: Readonly<Record<string, Setting>>): Promise<Scorer>;
}

/** The learned choice, and its quality on choices kept from learning. */
export interface SelectionSummary {
  readonly form: ChoiceForm;
  readonly members: readonly string[];
  readonly skipped: readonly string[];
  readonly cases: number;
  readonly retrieval: RetrievalReport;
  /** On the held-out fifth, by form and by member alone; lost targets count against all alike. */
  readonly heldOut: Readonly<Record<string, HeldOutQuality>>;
}

export async function fitLearnedSelection(
  task: SelectionTask,
  settings: SelectionSettings,
  context: SelectionContext,
): Promise<LearnedSelection> {
  const { fitTrain, train } = task;
  const sources = { facts: task.facts ?? {}, rowsInTimeOrder: settings.rowsInTimeOrder };
  const { members, skipped } = await fitMembers(dataOf(fitTrain), settings, context, 0, 0.4);
  const models = members.map(({ as }) => as);
  const signals = SignalSet.fit({ ...sources, histories: fitTrain, models }, settings.signals, task.signals);
  const excludeHistory = task.validation.some(({ masked }) => masked.length > 0);
  const learns = settings.form !== 'equal-weights' && settings.form !== 'rrf';
  const cases = sampleCases(
    task.validation,
    learns ? settings.maxCases : Math.min(settings.maxCases, reportCases),
    context.seed,
    0xca5e,
  );
  const sets = await choiceSets(cases, task, members, signals, settings, context);
  context.onProgress?.(0.55, 'learning the choice');
  const { choice, heldOut } = await learnChoice(sets, signals, settings, context);
  const refitted = train === fitTrain ? { members, signals } : await refit();
  const summary: SelectionSummary = {
    form: choice.form,
    members: models,
    skipped,
    cases: cases.length,
    retrieval: sets.retrieval,
    heldOut,
  };
  return new LearnedSelection({
    name: settings.name,
    itemCount: train.itemCount,
    ...refitted,
    choice,
    limit: settings.limit,
    excludeHistory,
    popular: mostChosen(train),
    ...(task.offeringOf && { offeringOf: task.offeringOf }),
    summary: { ...summary },
  });

  /** What the base models may learn from; cases that the choice learns from are held back where it learns. */
  function dataOf(histories: Histories): FitData {
    const held = histories === fitTrain && train !== fitTrain;
    return { histories, ...(task.facts && { catalogue: task.facts }), ...(held && { validation: task.validation }) };
  }

  async function refit(): Promise<{ members: readonly SelectionMember[]; signals: SignalSet }> {
    const again = await fitMembers(dataOf(train), settings, context, 0.7, 1);
    if (again.members.length !== members.length) {
      throw new ShelfwiseError(
        'SW_MODEL_LIMIT',
        `selection: expected the models ${models.join(', ')} on all of train, got ${again.members.map(({ as }) => as).join(', ')}.`,
        'Leave out the model that is past its limits.',
      );
    }
    return {
      members: again.members,
      signals: SignalSet.fit({ ...sources, histories: train, models }, settings.signals, task.signals),
    };
  }
}

async function fitMembers(
  data: FitData,
  settings: SelectionSettings,
  context: SelectionContext,
  from: number,
  to: number,
): Promise<{ members: SelectionMember[]; skipped: string[] }> {
  const members: SelectionMember[] = [];
  const skipped: string[] = [];
  for (const [n, member] of settings.members.entries()) {
    context.signal?.throwIfAborted();
    const as = member.as ?? member.model;
    context.onProgress?.(from + ((to - from) * n) / settings.members.length, as);
    try {
      const model = (await context.fitBase(member.model, data, member.settings)) as Model;
      members.push({ as, quota: member.quota ?? settings.quota, model });
    } catch (error) {
      const allowed =
        error instanceof ShelfwiseError && ['SW_MODEL_LIMIT', 'SW_MODEL_UNKNOWN', 'SW_MODEL_DATA'].includes(error.code);
      if (!member.optional || !allowed) throw error;
      // Most models say themselves who they are.
      skipped.push(error.message.startsWith(`${as}: `) ? error.message : `${as}: ${error.message}`);
    }
  }
  if (members.length > 0) return { members, skipped };
  throw new ShelfwiseError(
    'SW_SETTING',
    `selection.models: expected at least one model that fits the data, got none.`,
    skipped[0] ?? 'Name a model.',
  );
}

interface ChoiceSets {
  /** Sets that teach, with wrong candidates sampled. */
  readonly teach: ChoiceData;
  /** The fifth kept from learning, with all candidates. */
  readonly held: ChoiceData;
  readonly retrieval: RetrievalReport;
}

async function choiceSets(
  cases: readonly Case[],
  { fitTrain: histories, offeringOf = offersAll }: SelectionTask,
  members: readonly SelectionMember[],
  signals: SignalSet,
  { limit, negatives }: SelectionSettings,
  { seed, signal, onProgress, compute: { threads } }: SelectionContext,
): Promise<ChoiceSets> {
  const counter = new RetrievalCounter(members.map(({ as }) => as));
  const columns = signals.columns.length;
  const teach = new ChoiceDataBuilder(columns, negatives, seed);
  const held = new ChoiceDataBuilder(columns, Infinity, seed);
  const gatherer = gathererOf(members, { itemCount: histories.itemCount, limit, popular: mostChosen(histories) });
  const firstSight = await choiceDefinitions['equal-weights'].fit(teach.build(), {
    ...{ columns: signals.columns, seed, threads },
  });
  const place = new Int32Array(histories.itemCount);
  const learning = { leftMs: Infinity, ...(signal && { signal }) };
  for (const [n, { query, targets, masked }] of cases.entries()) {
    signal?.throwIfAborted();
    const offering = withMasked(offeringOf(query), masked);
    const gathered = { query, offering, ...gatherer.gather(query, offering) };
    const { candidates, lists } = gathered;
    for (let c = 0; c < candidates.length; c++) place[candidates[c]!] = c + 1;
    const right = new Uint8Array(candidates.length);
    let retrieved = 0;
    for (const target of targets) {
      if (place[target] === 0) continue;
      right[place[target]! - 1] = 1;
      retrieved++;
    }
    for (let c = 0; c < candidates.length; c++) place[candidates[c]!] = 0;
    counter.add(targets, lists, retrieved, candidates.length);
    const isHeld = isHeldOut(n, cases.length);
    if (retrieved === 0 && !isHeld) continue;
    const features = new Float32Array(candidates.length * columns);
    const request = signalRequest(gathered);
    signals.write(request, features, signals.waits ? await signals.prepare(request, learning) : undefined);
    if (isHeld) held.add(features, right, targets.length);
    else {
      const likeness = new Float64Array(candidates.length);
      firstSight.score(features, candidates.length, likeness);
      teach.add(features, right, targets.length, likeness);
    }
    if (n % 100 === 0) {
      onProgress?.(0.4 + (0.15 * n) / cases.length, 'gathering candidates');
      await breath();
    }
  }
  return { teach: teach.build(), held: held.build(), retrieval: counter.report() };
}

/** Lets others of the event loop have their turn. */
function breath(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

function withMasked(offering: Offering, masked: Int32Array): Offering {
  if (masked.length === 0) return offering;
  return { ...offering, items: offering.items ? Int32Array.from([...offering.items, ...masked]) : masked };
}

/** Validation cases that tell of a form that learns nothing. */
const reportCases = 1000;

/** Neighbouring cases (prefixes of one session) stay on one side. */
function isHeldOut(index: number, cases: number): boolean {
  const block = Math.max(1, Math.min(40, Math.floor(cases / 25)));
  return Math.floor(index / block) % 5 === 4;
}

async function learnChoice(
  { teach, held }: ChoiceSets,
  signals: SignalSet,
  settings: SelectionSettings,
  context: SelectionContext,
): Promise<{ choice: ChoiceModel; heldOut: Record<string, HeldOutQuality> }> {
  const { columns } = signals;
  const options = {
    columns,
    seed: context.seed,
    threads: context.compute.threads,
    held,
    ...(context.signal && { signal: context.signal }),
    onProgress: (share: number, note?: string) => context.onProgress?.(0.55 + 0.15 * share, note),
  };
  // Without a single choice to learn from, the models count alike.
  const asked = teach.offsets.length > 1 ? settings.form : 'equal-weights';
  const wanted: readonly ChoiceForm[] = asked === 'auto' ? ['linear', 'neural'] : [asked];
  const heldOut: Record<string, HeldOutQuality> = {};
  let best: ChoiceModel | undefined;
  for (const form of wanted) {
    const fitted = await choiceDefinitions[form].fit(teach, { ...options, ...(best && { start: best }) });
    heldOut[form] = heldOutQuality(fitted, held, settings.depth);
    if (!best || heldOut[form].ndcg > heldOut[best.form]!.ndcg) best = fitted;
  }
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

function concatenated(a: ChoiceData, b: ChoiceData): ChoiceData {
  const rows = a.right.length;
  return {
    columns: a.columns,
    offsets: appended(
      Int32Array,
      a.offsets,
      b.offsets.subarray(1).map((offset) => offset + rows),
    ),
    features: appended(Float32Array, a.features, b.features),
    right: appended(Uint8Array, a.right, b.right),
    correction: appended(Float32Array, a.correction, b.correction),
    targets: appended(Int32Array, a.targets, b.targets),
  };
}

function appended<A extends Float32Array | Int32Array | Uint8Array>(type: new (length: number) => A, a: A, b: A): A {
  const out = new type(a.length + b.length);
  out.set(a);
  out.set(b, a.length);
  return out;
}

function mostChosen({ itemCount, items }: Histories): Int32Array {
  const counts = new Float32Array(itemCount);
  for (let p = 0; p < items.length; p++) counts[items[p]!]!++;
  return topK(counts, Math.min(1000, itemCount));
}
