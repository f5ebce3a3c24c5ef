import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, expect, test } from 'vitest';
import { Random } from '../core/random.ts';
import type { Histories, Query } from '../data/histories.ts';
import type { Case } from '../evaluation/cases.ts';
import { openWasmDenseMath } from '../math/wasm-dense-math.ts';
import { type Compute, defineModel, type Model } from '../models/model.ts';
import { modelNamed, modelSettings } from '../models/registry.ts';
import { explainChoice } from './explain/reasons.ts';
import { sentenceOf } from './explain/sentences.ts';
import { verifyReason } from './explain/verify-reason.ts';
import { fitLearnedSelection } from './fit-learned-selection.ts';
import { type ChoiceSet, LearnedSelection } from './learned-selection.ts';
import { defaultSelectionSettings, type SelectionContext, type SelectionSettings } from './selection-task.ts';
import type { FittedSignal, SignalDefinition } from './signals/signal.ts';
import { signalDefinitions } from './signals/signal-set.ts';

const itemCount = 120;
const ring = 12;

/**
 * Shoppers walk round a ring of twelve items of their taste, at times back to where they began, at times to what
 * everyone takes: the order of the walk, coming back, and popularity each hold a part of the truth.
 */
function walks(users: number, seed: number): number[][] {
  const random = new Random(seed);
  return Array.from({ length: users }, () => {
    const taste = random.below(itemCount / ring) * ring;
    const row = [taste + random.below(ring)];
    while (row.length < 9) {
      const last = row[row.length - 1]!;
      const chance = random.uniform();
      if (chance < 0.4) row.push(taste + ((last - taste + 1) % ring));
      else if (chance < 0.75) row.push(row[0]!);
      else row.push(Math.floor(itemCount * random.uniform() ** 4));
    }
    return row;
  });
}

function histories(rows: readonly (readonly number[])[]): Histories {
  const offsets = new Int32Array(rows.length + 1);
  for (const [r, row] of rows.entries()) offsets[r + 1] = offsets[r]! + row.length;
  return { itemCount, offsets, items: Int32Array.from(rows.flat()), ordered: true };
}

const rows = walks(600, 1);
const train = histories(rows.map((row) => row.slice(0, -1)));
const fitTrain = histories(rows.map((row) => row.slice(0, -2)));
const caseOf = (row: readonly number[], end: number): Case => ({
  query: { items: Int32Array.from(row.slice(0, end)) },
  targets: Int32Array.of(row[end]!),
  masked: new Int32Array(0),
});
const validation = rows.map((row) => caseOf(row, row.length - 2));
const asked = rows.map((row) => caseOf(row, row.length - 1));

const settings: SelectionSettings = {
  ...defaultSelectionSettings,
  name: 'learned',
  members: [{ model: 'transition-knn' }, { model: 'item-knn' }, { model: 'recently-viewed' }, { model: 'popularity' }],
  form: 'linear',
  quota: 40,
};
let compute: Compute;
let context: SelectionContext;
let learned: LearnedSelection;

beforeAll(async () => {
  compute = { threads: 1, dense: await openWasmDenseMath(1) };
  context = {
    seed: 5,
    compute,
    fitBase: (name, data, chosen) => {
      const definition = modelNamed(name);
      return definition.fit(data, modelSettings(definition, chosen), { compute, seed: 5 });
    },
  };
  learned = await fitLearnedSelection({ fitTrain, train, validation }, settings, context);
}, 60_000);

/** Mean reciprocal rank over all items, ties at their mean. */
async function quality(scorer: Pick<Model, 'score'>): Promise<number> {
  const out = new Float32Array(asked.length * itemCount);
  await scorer.score(
    asked.map(({ query }) => query),
    out,
  );
  let sum = 0;
  for (const [n, { targets }] of asked.entries()) {
    const row = out.subarray(n * itemCount, (n + 1) * itemCount);
    const score = row[targets[0]!]!;
    const above = row.filter((other) => other > score).length;
    const tied = row.filter((other) => other === score).length;
    sum += 1 / (above + (tied + 1) / 2);
  }
  return sum / asked.length;
}

