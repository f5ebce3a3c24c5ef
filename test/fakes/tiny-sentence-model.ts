/**
 * A sentence model small enough to be written by a test, in the layout of the hub: a vector for each word of a short list,
 * no attention. It goes the way of every real model, through its own config, tokenizer and ONNX Runtime.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeModel, type Graph } from '../../src/math/onnx/model-proto.ts';

export const tinyWords = [
  '[PAD]',
  '[UNK]',
  '[CLS]',
  '[SEP]',
  'query',
  ':',
  'wok',
  'pan',
  '炒',
  '锅',
  'towel',
  'soap',
] as const;

/** Kitchen, bath, and what a prefix adds; the last stands for nothing. */
const vectors: Readonly<Record<string, readonly [number, number, number, number]>> = {
  wok: [1, 0, 0, 0],
  pan: [0.9, 0.1, 0, 0],
  炒: [1, 0, 0, 0],
  锅: [0.9, 0.1, 0, 0],
  towel: [0, 1, 0, 0],
  soap: [0.1, 0.9, 0, 0],
  query: [0, 0, 4, 0],
};
export const tinyDimensions = 4;

export interface TinyModelOptions {
  /** What the graph gives for each token; `shape` is of a model that is none for sentences. */
  readonly answers?: 'vectors' | 'NaN' | 'shape';
}

export async function writeTinySentenceModel(
  folder: string,
  { answers = 'vectors' }: TinyModelOptions = {},
): Promise<void> {
  await writeTinyTokenizer(folder);
  const table = tinyTable();
  if (answers === 'NaN') table.fill(Number.NaN);
  const free = (name: string) => ({ name, type: 'int64' as const, shape: ['batch', 'length'] });
  const graph: Graph = {
    name: 'tiny',
    inputs: [free('input_ids'), free('attention_mask')],
    outputs: [{ name: 'last_hidden_state', type: 'float', shape: ['batch', 'length', tinyDimensions] }],
    initializers: [{ name: 'table', type: 'float', shape: [tinyWords.length, tinyDimensions], data: table }],
    nodes: [{ op: 'Gather', inputs: ['table', 'input_ids'], outputs: ['last_hidden_state'] }],
  };
  const classifier: Graph = {
    ...graph,
    outputs: [{ name: 'logits', type: 'float', shape: ['batch', tinyDimensions] }],
    nodes: [
      { op: 'Gather', inputs: ['table', 'input_ids'], outputs: ['flat'] },
      {
        op: 'ReduceMean',
        inputs: ['flat'],
        outputs: ['logits'],
        attributes: { axes: { ints: [1] }, keepdims: { int: 0 } },
      },
    ],
  };
  await writeFile(
    join(folder, 'onnx', 'model.onnx'),
    encodeModel(answers === 'shape' ? classifier : graph, { opset: 17 }),
  );
  await writeJson(folder, 'config.json', {
    ...{ model_type: 'bert', hidden_size: tinyDimensions, vocab_size: tinyWords.length },
  });
}

/** Vectors of the words, row by row. */
export function tinyTable(): Float32Array {
  const table = new Float32Array(tinyWords.length * tinyDimensions);
  for (const [n, word] of tinyWords.entries()) table.set(vectors[word] ?? [0, 0, 0, 0], n * tinyDimensions);
  return table;
}

function writeJson(folder: string, name: string, value: unknown): Promise<void> {
  return writeFile(join(folder, name), JSON.stringify(value));
}

/** @param pairs - texts stand between the marks that tell two of them apart */
export async function writeTinyTokenizer(folder: string, { pairs = false }: { pairs?: boolean } = {}): Promise<void> {
  await mkdir(join(folder, 'onnx'), { recursive: true });
  await writeJson(folder, 'tokenizer_config.json', {
    ...{ tokenizer_class: 'BertTokenizer', pad_token: '[PAD]', unk_token: '[UNK]', model_max_length: 64 },
    ...{ cls_token: '[CLS]', sep_token: '[SEP]' },
  });
  const special = (id: '[CLS]' | '[SEP]', type_id = 0) => ({ SpecialToken: { id, type_id } });
  const text = (id: 'A' | 'B', type_id = 0) => ({ Sequence: { id, type_id } });
  const template = {
    type: 'TemplateProcessing',
    single: [special('[CLS]'), text('A'), special('[SEP]')],
    pair: [special('[CLS]'), text('A'), special('[SEP]'), text('B', 1), special('[SEP]', 1)],
    special_tokens: Object.fromEntries(
      ['[CLS]', '[SEP]'].map((token) => [
        token,
        { id: token, ids: [tinyWords.indexOf(token as '[CLS]')], tokens: [token] },
      ]),
    ),
  };
  await writeJson(folder, 'tokenizer.json', {
    ...{ version: '1.0', truncation: null, padding: null, post_processor: pairs ? template : null, decoder: null },
    added_tokens: tinyWords.slice(0, 4).map((content, id) => ({
      ...{ id, content, special: true, normalized: false },
      ...{ lstrip: false, rstrip: false, single_word: false },
    })),
    normalizer: {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase: true,
    },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    model: {
      ...{ type: 'WordPiece', unk_token: '[UNK]', continuing_subword_prefix: '##', max_input_chars_per_word: 100 },
      vocab: Object.fromEntries(tinyWords.map((word, id) => [word, id])),
    },
  });
}
