/**
 * What trainings tell as they go, in files: a folder for each, with `events.jsonl` (a document a line) and an event file that
 * TensorBoard reads. Lines are appended as they come, so that a killed training leaves what it had told.
 *
 * @source The format of TensorFlow: tensorflow/core/lib/io/record_writer.h (lengths and masked CRC-32C), util/event.proto,
 *   framework/summary.proto
 */
import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { ShelfwiseError } from '../core/errors.ts';
import { Message } from '../math/onnx/protobuf.ts';
import type { RunLog, RunRecord } from '../models/model.ts';

export class RunFiles implements RunLog {
  readonly #folder: string;
  readonly #now: () => number;

  /** @param folder - made where it is missing. @param now - milliseconds since 1970 */
  constructor(folder: string, now: () => number = Date.now) {
    this.#folder = folder;
    this.#now = now;
  }

  /** @throws ShelfwiseError `SW_USAGE` where nothing can be written */
  begin(name: string): (record: RunRecord) => void {
    const stamp = new Date(this.#now()).toISOString().replaceAll(/[:.]/gu, '-');
    const folder = join(this.#folder, `${name}-${stamp}-${process.pid}`);
    try {
      mkdirSync(folder, { recursive: true });
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException;
      const message = `runs: expected a folder that can be written at ${this.#folder}, got ${code}.`;
      throw new ShelfwiseError('SW_USAGE', message, 'Name another folder.', {}, cause);
    }
    const events = join(folder, `events.out.tfevents.${Math.floor(this.#now() / 1000)}.shelfwise`);
    const append = (event: Message): void => appendFileSync(events, recordOf(event.bytes()));
    append(new Message().double(1, this.#now() / 1000).text(3, 'brain.Event:2'));
    return ({ step, values }) => {
      const time = this.#now();
      appendFileSync(join(folder, 'events.jsonl'), `${JSON.stringify({ time, step, ...values })}\n`);
      const summary = new Message();
      for (const [tag, value] of Object.entries(values)) summary.message(1, new Message().text(1, tag).float(2, value));
      append(
        new Message()
          .double(1, time / 1000)
          .int(2, step)
          .message(5, summary),
      );
    };
  }
}

/** Length, its checksum, the bytes, their checksum. */
function recordOf(bytes: Uint8Array): Buffer {
  const head = Buffer.alloc(12);
  head.writeBigUInt64LE(BigInt(bytes.length));
  head.writeUInt32LE(masked(head.subarray(0, 8)), 8);
  const tail = Buffer.alloc(4);
  tail.writeUInt32LE(masked(bytes));
  return Buffer.concat([head, bytes, tail]);
}

function masked(bytes: Uint8Array): number {
  const sum = castagnoli(bytes);
  return (((sum >>> 15) | (sum << 17)) + 0xa282ead8) >>> 0;
}

const table = Uint32Array.from({ length: 256 }, (_, n) => {
  let value = n;
  for (let bit = 0; bit < 8; bit++) value = (value >>> 1) ^ (value & 1 ? 0x82f63b78 : 0);
  return value;
});

/** CRC-32C; zlib has CRC-32 alone. */
export function castagnoli(bytes: Uint8Array): number {
  let sum = 0xffffffff;
  for (const byte of bytes) sum = table[(sum ^ byte) & 255]! ^ (sum >>> 8);
  return (sum ^ 0xffffffff) >>> 0;
}