test('the learned choice beats every model it unites, both unlearned fusions, and shuffled teaching', async () => {
  const mine = await quality(learned);
  for (const { model } of learned.members) expect(mine).toBeGreaterThan((await quality(model)) + 0.03);
  for (const form of ['equal-weights', 'rrf'] as const) {
    const rival = await fitLearnedSelection({ fitTrain, train, validation }, { ...settings, form }, context);
    expect(mine).toBeGreaterThan((await quality(rival)) + 0.03);
  }
  const random = new Random(9);
  const shuffled = validation.map((one) => ({ ...one, targets: Int32Array.of(random.below(itemCount)) }));
  const mutant = await fitLearnedSelection({ fitTrain, train, validation: shuffled }, settings, context);
  expect(mine).toBeGreaterThan((await quality(mutant)) + 0.1);
});

test('what was learned is reported: recall of the union and of each retriever, lost targets, quality by form', () => {
  const summary = learned.summary as Record<string, never> & {
    retrieval: {
      recall: number;
      lost: number;
      targets: number;
      retrievers: { name: string; recall: number }[];
      overlap: number[][];
    };
    heldOut: Record<string, { ndcg: number; recall: number }>;
  };
  const { recall, lost, targets, retrievers, overlap } = summary.retrieval;
  expect(recall).toBeCloseTo(1 - lost / targets, 12);
  for (const one of retrievers) expect(recall).toBeGreaterThanOrEqual(one.recall);
  for (const [n, row] of overlap.entries()) expect(row[n]).toBe(1);
  for (const { ndcg, recall: found } of Object.values(summary.heldOut)) expect(ndcg).toBeLessThanOrEqual(found);
  const singles = ['item-knn', 'popularity', 'recently-viewed', 'transition-knn'];
  expect(Object.keys(summary.heldOut).sort()).toEqual(['equal-weights', 'linear', 'rrf', ...singles].sort());
});

test('with few cases it still learns, and with none the models count alike', async () => {
  const few = await fitLearnedSelection({ fitTrain, train, validation: validation.slice(0, 60) }, settings, context);
  expect(few.choice.form).toBe('linear');
  const none = await fitLearnedSelection({ fitTrain: train, train, validation: [] }, settings, context);
  expect(none.choice.form).toBe('equal-weights');
  expect(await quality(none)).toBeGreaterThan(0.15);
});

test('what is measured on later choices has learned nothing of them; what serves has', async () => {
  const random = new Random(3);
  const [older, newer] = [validation.slice(0, 400), validation.slice(400)];
  const other = newer.map((one) => ({ ...one, targets: Int32Array.of(random.below(itemCount)) }));
  const learnedWith = async (cases: readonly Case[]) => {
    let early: LearnedSelection | undefined;
    const later = {
      cases,
      async measure(one: LearnedSelection) {
        early = one;
      },
    };
    const last = await fitLearnedSelection({ fitTrain, train, validation: older, later }, settings, context);
    return { early: early!, last };
  };
  const [real, shuffled] = [await learnedWith(newer), await learnedWith(other)];
  expect(real.early.choice.state()).toEqual(shuffled.early.choice.state());
  expect(real.last.choice.state()).not.toEqual(shuffled.last.choice.state());
  expect([real.early.summary['cases'], real.last.summary['cases']]).toEqual([400, 600]);
  // Measured over what was known before the choices, served over everything.
  expect(await quality(real.last)).not.toBe(await quality(real.early));
});

test('where features may take little, fewer wrong candidates teach', async () => {
  const all = validation.map((one) => ({ ...one, query: { items: one.query.items } }));
  const fitted = async (featureMB: number) =>
    fitLearnedSelection({ fitTrain, train, validation: all }, { ...settings, featureMB }, context);
  const [roomy, tight] = [await fitted(100), await fitted(2)];
  expect(roomy.summary['negatives']).toBe(128);
  expect(tight.summary['negatives']).toBeLessThan(32);
  expect(tight.summary['negatives']).toBeGreaterThanOrEqual(16);
  expect(await quality(tight)).toBeGreaterThan((await quality(roomy)) - 0.03);
});

test('the same seed gives the same selection, and a saved one scores alike', async () => {
  const again = await fitLearnedSelection({ fitTrain, train, validation }, settings, context);
  const loaded = await LearnedSelection.load(learned.state(), compute, modelNamed);
  const over = await LearnedSelection.loadOver(
    learned.stateWithoutModels(),
    new Map(learned.members.map(({ as, model }) => [as, model])),
  );
  const queries = asked.slice(0, 30).map(({ query }) => query);
  const scores = async (one: LearnedSelection) => {
    const out = new Float32Array(queries.length * itemCount);
    await one.score(queries, out);
    return out;
  };
  const expected = await scores(learned);
  for (const other of [again, loaded, over]) expect(await scores(other)).toEqual(expected);
});

