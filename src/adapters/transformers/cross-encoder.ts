/**
 * Any cross-encoder with an ONNX model, by its name on the hub or from a folder, through @huggingface/transformers: history and
 * candidate are read together, and one number comes out. A model without a head for that (a sentence encoder) is taken as it
 * is: each of the two is the mean of its tokens as the other one changed them, and their cosine is the score.
 *
 * @source Nogueira & Cho, Passage re-ranking with BERT, 2019
 */
import { basename } from 'node:path';
import { ShelfwiseError } from '../../core/errors.ts';
import { cleanText } from '../../encoders/text/words.ts';
import type { Reranker, RerankQuestion } from '../../selection/rerank/reranker.ts';
import { loadTransformers } from './load-transformers.ts';
import { fingerprint, type ModelPlace, missingModel, placeOf } from './sentence-transformer.ts';

export interface CrossEncoderOptions extends ModelPlace {
  readonly dtype?: 'fp32' | 'fp16' | 'q8' | 'q4' | undefined;
  /** Pairs at once. @default 16 */
  readonly batch?: number | undefined;
  /** Tokens of a pair at most; what is longer is cut from the longer of the two. @default 128 */
  readonly maxTokens?: number | undefined;
}

interface Tensor {
  readonly dims: readonly number[];
  readonly data: ArrayLike<number | bigint>;
}

/** What is asked: what was typed and then the newest touches, in words. */
export function pairQuestion({ history, typed }: RerankQuestion): string {
  const touched = [...new Set(history.map(({ words }) => words).reverse())];
  return cleanText([...(typed === undefined ? [] : [typed]), ...touched].join('; '));
}

/**
 * @throws ShelfwiseError `SW_PART_MISSING` without the package, `SW_RERANK` where the model is not there or answers in
 *   another shape
 */
export async function openCrossEncoder(options: CrossEncoderOptions): Promise<Reranker> {
  const { AutoConfig, AutoModel, AutoModelForSequenceClassification, AutoTokenizer } = await loadTransformers();
  const place = placeOf(options);
  const { dtype = 'fp32', batch = 16, maxTokens = 128 } = options;
  const where = `rerank "${place.path}"`;
  const missing = (cause: unknown): never => {
    const { message, hint } = missingModel(place, dtype, cause);
    throw new ShelfwiseError('SW_RERANK', message.replace(/^encoder/u, 'rerank'), hint, {}, cause);
  };
  const config = (await AutoConfig.from_pretrained(place.path, place.load).catch(missing)) as {
    readonly architectures?: readonly string[];
  };
  const hasHead = config.architectures?.some((name) => name.endsWith('ForSequenceClassification')) ?? false;
  const tokenizer = await AutoTokenizer.from_pretrained(place.path, place.load).catch(missing);
  const kind = hasHead ? AutoModelForSequenceClassification : AutoModel;
  const model = await kind.from_pretrained(place.path, { ...place.load, dtype }).catch(missing);

  async function scoresOf(question: string, candidates: readonly string[]): Promise<readonly number[]> {
    const pairs = candidates.map(() => question);
    const limits = { padding: true, truncation: true, max_length: maxTokens };
    const inputs = tokenizer(pairs, { text_pair: candidates.map(cleanText), ...limits }) as Record<string, Tensor>;
    const output = (await model(inputs)) as Record<string, Tensor>;
    return hasHead
      ? logitsOf(where, output['logits'], candidates.length)
      : cosinesOf(where, output['last_hidden_state'], inputs, candidates.length);
  }
  // One pair tells that the model works at all.
  await scoresOf('a', ['b']).catch((cause: unknown) => {
    if (cause instanceof ShelfwiseError) throw cause;
    const message = `${where}: expected a model of pairs of texts, it fails on one: ${(cause as Error).message}.`;
    throw new ShelfwiseError('SW_RERANK', message, 'Name a cross-encoder (text classification).', {}, cause);
  });
  const named = place.isFolder ? `${basename(place.path)} ${await fingerprint(place.path)}` : place.path;
  const revision = options.revision ? `@${options.revision}` : '';
  return {
    name: `${named}${revision} ${dtype}, ${hasHead ? 'cross-encoder' : 'pairs without a head'}, ${maxTokens}`,
    async rerank(question, { signal }) {
      const asked = pairQuestion(question);
      const scores = new Float32Array(question.candidates.length);
      for (let from = 0; from < scores.length; from += batch) {
        signal.throwIfAborted();
        scores.set(await scoresOf(asked, question.candidates.slice(from, from + batch)), from);
      }
      return { scores };
    },
  };
}

/** One logit is the score; of two or more the last class less the first, where the last is the one that fits. */
function logitsOf(where: string, logits: Tensor | undefined, count: number): number[] {
  if (logits?.dims.length !== 2 || logits.dims[0] !== count) refuseShape(where, logits, `[${count}, classes]`);
  const classes = logits.dims[1]!;
  return Array.from({ length: count }, (_, n) => {
    const last = Number(logits.data[(n + 1) * classes - 1]);
    return classes === 1 ? last : last - Number(logits.data[n * classes]);
  });
}

/** Cosine of the means of the two texts' tokens; the pair's own marks belong to neither. */
function cosinesOf(where: string, hidden: Tensor | undefined, inputs: Record<string, Tensor>, count: number): number[] {
  const { attention_mask: mask, token_type_ids: types } = inputs;
  if (hidden?.dims.length !== 3 || hidden.dims[0] !== count) refuseShape(where, hidden, `[${count}, tokens, width]`);
  if (!types) {
    const message = `${where}: expected a tokenizer that tells two texts apart, or a model with a head for pairs.`;
    throw new ShelfwiseError('SW_RERANK', message, 'Name a cross-encoder (text classification).');
  }
  const [, length, width] = hidden.dims as [number, number, number];
  return Array.from({ length: count }, (_, n) => {
    const means = [new Float64Array(width), new Float64Array(width)] as const;
    for (let t = 0; t < length; t++) {
      const at = n * length + t;
      if (Number(mask!.data[at]) === 0) continue;
      const mean = means[Number(types.data[at]) === 0 ? 0 : 1];
      for (let i = 0; i < width; i++) mean[i]! += Number(hidden.data[at * width + i]);
    }
    let [dot, a, b] = [0, 0, 0];
    for (let i = 0; i < width; i++) {
      dot += means[0][i]! * means[1][i]!;
      a += means[0][i]! ** 2;
      b += means[1][i]! ** 2;
    }
    return dot / Math.sqrt(a * b || 1);
  });
}

function refuseShape(where: string, got: Tensor | undefined, expected: string): never {
  const message = `${where}: expected an output of ${expected}, got ${got ? `[${got.dims.join(', ')}]` : 'none'}.`;
  throw new ShelfwiseError('SW_RERANK', message, 'Name a cross-encoder (text classification).');
}
