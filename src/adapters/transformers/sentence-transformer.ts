/**
 * Any sentence transformer with an ONNX model, by its name on the hub or from a folder, through @huggingface/transformers.
 *
 * @source Reimers & Gurevych, Sentence-BERT, EMNLP 2019
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { ShelfwiseError } from '../../core/errors.ts';
import { checkedVectors, inBatches } from '../../encoders/text/checked-vectors.ts';
import type { TextEncoder } from '../../encoders/text/text-encoder.ts';
import { cleanText } from '../../encoders/text/words.ts';
import { loadTransformers } from './load-transformers.ts';

export interface SentenceTransformerOptions {
  /** A name on the hub, as `Xenova/all-MiniLM-L6-v2`, or a folder with `config.json`, `tokenizer.json` and `onnx/model.onnx`. */
  readonly model: string;
  /** How the vectors of tokens become one. @default mean, `cls` for models of the BGE family */
  readonly pooling?: 'mean' | 'cls' | 'last_token' | undefined;
  /** What stands before a question. @default what the model's family was trained with, else nothing */
  readonly queryPrefix?: string | undefined;
  /** What stands before a text that answers questions. @default as for `queryPrefix` */
  readonly passagePrefix?: string | undefined;
  /** Which weights: `q8` is `model_quantized.onnx`, a quarter as large. @default fp32 */
  readonly dtype?: 'fp32' | 'fp16' | 'q8' | 'q4' | undefined;
  /** A branch, a tag or a commit of the hub. @default main */
  readonly revision?: string | undefined;
  /** True where nothing may be fetched. */
  readonly offline?: boolean | undefined;
  /** Where models of the hub are kept. @default {@link modelCacheFolder} */
  readonly cacheFolder?: string | undefined;
  /** Texts at once. @default 32 */
  readonly batch?: number | undefined;
}

/** `$SHELFWISE_MODELS`, else a folder for all shops of the user. */
export function modelCacheFolder(): string {
  return process.env['SHELFWISE_MODELS'] ?? join(homedir(), '.cache', 'shelfwise', 'models');
}

/** Where a model is, and how it is asked for. */
export interface ModelPlace {
  readonly model: string;
  readonly revision?: string | undefined;
  readonly offline?: boolean | undefined;
  readonly cacheFolder?: string | undefined;
}

/** A folder's path whole, a name of the hub as it is. */
export function placeOf({ model, revision, offline, cacheFolder = modelCacheFolder() }: ModelPlace): {
  readonly path: string;
  readonly isFolder: boolean;
  readonly load: { cache_dir: string; local_files_only: boolean; revision?: string };
} {
  const isFolder = existsSync(model) || /^[./\\~]/u.test(model);
  const load = { cache_dir: cacheFolder, local_files_only: isFolder || offline === true };
  return { path: isFolder ? resolve(model) : model, isFolder, load: revision ? { ...load, revision } : load };
}

/** What a model that cannot be loaded is answered with. */
export function missingModel(place: ReturnType<typeof placeOf>, dtype: string, cause: unknown): ShelfwiseError {
  const reason = cause instanceof Error ? cause.message.split('\n')[0]! : String(cause);
  const where = place.isFolder
    ? 'a folder with config.json, tokenizer.json and onnx/'
    : `a model in ${place.load.cache_dir} or on the hub`;
  const message = `encoder "${place.path}": expected ${where} with weights of ${dtype}, got: ${reason.replace(/[.\s]+$/u, '')}.`;
  const hint = place.isFolder
    ? 'Export the model to ONNX, or name another folder.'
    : 'Start it once where the hub can be reached, copy that folder here (or set SHELFWISE_MODELS), or name a folder.';
  return new ShelfwiseError('SW_ENCODER', message, hint, {}, cause);
}

/** How families of models were trained to be asked; what the options say comes first. */
const families: readonly {
  readonly of: RegExp;
  readonly pooling?: 'cls';
  readonly queryPrefix?: string;
  readonly passagePrefix?: string;
}[] = [
  { of: /(^|[/-])(multilingual-)?e5-/iu, queryPrefix: 'query: ', passagePrefix: 'passage: ' },
  {
    of: /bge-.*-en/iu,
    pooling: 'cls',
    queryPrefix: 'Represent this sentence for searching relevant passages: ',
  },
  { of: /bge-/iu, pooling: 'cls' },
];

/**
 * @throws ShelfwiseError `SW_PART_MISSING` without the package, `SW_ENCODER` where the model is not there or answers in
 *   another shape
 */
export async function openSentenceTransformer(options: SentenceTransformerOptions): Promise<TextEncoder> {
  const { pipeline } = await loadTransformers();
  const place = placeOf(options);
  const { dtype = 'fp32', batch = 32 } = options;
  const family = families.find(({ of }) => of.test(basename(place.path)));
  const pooling = options.pooling ?? family?.pooling ?? 'mean';
  const prefixes = {
    query: options.queryPrefix ?? family?.queryPrefix ?? '',
    passage: options.passagePrefix ?? family?.passagePrefix ?? '',
  };
  const extract = await pipeline('feature-extraction', place.path, { ...place.load, dtype }).catch((cause: unknown) => {
    throw missingModel(place, dtype, cause);
  });
  const where = `encoder "${place.path}"`;
  async function rowsOf(texts: readonly string[]): Promise<Float32Array[]> {
    const { dims, data } = await extract([...texts], { pooling });
    if (dims.length !== 2 || !(data instanceof Float32Array)) {
      const message = `${where}: expected a vector for each text, got a shape of [${dims.join(', ')}].`;
      throw new ShelfwiseError('SW_ENCODER', message, 'Name a model for sentence vectors (feature extraction).');
    }
    return Array.from({ length: dims[0]! }, (_, n) => data.subarray(n * dims[1]!, (n + 1) * dims[1]!));
  }
  // One text tells how long the vectors are, and that the model works at all.
  const [probe] = await rowsOf(['a']).catch((cause: unknown) => {
    if (cause instanceof ShelfwiseError) throw cause;
    const message = `${where}: expected a model of texts, it fails on one: ${(cause as Error).message}.`;
    throw new ShelfwiseError(
      'SW_ENCODER',
      message,
      'Name a model for sentence vectors (feature extraction).',
      {},
      cause,
    );
  });
  const dimensions = probe!.length;
  const named = place.isFolder ? `${basename(place.path)} ${await fingerprint(place.path)}` : place.path;
  const prefix = prefixes.query || prefixes.passage ? `, ${JSON.stringify(prefixes)}` : '';
  return {
    name: `${named}${options.revision ? `@${options.revision}` : ''} ${dtype}, ${pooling}${prefix}`,
    dimensions,
    isSlow: true,
    async encode(texts, { role = 'passage', signal } = {}) {
      return inBatches(texts.map(cleanText), dimensions, batch, async (some) => {
        signal?.throwIfAborted();
        return checkedVectors(where, await rowsOf(some.map((text) => prefixes[role] + text)), some.length, dimensions);
      });
    },
  };
}

/** Of the weights in a folder: with others, vectors are others. */
export async function fingerprint(folder: string): Promise<string> {
  const hash = createHash('sha256');
  for (const name of ['config.json', 'tokenizer.json']) hash.update(await readFile(join(folder, name)).catch(() => ''));
  for (const name of (await readdir(join(folder, 'onnx')).catch(() => [])).sort())
    hash.update(await readFile(join(folder, 'onnx', name)));
  return hash.digest('hex').slice(0, 12);
}
