/**
 * A language model as a reranker, in three forms: *pointwise* judges each candidate by itself, *pairwise* lets neighbours
 * change places in passes from the end, *listwise* orders windows that slide from the end to the front.
 *
 * @source Sun et al., Is ChatGPT good at search?, EMNLP 2023 (listwise, sliding windows)
 * @source Qin et al., Large language models are effective text rankers with pairwise ranking prompting, NAACL 2024
 */
import { ShelfwiseError } from '../../core/errors.ts';
import { expectedTokensOf, type LanguageModel, type LanguageQuestion } from './language-model.ts';
import { handleOf, promptVersion, type RankingForm, rankingPrompt, systemPrompt } from './prompts.ts';
import type { Reranker, RerankQuestion, RerankScores } from './reranker.ts';

export interface LanguageModelRerankerOptions {
  /** @default 'listwise' */
  readonly form?: RankingForm | undefined;
  /** Candidates of a listwise question. @default 20 */
  readonly window?: number | undefined;
  /** By how many the window slides. @default half the window */
  readonly step?: number | undefined;
  /** Passes of the pairwise form: so many first places are settled. @default 3 */
  readonly passes?: number | undefined;
  /** Pointwise questions at once. @default 4 */
  readonly atOnce?: number | undefined;
}

/** One of the handles that are given. */
const oneOf = (count: number) => ({ type: 'string', enum: Array.from({ length: count }, (_, n) => handleOf(n)) });
const object = (properties: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> => ({
  ...{ type: 'object', properties, required: Object.keys(properties), additionalProperties: false },
});

export function languageModelReranker(model: LanguageModel, options: LanguageModelRerankerOptions = {}): Reranker {
  const { form = 'listwise', window = 20, step = Math.max(1, window >> 1), passes = 3, atOnce = 4 } = options;
  const how = { listwise: `window ${window} by ${step}`, pairwise: `${passes} passes`, pointwise: 'one by one' }[form];
  return {
    name: `${model.name} ${form}, ${how}, prompt ${promptVersion}`,
    expectedTokens(question) {
      const { calls, size } = callsOf(form, question.candidates.length, { window, step, passes });
      const prompt = [question.candidates.join(' '), question.history.map((one) => one.words).join(' ')];
      const shared = expectedTokensOf(systemPrompt(question.language, form) + prompt[1] + (question.typed ?? ''));
      const each = (expectedTokensOf(prompt[0]!) / Math.max(1, question.candidates.length)) * size;
      return { input: Math.ceil(calls * (shared + each)), output: calls * outputTokens(form, size) };
    },
    async rerank(question, { signal }) {
      const run = new RankingRun(model, question, form, signal);
      try {
        if (form === 'pointwise') return await run.pointwise(atOnce);
        return form === 'pairwise' ? await run.pairwise(passes) : await run.listwise(window, step);
      } catch (cause) {
        if (!(cause instanceof ShelfwiseError)) throw cause;
        // What was spent before it went wrong is spent.
        const { code, message, hint, details } = cause;
        throw new ShelfwiseError(code, message, hint, { ...details, tokens: run.tokens }, cause);
      }
    },
  };
}

/** Handles are short; JSON and a model that talks take the rest. */
const outputTokens = (form: RankingForm, size: number): number => (form === 'listwise' ? 40 + 8 * size : 40);

function callsOf(
  form: RankingForm,
  count: number,
  { window, step, passes }: { window: number; step: number; passes: number },
): { calls: number; size: number } {
  if (form === 'pointwise') return { calls: count, size: 1 };
  if (form === 'pairwise') return { calls: Math.min(passes, count - 1) * (count - 1), size: 2 };
  return { calls: 1 + Math.ceil(Math.max(0, count - window) / step), size: Math.min(window, count) };
}

/** One question to a model, in as many calls as its form takes. */
class RankingRun {
  readonly tokens = { input: 0, output: 0 };
  readonly #model: LanguageModel;
  readonly #question: RerankQuestion;
  readonly #form: RankingForm;
  readonly #signal: AbortSignal;
  #faults = 0;

  constructor(model: LanguageModel, question: RerankQuestion, form: RankingForm, signal: AbortSignal) {
    this.#model = model;
    this.#question = question;
    this.#form = form;
    this.#signal = signal;
  }

  async listwise(window: number, step: number): Promise<RerankScores> {
    const count = this.#question.candidates.length;
    const order = Array.from({ length: count }, (_, c) => c);
    for (let end = count; ; end -= step) {
      const start = Math.max(0, end - window);
      const placed = await this.#ordered(order.slice(start, end));
      order.splice(start, end - start, ...placed);
      if (start === 0) break;
    }
    return this.#ranked(order);
  }

  async pairwise(passes: number): Promise<RerankScores> {
    const order = this.#question.candidates.map((_, c) => c);
    let pairs = 0;
    for (let settled = 0; settled < Math.min(passes, order.length - 1); settled++)
      for (let place = order.length - 1; place > settled; place--) {
        const pair = [order[place - 1]!, order[place]!] as const;
        const { better } = await this.#ask(pair, object({ better: oneOf(2) }));
        pairs++;
        const winner = pair.findIndex((_, n) => handleOf(n) === better);
        if (winner === -1) this.#faults++;
        if (winner === 1) [order[place - 1], order[place]] = [order[place]!, order[place - 1]!];
      }
    this.#refuseFaults(pairs);
    return this.#ranked(order);
  }

  async pointwise(atOnce: number): Promise<RerankScores> {
    const count = this.#question.candidates.length;
    const scores = new Float32Array(count).fill(Number.NaN);
    let next = 0;
    const work = async (): Promise<void> => {
      for (let c = next++; c < count; c = next++) {
        const { score } = await this.#ask([c], object({ score: { type: 'number' } }));
        if (typeof score === 'number' && score >= 0 && score <= 10) scores[c] = score;
        else this.#faults++;
      }
    };
    await Promise.all(Array.from({ length: Math.min(atOnce, count) }, work));
    this.#refuseFaults(count);
    return { scores, tokens: this.tokens, faults: this.#faults };
  }

  /** The window as the model orders it: what it invents or says twice is left out, what it forgets keeps its order at the end. */
  async #ordered(window: readonly number[]): Promise<number[]> {
    const { ranking } = await this.#ask(window, object({ ranking: { type: 'array', items: oneOf(window.length) } }));
    const left = new Map(window.map((c, n) => [handleOf(n), c]));
    const placed: number[] = [];
    let faults = 0;
    for (const handle of Array.isArray(ranking) ? ranking : []) {
      const c = left.get(handle);
      if (c === undefined) faults++;
      else placed.push(c);
      left.delete(handle);
    }
    if (placed.length < window.length / 2) this.#refuse(`${placed.length} of ${window.length} handles`);
    this.#faults += faults + left.size;
    return [...placed, ...left.values()];
  }

  async #ask(
    places: readonly number[],
    schema: LanguageQuestion['schema'],
  ): Promise<Readonly<Record<string, unknown>>> {
    const { candidates, language } = this.#question;
    const { value, tokens } = await this.#model.generate(
      {
        system: systemPrompt(language, this.#form),
        prompt: rankingPrompt(
          this.#question,
          places.map((c, n) => [handleOf(n), candidates[c]!] as const),
        ),
        schema,
        maxOutputTokens: outputTokens(this.#form, places.length),
      },
      { signal: this.#signal },
    );
    this.tokens.input += tokens.input;
    this.tokens.output += tokens.output;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) this.#refuse(typeof value);
    return value as Readonly<Record<string, unknown>>;
  }

  /** Of an order that was drawn by utilities with Gumbel noise (as the choice draws), each place tells about minus its logarithm. */
  #ranked(order: readonly number[]): RerankScores {
    const scores = new Float32Array(order.length);
    for (const [place, c] of order.entries()) scores[c] = -Math.log(1 + place);
    return { scores, tokens: this.tokens, faults: this.#faults };
  }

  #refuseFaults(answers: number): void {
    if (this.#faults > answers / 2) this.#refuse(`${this.#faults} of ${answers} answers otherwise`);
  }

  #refuse(got: string): never {
    const message = `rerank "${this.#model.name}": expected an answer about the handles that were given, got ${got}.`;
    throw new ShelfwiseError('SW_RERANK', message, 'Name a model that follows a schema.', { kind: 'wrong_answer' });
  }
}