test('a stranger, a history of unknown items and a catalogue without stock are answered', async () => {
  const stranger = learned.choose({ items: new Int32Array(0) });
  const unknown = learned.choose({ items: Int32Array.of(-1, itemCount + 3) });
  for (const set of [stranger, unknown]) {
    expect(set.candidates.length).toBeGreaterThan(10);
    expect(set.probabilities.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 9);
  }
  const allowed = new Uint8Array(itemCount);
  const empty = learned.choose(asked[0]!.query, { allowed });
  expect(empty.candidates.length).toBe(0);
  allowed[7] = 1;
  const one = learned.choose(asked[0]!.query, { allowed, items: Int32Array.of(3) });
  expect([...one.candidates]).toEqual([7]);
  expect(one.probabilities[0]).toBe(1);
});

test('P(c|u) is the softmax of q over the candidates', async () => {
  for (const set of asked.slice(0, 10).map(({ query }) => learned.choose(query))) {
    const total = set.q.reduce((sum, q) => sum + Math.exp(q), 0);
    for (const [c, q] of set.q.entries()) expect(set.probabilities[c]).toBeCloseTo(Math.exp(q) / total, 9);
    expect(Math.max(...set.probabilities)).toBeGreaterThan(5 / set.candidates.length);
  }
});

test.each(['linear', 'neural'] as const)(
  '%s: explanations sum to q, and every reason holds when recomputed',
  async (form) => {
    const selection =
      form === 'linear'
        ? learned
        : await fitLearnedSelection({ fitTrain, train, validation }, { ...settings, form }, context);
    let reasonsSeen = 0;
    for (const { query } of asked.slice(0, 12)) {
      const set = selection.choose(query);
      const best = [...set.q.keys()].sort((a, b) => set.q[b]! - set.q[a]!).slice(0, 3);
      for (const [place, c] of best.entries()) {
        const item = set.candidates[c]!;
        const explanation = explainChoice(selection, set, item);
        const total = explanation.parts.reduce((sum, { value }) => sum + value, explanation.base);
        const size = explanation.parts.reduce((sum, { value }) => sum + Math.abs(value), Math.abs(explanation.base));
        expect(Math.abs(total - set.q[c]!)).toBeLessThan(1e-5 * size);
        expect(explanation.rank).toBe(place + 1);
        for (const reason of explanation.reasons) {
          reasonsSeen++;
          expect(verifyReason(selection, query, item, reason)).toEqual({ holds: true });
          for (const part of reason.items) {
            expect(part.value).toBeGreaterThan(0);
            expect(query.items).toContain(part.item);
            expect(part.value).toBeLessThanOrEqual(reason.items[0]!.value);
          }
          for (const language of ['en', 'zh'] as const)
            expect(sentenceOf(reason, { language, titleOf: (i) => `item ${i}` })).not.toContain('undefined');
        }
      }
    }
    expect(reasonsSeen).toBeGreaterThan(30);
  },
);

test('a forged reason is found out', async () => {
  const { query } = asked[0]!;
  const set = learned.choose(query);
  const item = set.candidates[0]!;
  const reason = explainChoice(learned, set, item).reasons.find(({ items }) => items.length > 0);
  if (!reason) throw new Error('expected a reason from the history');
  const other = [...query.items].find((one) => one !== reason.items[0]!.item)!;
  const forged = { ...reason, items: [{ ...reason.items[0]!, item: other }] };
  expect(verifyReason(learned, query, item, forged).holds).toBe(false);
  expect(verifyReason(learned, query, item, { ...reason, value: reason.value * 1.1 }).holds).toBe(false);
  expect(verifyReason(learned, query, item, reason).holds).toBe(true);
});

