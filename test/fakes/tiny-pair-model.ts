/**
 * A model of pairs small enough to be written by a test, in the layout of the hub: the likeness of the two texts by a vector
 * for each word. It goes the way of every real cross-encoder, through its own config, tokenizer and ONNX Runtime.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeModel, type Graph, type Node } from '../../src/math/onnx/model-proto.ts';
import { tinyDimensions, tinyTable, tinyWords, writeTinyTokenizer } from './tiny-sentence-model.ts';

export interface TinyPairOptions {
  /** What comes out: a logit, two, hidden states, or something that is none of these. */
  readonly head?: 'one' | 'two classes' | 'none' | 'shape' | 'NaN';
}

export async function writeTinyPairModel(folder: string, { head = 'one' }: TinyPairOptions = {}): Promise<void> {
  await writeTinyTokenizer(folder, { pairs: true });
  const hasHead = head !== 'none';
  await writeFile(
    join(folder, 'config.json'),
    JSON.stringify({
      ...{ model_type: 'bert', hidden_size: tinyDimensions, vocab_size: tinyWords.length },
      architectures: [hasHead ? 'BertForSequenceClassification' : 'BertModel'],
    }),
  );
  const table = tinyTable();
  if (head === 'NaN') table.fill(Number.NaN);
  const free = (name: string) => ({ name, type: 'int64' as const, shape: ['batch', 'length'] });
  const node = (op: string, inputs: string[], output: string, attributes?: Node['attributes']): Node => ({
    ...{ op, inputs, outputs: [output] },
    ...(attributes && { attributes }),
  });
  const overTokens = { axes: { ints: [1] }, keepdims: { int: 0 } };
  const overWidth = { axes: { ints: [1] }, keepdims: { int: 1 } };
  // Sums of the first and of the second text's vectors, and their product: shape [batch, 1].
  const logit: Node[] = [
    node('Gather', ['table', 'input_ids'], 'words'),
    node('Cast', ['token_type_ids'], 'isSecond', { to: { int: 1 } }),
    node('Unsqueeze', ['isSecond', 'last'], 'second'),
    node('Mul', ['words', 'second'], 'secondWords'),
    node('Sub', ['words', 'secondWords'], 'firstWords'),
    node('ReduceMean', ['firstWords'], 'a', overTokens),
    node('ReduceMean', ['secondWords'], 'b', overTokens),
    node('Mul', ['a', 'b'], 'ab'),
    node('ReduceMean', ['ab'], 'fit', overWidth),
  ];
  const ends: Readonly<Record<NonNullable<TinyPairOptions['head']>, readonly Node[]>> = {
    one: [...logit, node('Identity', ['fit'], 'logits')],
    NaN: [...logit, node('Identity', ['fit'], 'logits')],
    'two classes': [
      ...logit,
      node('Neg', ['fit'], 'unfit'),
      node('Concat', ['unfit', 'fit'], 'logits', { axis: { int: 1 } }),
    ],
    none: [node('Gather', ['table', 'input_ids'], 'last_hidden_state')],
    shape: [node('Gather', ['table', 'input_ids'], 'logits')],
  };
  const shapes = {
    ...{ one: ['batch', 1], NaN: ['batch', 1], 'two classes': ['batch', 2] },
    ...{ none: ['batch', 'length', tinyDimensions], shape: ['batch', 'length', tinyDimensions] },
  };
  const graph: Graph = {
    name: 'tiny-pairs',
    inputs: ['input_ids', 'attention_mask', 'token_type_ids'].map(free),
    outputs: [{ name: hasHead ? 'logits' : 'last_hidden_state', type: 'float', shape: shapes[head] }],
    initializers: [
      { name: 'table', type: 'float', shape: [tinyWords.length, tinyDimensions], data: table },
      { name: 'last', type: 'int64', shape: [1], data: BigInt64Array.of(-1n) },
    ],
    nodes: [...ends[head]],
  };
  await writeFile(join(folder, 'onnx', 'model.onnx'), encodeModel(graph, { opset: 17 }));
}
