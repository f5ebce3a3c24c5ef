/**
 * The port of what puts the reasons of a product into one sentence, and a language model behind it. It reads the engine's own
 * words with slots in place of names and numbers: no word of a product or a shopper reaches it, and what it writes is checked
 * before it is kept. Products with reasons of the same kinds share a sentence, so that few calls serve all slates.
 */
import { ShelfwiseError } from '../../core/errors.ts';
import { type BoundedCalls, hashOf } from '../rerank/bounded-calls.ts';
import { expectedTokensOf, type LanguageModel } from '../rerank/language-model.ts';
import type { Reranking, RerankLimits, RerankReason } from '../rerank/reranker.ts';
import { wrongIn } from './claims.ts';
import type { ReasonLanguage } from './reason.ts';

export interface WritingQuestion {
  readonly language: ReasonLanguage;
  /** Claims of each product, the strongest first, with slots: see `claimsOf`. */
  readonly sets: readonly (readonly string[])[];
}

export interface WritingOutcome {
  /** A sentence with the slots of its claims for each set; undefined where the engine's own stand. */
  readonly texts: readonly (string | undefined)[];
  /** Sets whose sentence was refused: it said something else. */
  readonly refused: number;
  readonly ms: number;
  /** Why those that are not known were not asked for. */
  readonly missed?: RerankReason;
  readonly text?: string;
}

export interface SentenceWriter {
  /** Model and version of the prompt. */
  readonly name: string;
  write(question: WritingQuestion, limits: RerankLimits): Promise<WritingOutcome>;
}

/** What judges products once more, and may put their reasons into sentences. */
export interface Reader extends Reranking {
  /** Absent where the settings ask for no sentences. */
  readonly writer?: SentenceWriter | undefined;
}

const task: Readonly<Record<ReasonLanguage, string>> = {
  en: 'You write for the shoppers of an online store. Each set holds statements that are true of one product. Join those of a set into one short, friendly sentence in English that ends with a full stop. Keep the meaning of every statement and begin with the first; {1}, {2} and so on stand for names and numbers: keep each as it is, in its statement. Use the words of the statements and small words that join them. Add no statement, no praise, no name and no number. Answer with JSON: {"sentences": [{"set": "s1", "text": "..."}]}, each set once.',
  zh: '你为网店的顾客写一句推荐理由。每组是关于一件商品的若干真实陈述。请把同一组的陈述连成一句简短、亲切的中文，以句号结尾。保留每条陈述的意思，从第一条开始；{1}、{2} 等代表名称和数字，请在原陈述中原样保留。只用陈述中的词语和必要的连接词，不要增加任何陈述、赞美、名称或数字。用 JSON 回答：{"sentences": [{"set": "s1", "text": "..."}]}，每组恰好一次。',
};

/** With another wording sentences are others. */
const promptVersion = 1;

const text = { type: 'string' } as const;
const sentence = {
  ...{ type: 'object', properties: { set: text, text }, required: ['set', 'text'], additionalProperties: false },
};
const schema = {
  ...{ type: 'object', properties: { sentences: { type: 'array', items: sentence } } },
  ...{ required: ['sentences'], additionalProperties: false },
};

export function languageModelWriter(model: LanguageModel, calls: BoundedCalls): SentenceWriter {
  const name = `${model.name} sentences ${promptVersion}`;
  /** Asks once about all of them; what does not hold is null. */
  async function ask({ language, sets }: WritingQuestion, signal: AbortSignal) {
    const { value, tokens } = await model.generate(
      { system: task[language], prompt: promptOf(sets), schema, maxOutputTokens: 40 + 120 * sets.length },
      { signal },
    );
    const list = (value as { sentences?: unknown } | null)?.sentences;
    if (!Array.isArray(list)) {
      const message = `rerank "${model.name}": expected sentences, got ${JSON.stringify(value)?.slice(0, 80)}.`;
      const details = { kind: 'wrong_answer', tokens };
      throw new ShelfwiseError('SW_RERANK', message, 'Name a model that follows a schema.', details);
    }
    const written = new Map(list.map((one) => [one?.set, one?.text]));
    const kept = sets.map((claims, n) => {
      const said = written.get(`s${n + 1}`);
      return typeof said === 'string' && wrongIn(said, claims, language) === undefined ? said : null;
    });
    return { kept, tokens };
  }
  return {
    name,
    async write({ language, sets }, limits) {
      const started = performance.now();
      const keyOf = (claims: readonly string[]): string => hashOf([name, language, claims]);
      const known = (claims: readonly string[]) => calls.known(keyOf(claims)) as string | null | undefined;
      const missing = [...new Map(sets.map((claims) => [keyOf(claims), claims])).values()].filter(
        (claims) => claims.length > 0 && known(claims) === undefined,
      );
      const asked = { language, sets: missing };
      const call = {
        expected: {
          input: expectedTokensOf(task[language] + promptOf(missing)),
          output: 40 + 120 * missing.length,
        },
        run: async (signal: AbortSignal) => {
          const { kept, tokens } = await ask(asked, signal);
          for (const [n, said] of kept.entries()) calls.keep(keyOf(missing[n]!), said);
          return { value: undefined, tokens };
        },
      };
      const outcome = missing.length > 0 ? await calls.ask(hashOf([name, asked]), call, limits) : { value: undefined };
      const found = sets.map((claims) => (claims.length > 0 ? known(claims) : undefined));
      return {
        texts: found.map((said) => said ?? undefined),
        refused: found.filter((said) => said === null).length,
        ms: performance.now() - started,
        ...('missed' in outcome && outcome),
      };
    },
  };
}

function promptOf(sets: WritingQuestion['sets']): string {
  return sets.map((claims, n) => `s${n + 1}:\n${claims.map((claim) => `- ${claim}`).join('\n')}`).join('\n\n');
}
