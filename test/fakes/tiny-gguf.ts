/** A language model of one layer in a GGUF file: small, with chance for weights, and of the form that llama.cpp reads. */
import { writeFile } from 'node:fs/promises';
import { Random } from '../../src/core/random.ts';

const size = { hidden: 32, inner: 64, heads: 2, context: 4096 };
const kinds = { u32: 4, i32: 5, f32: 6, text: 8, list: 9 } as const;
type Kind = 'u32' | 'i32' | 'f32' | 'text';

export async function writeTinyGguf(path: string, seed = 1): Promise<void> {
  const letters = ['▁', ...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789{}[]":,.-<>/()'];
  const bytes = Array.from({ length: 256 }, (_, n) => `<0x${n.toString(16).toUpperCase().padStart(2, '0')}>`);
  const tokens = ['<unk>', '<s>', '</s>', ...bytes, ...letters];
  const { hidden, inner, heads, context } = size;
  const facts: readonly (readonly [name: string, kind: Kind, value: string | number | readonly (string | number)[]])[] =
    [
      ['general.architecture', 'text', 'llama'],
      ['llama.context_length', 'u32', context],
      ['llama.embedding_length', 'u32', hidden],
      ['llama.block_count', 'u32', 1],
      ['llama.feed_forward_length', 'u32', inner],
      ['llama.attention.head_count', 'u32', heads],
      ['llama.attention.layer_norm_rms_epsilon', 'f32', 1e-5],
      ['llama.rope.dimension_count', 'u32', hidden / heads],
      ['tokenizer.ggml.model', 'text', 'llama'],
      ['tokenizer.ggml.tokens', 'text', tokens],
      ['tokenizer.ggml.scores', 'f32', tokens.map((_, n) => -n)],
      // Unknown, control, of a byte, normal.
      ['tokenizer.ggml.token_type', 'i32', tokens.map((_, n) => (n === 0 ? 2 : n < 3 ? 3 : n < 259 ? 6 : 1))],
      ['tokenizer.ggml.bos_token_id', 'u32', 1],
      ['tokenizer.ggml.eos_token_id', 'u32', 2],
    ];
  const square = ['attn_q', 'attn_k', 'attn_v', 'attn_output'].map((name) => [name, [hidden, hidden]] as const);
  const block = [
    ...[['attn_norm', [hidden]] as const, ...square, ['ffn_norm', [hidden]] as const],
    ...[
      ['ffn_gate', [hidden, inner]] as const,
      ['ffn_up', [hidden, inner]] as const,
      ['ffn_down', [inner, hidden]] as const,
    ],
  ].map(([name, shape]) => [`blk.0.${name}.weight`, shape] as const);
  const words = [hidden, tokens.length];
  const tensors: readonly (readonly [string, readonly number[]])[] = [
    ...[
      ['token_embd.weight', words] as const,
      ['output_norm.weight', [hidden]] as const,
      ['output.weight', words] as const,
    ],
    ...block,
  ];

  const file = new Bytes();
  file.raw(Buffer.from('GGUF')).u32(3).u64(tensors.length).u64(facts.length);
  for (const [name, kind, value] of facts) {
    file.text(name);
    if (Array.isArray(value)) {
      file.u32(kinds.list).u32(kinds[kind]).u64(value.length);
      for (const one of value) file[kind](one as never);
    } else file.u32(kinds[kind])[kind](value as never);
  }
  const random = new Random(seed);
  const data = new Bytes();
  for (const [name, shape] of tensors) {
    file.text(name).u32(shape.length);
    for (const length of shape) file.u64(length);
    file.u32(0).u64(data.length);
    const count = shape.reduce((product, length) => product * length, 1);
    const weights = Float32Array.from({ length: count }, () =>
      name.includes('norm') ? 1 : (random.uniform() - 0.5) / 2,
    );
    data.raw(Buffer.from(weights.buffer)).aligned();
  }
  await writeFile(path, Buffer.concat([file.aligned().whole(), data.whole()]));
}

/** Little-endian. */
class Bytes {
  readonly #parts: Buffer[] = [];
  length = 0;

  raw(part: Buffer): this {
    this.#parts.push(part);
    this.length += part.length;
    return this;
  }
  u32(value: number): this {
    const part = Buffer.alloc(4);
    part.writeUInt32LE(value);
    return this.raw(part);
  }
  i32(value: number): this {
    return this.u32(value);
  }
  u64(value: number): this {
    const part = Buffer.alloc(8);
    part.writeBigUInt64LE(BigInt(value));
    return this.raw(part);
  }
  f32(value: number): this {
    const part = Buffer.alloc(4);
    part.writeFloatLE(value);
    return this.raw(part);
  }
  text(value: string): this {
    const part = Buffer.from(value);
    return this.u64(part.length).raw(part);
  }
  aligned(): this {
    return this.raw(Buffer.alloc((32 - (this.length % 32)) % 32));
  }
  whole(): Buffer {
    return Buffer.concat(this.#parts);
  }
}
