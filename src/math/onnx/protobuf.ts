/** A protobuf message under construction: a list of byte chunks, joined once when the outermost message is done. */
const encoder = new TextEncoder();

export class Message {
  readonly #chunks: Uint8Array[] = [];
  #length = 0;

  /** A signed 64-bit integer, |value| ≤ 2^53. */
  int(field: number, value: number): this {
    return this.#append(varint(field * 8)).#append(varint(value));
  }

  float(field: number, value: number): this {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setFloat32(0, value, true);
    return this.#append(varint(field * 8 + 5)).#append(bytes);
  }

  double(field: number, value: number): this {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setFloat64(0, value, true);
    return this.#append(varint(field * 8 + 1)).#append(bytes);
  }

  text(field: number, value: string): this {
    return this.raw(field, encoder.encode(value));
  }

  /** Bytes by reference: they may not change before `bytes` is called. */
  raw(field: number, bytes: Uint8Array): this {
    return this.#header(field, bytes.length).#append(bytes);
  }

  message(field: number, value: Message): this {
    this.#header(field, value.#length);
    for (const chunk of value.#chunks) this.#append(chunk);
    return this;
  }

  bytes(): Uint8Array<ArrayBuffer> {
    const joined = new Uint8Array(this.#length);
    let at = 0;
    for (const chunk of this.#chunks) {
      joined.set(chunk, at);
      at += chunk.length;
    }
    return joined;
  }

  #header(field: number, length: number): this {
    return this.#append(varint(field * 8 + 2)).#append(varint(length));
  }

  #append(chunk: Uint8Array): this {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    return this;
  }
}

/** Base 128, lowest digits first; a negative number is written as its 64-bit two's complement. */
function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  while (rest > 127n) {
    bytes.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return Uint8Array.from(bytes);
}
