/**
 * Products that nobody has met, on real data: a tenth of the items is taken out of every history, and the whole catalogue is
 * ranked for the people who then chose one. On the validation choices; `npm run bench -- cold-start` reports the test.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { lastOut, readIndustrial } from '../../bench/peers/industrial.ts';
import { openCompute } from '../../src/adapters/compute.ts';
import { openEncoder } from '../../src/adapters/open-encoder.ts';
import type { FitData } from '../../src/data/fit-data.ts';
import type { Scorer } from '../../src/data/histories.ts';
import { ContentSpace } from '../../src/encoders/content/content-space.ts';
import { mean } from '../../src/evaluation/bootstrap.ts';
import { rankingValues } from '../../src/evaluation/metrics/by-key.ts';
import { rankCases } from '../../src/evaluation/rank.ts';
import type { Model, Setting } from '../../src/models/model.ts';
import { modelNamed, modelSettings } from '../../src/models/registry.ts';
import { selectionSettings } from '../../src/selection/composites.ts';
import { fitLearnedSelection } from '../../src/selection/fit-learned-selection.ts';
import { caseWithout, withoutItems } from '../../src/selection/hide-items.ts';

const folder = process.env['SHELFWISE_DATA'] ?? '';
const data = folder !== '' && existsSync(join(folder, 'amazon-industrial-text'));
if (!data) console.log('skipped, because SHELFWISE_DATA names no folder with amazon-industrial-text');

test.runIf(data)(
  'hidden products are found by their texts, better where texts are aligned, and the selection shows them',
  async () => {
    const { products, train, cases } = readIndustrial('valid');
    const compute = await openCompute();
    const seed = 2;
    const fitBase = (name: string, from: FitData, chosen: Readonly<Record<string, Setting>> = {}): Promise<Model> => {
      const definition = modelNamed(name);
      return definition.fit(from, modelSettings(definition, chosen), { compute, seed });
    };
    const encoder = (await openEncoder('.', 'bilingual-table'))!;
    const { vectors } = (await ContentSpace.fit(products, encoder, { compute, seed }))!;
    const hidden = Uint8Array.from(products, (_, item) => (item % 10 === 3 ? 1 : 0));
    const histories = withoutItems(train, hidden);
    const asked = cases
      .filter(({ targets: [target] }) => hidden[target!] === 1)
      .map((one) => caseWithout(one, hidden))
      .filter(({ query }) => query.items.length > 0);
    const recall = async (scorer: Scorer): Promise<number> =>
      mean(rankingValues(await rankCases(scorer, asked, { depth: 20, pastList: false }), ['Recall@20'])['Recall@20']!);
    const alone = async (name: string): Promise<number> => recall(await fitBase(name, { histories, vectors }));
    const [popular, raw, aligned] = [
      await alone('popularity'),
      await alone('content-profile'),
      await alone('content-aligned'),
    ];
    const task = { ...lastOut(histories), train: histories, vectors };
    const context = { seed, compute, fitBase };
    const selection = await fitLearnedSelection(task, selectionSettings('learned', 'sequence', {}), context);
    const whole = await recall(selection);
    console.warn({ popular, raw, aligned, whole });
    await compute.close();
    expect(asked.length).toBeGreaterThan(300);
    // By chance .005.
    expect(popular).toBeLessThan(0.01);
    expect(raw).toBeGreaterThan(0.1);
    expect(aligned).toBeGreaterThan(raw + 0.01);
    expect(whole).toBeGreaterThan(0.11);
  },
  240_000,
);
