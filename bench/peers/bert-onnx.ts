/**
 * A BERT as `model.safetensors` holds it, as the ONNX graph that runtimes of sentence transformers expect: token ids, mask and
 * types in, the last hidden state out.
 *
 * @source Devlin, Chang, Lee & Toutanova, BERT, NAACL 2019
 */
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodeModel, type Graph, type Node, type TensorValue } from '../../src/math/onnx/model-proto.ts';

interface BertConfig {
  readonly hidden_size: number;
  readonly num_attention_heads: number;
  readonly num_hidden_layers: number;
  readonly layer_norm_eps: number;
}

type Tensors = ReadonlyMap<string, { readonly shape: readonly number[]; readonly values: Float32Array }>;

/** Copies a folder in the layout of Hugging Face, and adds `onnx/model.onnx`. */
export function writeBertOnnx(from: string, to: string): void {
  mkdirSync(join(to, 'onnx'), { recursive: true });
  for (const name of ['config.json', 'tokenizer.json', 'tokenizer_config.json', 'special_tokens_map.json'])
    cpSync(join(from, name), join(to, name));
  const config = JSON.parse(readFileSync(join(from, 'config.json'), 'utf8')) as BertConfig;
  writeFileSync(join(to, 'onnx', 'model.onnx'), encodeModel(bertGraph(readTensors(from), config), { opset: 17 }));
}

function readTensors(folder: string): Tensors {
  const bytes = readFileSync(join(folder, 'model.safetensors'));
  const length = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString('utf8', 8, 8 + length)) as Record<
    string,
    { dtype: string; shape: number[]; data_offsets: [number, number] }
  >;
  delete header['__metadata__'];
  return new Map(
    Object.entries(header).flatMap(
      ([
        name,
        {
          dtype,
          shape,
          data_offsets: [start, end],
        },
      ]) => {
        if (dtype !== 'F32') return [];
        const copy = bytes.buffer.slice(bytes.byteOffset + 8 + length + start, bytes.byteOffset + 8 + length + end);
        return [[name, { shape, values: new Float32Array(copy) }]];
      },
    ),
  );
}

function bertGraph(tensors: Tensors, config: BertConfig): Graph {
  const { hidden_size: hidden, num_attention_heads: heads, layer_norm_eps: epsilon } = config;
  const nodes: Node[] = [];
  const initializers: TensorValue[] = [];
  const constant = (name: string, values: readonly number[]): string => {
    initializers.push({ name, type: 'float', shape: [values.length], data: Float32Array.from(values) });
    return name;
  };
  const integers = (name: string, values: readonly number[]): string => {
    initializers.push({ name, type: 'int64', shape: [values.length], data: BigInt64Array.from(values, BigInt) });
    return name;
  };
  const weight = (name: string): string => {
    const { shape, values } = tensors.get(name)!;
    initializers.push({ name, type: 'float', shape, data: values });
    return name;
  };
  /** Weights of a layer are `[out, in]` there. */
  const turned = (name: string): string => {
    const { shape, values } = tensors.get(name)!;
    const [rows, columns] = shape as [number, number];
    const data = new Float32Array(values.length);
    for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) data[c * rows + r] = values[r * columns + c]!;
    initializers.push({ name, type: 'float', shape: [columns, rows], data });
    return name;
  };
  let count = 0;
  const node = (op: string, inputs: readonly string[], attributes: Node['attributes'] = {}): string => {
    const output = `v${count++}`;
    nodes.push({ op, inputs, outputs: [output], attributes });
    return output;
  };
  const dense = (x: string, name: string): string =>
    node('Add', [node('MatMul', [x, turned(`${name}.weight`)]), weight(`${name}.bias`)]);
  const norm = (x: string, name: string): string =>
    node('LayerNormalization', [x, weight(`${name}.weight`), weight(`${name}.bias`)], {
      epsilon: { float: epsilon },
      axis: { int: -1 },
    });
  const one = constant('one', [1]);
  const half = constant('half', [0.5]);
  const root = constant('root', [1 / Math.SQRT2]);
  const scale = constant('scale', [1 / Math.sqrt(hidden / heads)]);
  const far = constant('far', [-1e9]);
  const split = integers('split', [0, 0, heads, hidden / heads]);
  const whole = integers('whole', [0, 0, hidden]);
  const gelu = (x: string): string => {
    const erf = node('Erf', [node('Mul', [x, root])]);
    return node('Mul', [node('Mul', [x, half]), node('Add', [erf, one])]);
  };
  const words = node('Gather', [weight('embeddings.word_embeddings.weight'), 'input_ids']);
  const types = node('Gather', [weight('embeddings.token_type_embeddings.weight'), 'token_type_ids']);
  const length = node('Slice', [
    node('Shape', ['input_ids']),
    integers('from', [1]),
    integers('to', [2]),
    integers('axis', [0]),
  ]);
  const places = node('Slice', [
    weight('embeddings.position_embeddings.weight'),
    integers('first', [0]),
    length,
    integers('rows', [0]),
  ]);
  let x = norm(node('Add', [node('Add', [words, types]), places]), 'embeddings.LayerNorm');
  const seen = node('Unsqueeze', [node('Cast', ['attention_mask'], { to: { int: 1 } }), integers('middle', [1, 2])]);
  const hiddenFrom = node('Mul', [node('Sub', [one, seen]), far]);
  for (let layer = 0; layer < config.num_hidden_layers; layer++) {
    const at = `encoder.layer.${layer}`;
    const headsOf = (name: string, order: readonly number[]): string =>
      node('Transpose', [node('Reshape', [dense(x, `${at}.attention.self.${name}`), split])], {
        perm: { ints: order },
      });
    const scores = node('MatMul', [headsOf('query', [0, 2, 1, 3]), headsOf('key', [0, 2, 3, 1])]);
    const looks = node('Softmax', [node('Add', [node('Mul', [scores, scale]), hiddenFrom])], { axis: { int: -1 } });
    const read = node('Transpose', [node('MatMul', [looks, headsOf('value', [0, 2, 1, 3])])], {
      perm: { ints: [0, 2, 1, 3] },
    });
    const attended = dense(node('Reshape', [read, whole]), `${at}.attention.output.dense`);
    x = norm(node('Add', [attended, x]), `${at}.attention.output.LayerNorm`);
    const wide = gelu(dense(x, `${at}.intermediate.dense`));
    x = norm(node('Add', [dense(wide, `${at}.output.dense`), x]), `${at}.output.LayerNorm`);
  }
  nodes.push({ op: 'Identity', inputs: [x], outputs: ['last_hidden_state'] });
  const free = (name: string) => ({ name, type: 'int64' as const, shape: ['batch', 'length'] });
  return {
    name: 'bert',
    nodes,
    initializers,
    inputs: [free('input_ids'), free('attention_mask'), free('token_type_ids')],
    outputs: [{ name: 'last_hidden_state', type: 'float', shape: ['batch', 'length', hidden] }],
  };
}
