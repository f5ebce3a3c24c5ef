/** What a reranker is worth on choices that were held out: it is asked about each as a request would ask it. */
import type { Case } from '../../evaluation/cases.ts';
import type { LearnedSelection } from '../learned-selection.ts';
import { askAbout, type RerankAsk } from './rerank-set.ts';
import { learnWorth, type RerankCase, type RerankWorth } from './rerank-weight.ts';
import { type Reranking, rerankReasons } from './reranker.ts';

export interface RerankMeasuring extends RerankAsk {
  readonly reranking: Reranking;
  readonly seed: number;
  /** Cases that are asked about at once. */
  readonly atOnce: number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((share: number, note: string) => void) | undefined;
}

/** Missed answers in a row after which no more is asked. */
const mostMissed = 20;

/** @param selection - one that saw nothing of the cases */
export async function measureRerank(
  selection: LearnedSelection,
  cases: readonly Case[],
  { reranking, seed, atOnce, signal, onProgress, ...ask }: RerankMeasuring,
): Promise<RerankWorth> {
  const judged: RerankCase[] = new Array(cases.length);
  let [next, done, missedInARow] = [0, 0, 0];
  let missed: string | undefined;
  const work = async (): Promise<void> => {
    for (let n = next++; n < cases.length && missedInARow < mostMissed; n = next++) {
      signal?.throwIfAborted();
      const { query, targets, group } = cases[n]!;
      const gathered = selection.gather(query);
      const prepared = await selection.prepare(gathered, { leftMs: Infinity, ...(signal && { signal }) });
      const { candidates, q } = selection.judge(gathered, prepared);
      const outcome = await askAbout({ query, candidates, q }, ask, reranking, {
        ...{ leftMs: Infinity, isPatient: true },
        signal,
      });
      missedInARow = 'missed' in outcome && outcome.missed !== 'nothing_to_rank' ? missedInARow + 1 : 0;
      if ('missed' in outcome) missed = outcome.text ?? rerankReasons[outcome.missed];
      const wanted = new Set(targets);
      judged[n] = {
        ...{ q, targets: targets.length, group: group ?? -1 - n },
        right: Uint8Array.from(candidates, (item) => Number(wanted.has(item))),
        z: outcome.z ?? new Float64Array(q.length),
        ms: 'missed' in outcome ? Number.NaN : outcome.ms,
      };
      done++;
      onProgress?.(done / cases.length, `asking ${reranking.name}`);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, cases.length) }, work));
  const measured = judged.filter((one) => one !== undefined);
  const worth = learnWorth(measured, { reranker: reranking.name, top: ask.top, seed });
  return missed === undefined ? worth : { ...worth, missed };
}
