/**
 * Products that nobody has met, known by their texts alone: a tenth of the items, chosen by hash, is taken out of every
 * history, and the whole catalogue is ranked for the people who then chose one. Beside it the choices of all items, with
 * texts read and without. What was to be chosen was chosen on the validation choices; the test is looked at once.
 *
 * node bench/cold-start.ts [--on test] [--seed 1] [--encoder table|minilm] [--json] [--save]
 */
import { createHash } from 'node:crypto';
import { openCompute } from '../src/adapters/compute.ts';
import { openEncoder } from '../src/adapters/open-encoder.ts';
import { Random } from '../src/core/random.ts';
import { type Histories, rowCount, type Scorer } from '../src/data/histories.ts';
import type { ItemVectors } from '../src/data/item-vectors.ts';
import { ContentSpace } from '../src/encoders/content/content-space.ts';
import type { TextEncoder } from '../src/encoders/text/text-encoder.ts';
import { bootstrapIntervals, mean, pairedDifferences } from '../src/evaluation/bootstrap.ts';
import type { Case } from '../src/evaluation/cases.ts';
import { rankingValues } from '../src/evaluation/metrics/by-key.ts';
import { rankCases } from '../src/evaluation/rank.ts';
import { modelNamed, modelSettings } from '../src/models/registry.ts';
import { selectionSettings } from '../src/selection/composites.ts';
import { fitLearnedSelection } from '../src/selection/fit-learned-selection.ts';
import { caseWithout, withoutItems } from '../src/selection/hide-items.ts';
import type { LearnedSelection } from '../src/selection/learned-selection.ts';
import { benchFlags, print } from './peers/comparison.ts';
import { lastOut, readIndustrial } from './peers/industrial.ts';
import { miniLm } from './peers/minilm.ts';

const flags = benchFlags({
  on: { type: 'string', default: 'test' },
  seed: { type: 'string', default: '1' },
  encoder: { type: 'string', default: 'table' },
});
const seed = Number(flags.seed);
const keys = ['Recall@20', 'NDCG@10'] as const;
await measure();

async function measure(): Promise<void> {
  const { products, train, cases } = readIndustrial(flags.on === 'valid' ? 'valid' : 'test');
  const compute = await openCompute();
  const figures: Record<string, number> = { items: products.length, people: rowCount(train), choices: cases.length };
  const intervals: Record<string, readonly [number, number]> = {};
  const content = await ContentSpace.fit(products, await encoderOf(flags.encoder), { compute, seed });
  const { vectors } = content!;
  const fitBase = (name: string, data: object, chosen = {}) => {
    const definition = modelNamed(name);
    return definition.fit({ ...data } as never, modelSettings(definition, chosen), { compute, seed });
  };
  const context = { seed, compute, fitBase };

  const hidden = Uint8Array.from(products, ({ productId }) => isHidden(productId));
  const stripped = withoutItems(train, hidden);
  const cold = cases.filter(({ targets: [target] }) => hidden[target!] === 1).map((one) => caseWithout(one, hidden));
  const asked = cold.filter(({ query }) => query.items.length > 0);
  figures['choices of hidden items'] = asked.length;
  const alone = async (name: string): Promise<Scorer> => fitBase(name, { histories: stripped, vectors });
  const selected = await selectionOn(stripped, vectors);
  const scorers: Readonly<Record<string, Scorer>> = {
    random: randomScorer(products.length),
    popularity: await alone('popularity'),
    'texts as they are': await alone('content-profile'),
    'texts aligned': await alone('content-aligned'),
    selection: selected,
  };
  const values: Record<string, Awaited<ReturnType<typeof valuesOf>>> = {};
  for (const [name, scorer] of Object.entries(scorers)) {
    values[name] = await valuesOf(scorer, asked);
    tell(`hidden: ${name}`, values[name]);
  }
  differ('hidden: aligned less as they are', values['texts aligned']!, values['texts as they are']!, asked);

  const [withTexts, without] = [await selectionOn(train, vectors), await selectionOn(train)];
  const [reads, blind] = [await valuesOf(withTexts, cases), await valuesOf(without, cases)];
  tell('all: selection', reads);
  tell('all: selection without texts', blind);
  differ('all: with texts less without', reads, blind, cases);
  // Of what was hidden above nothing is warm; of the others the selection that met fewer items may lose nothing.
  const warm = cases.filter(({ targets: [target] }) => hidden[target!] === 0).map((one) => caseWithout(one, hidden));
  const warmOnes = warm.filter(({ query }) => query.items.length > 0);
  const unread = await selectionOn(stripped);
  const [warmReads, warmBlind] = [await valuesOf(selected, warmOnes), await valuesOf(unread, warmOnes)];
  tell('warm: selection', warmReads);
  tell('warm: selection without texts', warmBlind);
  differ('warm: with texts less without', warmReads, warmBlind, warmOnes);
  await compute.close();
  print({ name: 'cold-start', figures, peers: {}, ratios: {}, intervals }, flags);

  async function valuesOf(scorer: Scorer, some: readonly Case[]) {
    return rankingValues(await rankCases(scorer, some, { depth: 20, pastList: false }), keys);
  }

  /** Weights from each person's last choice, which is held out of what teaches the models. */
  async function selectionOn(histories: Histories, texts?: ItemVectors): Promise<LearnedSelection> {
    const { fitTrain, validation } = lastOut(histories);
    const known = texts ? { vectors: texts } : {};
    const task = { fitTrain, validation, train: histories, ...known };
    return fitLearnedSelection(task, selectionSettings('learned', 'sequence', {}), context);
  }

  function tell(name: string, measured: Record<string, Float64Array>): void {
    const some = bootstrapIntervals(measured, { seed });
    for (const key of keys) {
      figures[`${name}: ${key}`] = mean(measured[key]!);
      intervals[`${name}: ${key}`] = some[key]!;
    }
    console.error(name, keys.map((key) => `${key} ${mean(measured[key]!).toFixed(4)}`).join(', '));
  }

  function differ(
    name: string,
    a: Record<string, Float64Array>,
    b: Record<string, Float64Array>,
    some: readonly Case[],
  ): void {
    const groups = Int32Array.from(some, ({ group }) => group!);
    for (const [key, { mean: difference, interval }] of Object.entries(pairedDifferences(a, b, { seed, groups }))) {
      figures[`${name}: ${key}`] = difference;
      intervals[`${name}: ${key}`] = interval;
      console.error(name, key, difference.toFixed(4), interval);
    }
  }
}

/** What comes with Shelfwise, or a sentence transformer as large as many use. */
async function encoderOf(name: string): Promise<TextEncoder> {
  if (name === 'table') return (await openEncoder('.', 'bilingual-table'))!;
  const found = await miniLm();
  if ('skipped' in found) throw new Error(found.skipped);
  return (await openEncoder('bench/.peers', { transformer: found.folder }))!;
}

/** A tenth, by a hash of the id. */
function isHidden(id: string): number {
  return createHash('sha256').update(id).digest()[31]! % 10 === 0 ? 1 : 0;
}

function randomScorer(itemCount: number): Scorer {
  const random = new Random(seed, 0x7a4d);
  return {
    ...{ name: 'random', itemCount },
    async score(queries, out) {
      for (let n = 0; n < queries.length * itemCount; n++) out[n] = random.uniform();
    },
  };
}
