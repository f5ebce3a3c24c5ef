/** Puts the reasons of each product of a slate into one sentence, where the settings name a language model for it. */
import { withoutAddresses } from '../core/addresses.ts';
import { claimsOf, filled } from '../selection/explain/claims.ts';
import type { ReasonLanguage } from '../selection/explain/reason.ts';
import { type RerankReason, rerankReasons } from '../selection/rerank/reranker.ts';
import type { RequestTime } from './request-time.ts';
import type { ServingRerank } from './rerank-stage.ts';

/** What became of the sentences of one answer. */
export interface SentencesAnswer {
  /** `missed`: some are left to the engine's own words, since the model was past a bound, or failed. */
  readonly status: 'used' | 'missed';
  readonly model?: string;
  /** Products with a sentence. */
  readonly written: number;
  /** Products whose sentence said something else than their reasons. */
  readonly refused: number;
  /** Milliseconds that were waited. */
  readonly ms: number;
  readonly reason?: RerankReason;
  /** The same in words, with what failed. */
  readonly text?: string;
}

/** A product of a slate, as far as its reasons go. */
interface Reasoned {
  readonly reasons: readonly { readonly text: string; readonly because: readonly string[] }[];
  readonly sentence?: string;
}

/** Of the request's time, what is left for the rest. */
const restMs = 5;

/**
 * @param titleOf - of a product that a reason names
 * @returns undefined where the settings name nothing that writes
 */
export async function withSentences<Item extends Reasoned>(
  items: readonly Item[],
  { choice, open }: ServingRerank,
  { language, titleOf, time }: { language: ReasonLanguage; titleOf: (id: string) => string; time: RequestTime },
): Promise<{ readonly items: Item[]; readonly answer: SentencesAnswer } | undefined> {
  if (!('sentences' in choice) || !choice.sentences) return undefined;
  const missed = (reason: RerankReason, text: string = rerankReasons[reason]) => ({
    items: [...items],
    answer: { status: 'missed', written: 0, refused: 0, ms: 0, reason, text: withoutAddresses(text) } as const,
  });
  const leftMs = Math.max(0, time.leftMs - restMs);
  if (leftMs === 0) return missed('deadline');
  const writer = await open().then(
    ({ writer: opened }) => opened,
    (error: Error) => error,
  );
  if (writer === undefined || writer instanceof Error) return missed('unavailable', writer?.message);
  const claims = items.map(({ reasons }) =>
    claimsOf(reasons.map(({ text, because: [id] }) => ({ text, name: id === undefined ? undefined : titleOf(id) }))),
  );
  const { texts, refused, ms, ...why } = await writer.write(
    { language, sets: claims.map((one) => one.texts) },
    { leftMs, signal: time.signal },
  );
  const told = items.map((item, n) =>
    texts[n] === undefined ? item : { ...item, sentence: filled(texts[n], claims[n]!.fills) },
  );
  const written = texts.filter((one) => one !== undefined).length;
  const reason = why.missed;
  return {
    items: told,
    answer: {
      ...{ status: reason === undefined ? 'used' : 'missed', model: writer.name, written, refused, ms },
      ...(reason !== undefined && { reason, text: withoutAddresses(why.text ?? rerankReasons[reason]) }),
    },
  };
}