test('a member that needs what the data lacks is left out with a note where it is optional, and named where it is not', async () => {
  const byText = defineModel({
    name: 'by-text',
    about: 'Needs vectors of the texts.',
    settings: {},
    needs: ['vectors'],
    fit: () => expect.fail('expected not to be fitted'),
    load: () => expect.fail('expected not to be loaded'),
  });
  const known: string[][] = [];
  const fitBase: SelectionContext['fitBase'] = (name, data, chosen) => {
    known.push(Object.keys(data));
    if (name !== 'by-text') return context.fitBase(name, data, chosen);
    return byText.fit(data, {}, { compute, seed: 1 });
  };
  const members = [{ model: 'by-text', optional: true }, ...settings.members];
  const few = { ...settings, maxCases: 50 };
  const task = { fitTrain, train, validation, facts: {} };
  const selection = await fitLearnedSelection(task, { ...few, members }, { ...context, fitBase });
  expect(selection.members.map(({ as }) => as)).toEqual(settings.members.map(({ model }) => model));
  expect(selection.summary['skipped']).toEqual([expect.stringContaining('`vectors` to learn from')]);
  // While the choice learns, the cases that teach it are held back; afterwards there are none.
  expect(known[0]).toEqual(['histories', 'catalogue', 'validation']);
  expect(known.at(-1)).toEqual(['histories', 'catalogue']);
  const must = fitLearnedSelection(task, { ...few, members: [{ model: 'by-text' }] }, { ...context, fitBase });
  await expect(must).rejects.toMatchObject({ code: 'SW_MODEL_DATA' });
});

test('a signal of one’s own sees all that the query says, may be waited for, and is left out where it is late', async () => {
  const seen: Query[] = [];
  let wait = 0;
  let fails = false;
  const definition: SignalDefinition = {
    name: 'elsewhere',
    fit: () => elsewhere,
    load: () => elsewhere,
  };
  const elsewhere: FittedSignal = {
    columns: [{ name: 'elsewhere.liked', source: 'elsewhere' }],
    async prepare({ query, candidates }, { signal }) {
      seen.push(query);
      if (fails) throw new Error('no answer');
      if (wait > 0) await sleep(wait, undefined, { signal });
      return candidates.map((item) => item % 2);
    },
    write({ candidates }, out, stride, at, prepared) {
      for (let c = 0; c < candidates.length; c++) out[c * stride + at] = (prepared as Int32Array | undefined)?.[c] ?? 0;
    },
    state: () => ({ meta: {}, arrays: {} }),
  };
  const few = { ...settings, maxCases: 50 };
  const task = { fitTrain, train, validation, signals: [...signalDefinitions, definition] };
  const selection = await fitLearnedSelection(task, few, context);
  expect(seen.length).toBeGreaterThan(30);
  const query = {
    ...{ ...asked[0]!.query, place: 'Berlin', device: 'phone', language: 'de', page: 'home', text: 'tea' },
    ...{ cart: Int32Array.of(1), viewing: Int32Array.of(2), profile: { plan: 'gold' } },
  };
  const gathered = selection.gather(query);
  const at = selection.signals.columns.findIndex(({ source }) => source === 'elsewhere');
  const likedOf = ({ features, candidates }: ChoiceSet): number =>
    candidates.reduce((sum, _, c) => sum + features[c * selection.signals.columns.length + at]!, 0);
  const prepared = await selection.prepare(gathered, { leftMs: 1000 });
  expect([prepared!.missing, seen.at(-1)]).toEqual([[], query]);
  expect(likedOf(selection.judge(gathered, prepared))).toBeGreaterThan(0);
  wait = 2000;
  const late = await selection.prepare(gathered, { leftMs: 5 });
  expect(late!.missing).toEqual(['elsewhere']);
  expect(likedOf(selection.judge(gathered, late))).toBe(0);
  fails = true;
  expect((await selection.prepare(gathered, { leftMs: 1000 }))!.missing).toEqual(['elsewhere']);
  // While the choice learns, a signal that fails ends the fit.
  await expect(fitLearnedSelection(task, few, context)).rejects.toThrow('no answer');
  const over = (definitions?: SignalDefinition[]) =>
    LearnedSelection.loadOver(
      selection.stateWithoutModels(),
      new Map(selection.members.map(({ as, model }) => [as, model])),
      definitions,
    );
  expect((await over([...signalDefinitions, definition])).signals.columns).toEqual(selection.signals.columns);
  await expect(over()).rejects.toThrowError(expect.objectContaining({ code: 'SW_MODEL_STATE' }));
});
