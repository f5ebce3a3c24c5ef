/**
 * The second look. On Amazon Industrial: real MiniLM over the first 50 candidates that the selection really gathered for test
 * choices, as a bi-encoder (likeness of history and candidate) and as a zero-shot cross-score (both read together, no head), with the
 * weight that was learned: each half of the people is judged by a weight of the other half. And the bounds: a scripted endpoint
 * that takes 5 s under a deadline of 150 ms, and one that is dead under 100 requests a second, beside no re-rank at all.
 *
 * node bench/rerank.ts [--cases 600] [--on test|valid] [--seed 1] [--only quality|bounds] [--json] [--save]
 */
import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openCompute } from '../src/adapters/compute.ts';
import { openEncoder } from '../src/adapters/open-encoder.ts';
import { openReranker } from '../src/adapters/open-reranker.ts';
import { ContentSpace } from '../src/encoders/content/content-space.ts';
import { quantile } from '../src/evaluation/bootstrap.ts';
import { sampleCases } from '../src/evaluation/cases.ts';
import type { Shop } from '../src/index.ts';
import { modelNamed, modelSettings } from '../src/models/registry.ts';
import { selectionSettings } from '../src/selection/composites.ts';
import { fitLearnedSelection } from '../src/selection/fit-learned-selection.ts';
import { measureRerank } from '../src/selection/rerank/measure-rerank.ts';
import { candidateWords, touchedWords } from '../src/selection/rerank/product-words.ts';
import type { Reranking } from '../src/selection/rerank/reranker.ts';
import { openAiEndpoint } from '../test/fakes/openai-endpoint.ts';
import { adds, sumsShop } from '../test/fakes/sums-shop.ts';
import { benchFlags, print } from './peers/comparison.ts';
import { lastOut, readIndustrial } from './peers/industrial.ts';
import { miniLm } from './peers/minilm.ts';

const flags = benchFlags({
  cases: { type: 'string', default: '600' },
  on: { type: 'string', default: 'test' },
  seed: { type: 'string', default: '1' },
  only: { type: 'string' },
});
const seed = Number(flags.seed);
const top = 50;
const figures: Record<string, number> = {};
const intervals: Record<string, readonly [number, number]> = {};
const peers: Record<string, string> = {};
await measure();

async function measure(): Promise<void> {
  if (flags.only !== 'bounds') await quality();
  if (flags.only !== 'quality') await bounds();
  print({ name: 'rerank', figures, peers, ratios: {}, intervals }, flags);
}

async function quality(): Promise<void> {
  const found = await miniLm();
  if ('skipped' in found) {
    peers['all-MiniLM-L6-v2'] = found.skipped;
    return;
  }
  const { products, train, cases } = readIndustrial(flags.on === 'valid' ? 'valid' : 'test');
  const compute = await openCompute();
  const content = await ContentSpace.fit(products, (await openEncoder('.', 'bilingual-table'))!, { compute, seed });
  const { vectors } = content!;
  const fitBase = (name: string, data: object, chosen = {}) => {
    const definition = modelNamed(name);
    return definition.fit({ ...data } as never, modelSettings(definition, chosen), { compute, seed });
  };
  const task = { ...lastOut(train), train, vectors };
  const selection = await fitLearnedSelection(task, selectionSettings('learned', 'sequence', {}), {
    ...{ seed, compute, fitBase },
  });
  const some = sampleCases(cases, Number(flags.cases), seed, 0x4e4a);
  const words = {
    candidates: async (items: readonly number[]) => items.map((item) => candidateWords(products[item]!)),
    touched: async (items: readonly number[]) => items.map((item) => touchedWords(products[item]!)),
  };
  const folder = await mkdtemp(join(tmpdir(), 'rerank-'));
  const forms: Readonly<Record<string, () => Promise<Reranking>>> = {
    'MiniLM bi-encoder': () => openReranker(folder, { likeness: { transformer: found.folder } }),
    'MiniLM cross-score': () => openReranker(folder, { crossEncoder: found.folder, timeoutMs: 120_000 }),
  };
  for (const [name, open] of Object.entries(forms)) {
    const reranking = await open();
    const worth = await measureRerank(selection, some, { reranking, words, top, language: 'en', seed, atOnce: 1 });
    const { without, with: reranked, gain, weight, likeliest, ms, answered } = worth;
    Object.assign(figures, {
      [`${name}: choices`]: answered,
      [`${name}: NDCG@10 without`]: without,
      [`${name}: NDCG@10 with`]: reranked,
      [`${name}: gain`]: gain.mean,
      [`${name}: learned weight`]: weight,
      [`${name}: likeliest weight`]: likeliest,
      [`${name}: p50 ms`]: ms.p50,
      [`${name}: p99 ms`]: ms.p99,
    });
    intervals[`${name}: gain`] = gain.interval;
    console.error(name, worth);
  }
  rmSync(folder, { recursive: true, force: true });
  await compute.close();
}

async function bounds(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'rerank-'));
  let slow = false;
  const endpoint = await openAiEndpoint(async (call) => {
    if (slow) await sleep(5_000);
    return adds(call);
  });
  const rerank = { endpoint: endpoint.url, model: 'scripted', window: 40, top: 36 };
  const [shop, plain] = [await sumsShop(join(folder, 'reads'), { rerank }), await sumsShop(join(folder, 'plain'), {})];
  await shop.train();
  await plain.train();
  const askOne = async (of: Shop, n: number, deadlineMs?: number) => {
    const started = performance.now();
    const answer = await of.recommend({ user: `u${n % 150}`, ...(deadlineMs !== undefined && { deadlineMs }) });
    return { ms: performance.now() - started, answer };
  };
  await askOne(shop, 0);
  slow = true;
  const late: number[] = [];
  let marked = 0;
  for (let n = 1; n <= 40; n++) {
    const { ms, answer } = await askOne(shop, n, 150);
    late.push(ms);
    if (answer.rerank?.status === 'missed' && answer.items.length === 10) marked++;
  }
  told('endpoint of 5 s under a deadline of 150 ms', late);
  figures['endpoint of 5 s under a deadline of 150 ms: marked, of 40'] = marked;
  await endpoint.close();
  // The histories move on, so that nothing is answered from memory.
  const rounds = { dead: [] as number[], plain: [] as number[] };
  let missed = 0;
  for (let round = 0; round < 3; round++)
    for (const [name, of] of [
      ['plain', plain],
      ['dead', shop],
    ] as const) {
      const answers: Promise<void>[] = [];
      const started = performance.now();
      for (let n = 0; n < 1000; n++) {
        const wait = started + n * 10 - performance.now();
        if (wait > 0) await sleep(wait);
        answers.push(
          askOne(of, n).then(({ ms, answer }) => {
            rounds[name].push(ms);
            if (name === 'dead' && answer.rerank?.status === 'missed') missed++;
          }),
        );
      }
      await Promise.all(answers);
    }
  told('100 requests/s without re-rank', rounds.plain);
  told('100 requests/s with a dead endpoint', rounds.dead);
  figures['100 requests/s with a dead endpoint: missed, of 3000'] = missed;
  await shop.close();
  await plain.close();
  rmSync(folder, { recursive: true, force: true });
}

function told(name: string, times: readonly number[]): void {
  const sorted = Float64Array.from(times).sort();
  figures[`${name}: p50 ms`] = quantile(sorted, 0.5);
  figures[`${name}: p99 ms`] = quantile(sorted, 0.99);
  figures[`${name}: most ms`] = sorted.at(-1)!;
  console.error(name, quantile(sorted, 0.5), quantile(sorted, 0.99), sorted.at(-1));
}
