/**
 * Slates in files of a folder: `slates/DAY-TAG.jsonl.gz`, one for each day and each thread that answers, so that nobody waits
 * for another. What came within a second is one gzip member; a process that is killed loses that second and leaves at most a
 * torn member at a file's end, which readers stop before.
 */
import { createReadStream, existsSync } from 'node:fs';
import { appendFile, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setImmediate as turn } from 'node:timers/promises';
import { promisify } from 'node:util';
import { constants, createGunzip, gzip } from 'node:zlib';
import { ownTag } from '../../core/scratch.ts';
import type { LoggedSlate, ShownProduct, SlateLog, SlateSpan } from '../../data/slate-log.ts';

const compress = promisify(gzip);
const dayMs = 86_400_000;
/** So long a slate may wait to be written. */
const flushMs = 1000;
/** Slates that wait at most. */
const mostWaiting = 20_000;
/** Slates that are encoded between two turns of the event loop. */
const atOnce = 100;
const fileName = /^(\d{4}-\d\d-\d\d)-.*\.jsonl\.gz$/;

export class SlateFiles implements SlateLog {
  readonly #shop: string;
  readonly #folder: string;
  #waiting: LoggedSlate[] = [];
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();
  #keepDays = Infinity;
  #sweptBefore = '';
  lost = 0;

  /** @param shop - folder of the shop; nothing is written while it is not there */
  constructor(shop: string) {
    this.#shop = shop;
    this.#folder = join(shop, 'slates');
  }

  add(slate: LoggedSlate, keepDays: number): void {
    if (this.#waiting.length >= mostWaiting) {
      this.lost++;
      return;
    }
    this.#keepDays = keepDays;
    this.#waiting.push(slate);
    this.#timer ??= setTimeout(() => void this.flush(), flushMs).unref();
  }

  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const slates = this.#waiting;
    this.#waiting = [];
    this.#writing = this.#writing.then(async () => {
      try {
        await this.#write(slates);
      } catch {
        this.lost += slates.length;
      }
    });
    return this.#writing;
  }

  async *read({ since = -Infinity, until = Infinity }: SlateSpan = {}): AsyncGenerator<LoggedSlate> {
    await this.flush();
    for (const name of (await this.#names()).sort()) {
      const day = Date.parse(fileName.exec(name)![1]!);
      if (day + dayMs <= since || day >= until) continue;
      for await (const slate of slatesOf(join(this.#folder, name)))
        if (slate.time >= since && slate.time < until) yield slate;
    }
  }

  close(): Promise<void> {
    return this.flush();
  }

  async #write(slates: readonly LoggedSlate[]): Promise<void> {
    if (slates.length === 0) return;
    if (!existsSync(this.#shop)) {
      this.lost += slates.length;
      return;
    }
    await mkdir(this.#folder, { recursive: true });
    for (const [day, some] of Map.groupBy(slates, ({ time }) => dayOf(time))) {
      const lines: string[] = [];
      for (const [n, slate] of some.entries()) {
        lines.push(`${JSON.stringify(encoded(slate))}\n`);
        if (n % atOnce === atOnce - 1) await turn();
      }
      const member = await compress(lines.join(''), { level: constants.Z_BEST_SPEED });
      await appendFile(join(this.#folder, `${day}-${ownTag}.jsonl.gz`), member);
      await this.#sweep(day);
    }
  }

  /** Once a day, the days that are no longer kept go. */
  async #sweep(today: string): Promise<void> {
    if (this.#sweptBefore >= today) return;
    this.#sweptBefore = today;
    const oldest = dayOf(Date.parse(today) - this.#keepDays * dayMs);
    for (const name of await this.#names())
      if (fileName.exec(name)![1]! < oldest) await rm(join(this.#folder, name), { force: true });
  }

  async #names(): Promise<string[]> {
    return (await readdir(this.#folder).catch(() => [])).filter((name) => fileName.test(name));
  }
}

function dayOf(time: number): string {
  return new Date(Math.max(0, time)).toISOString().slice(0, 10);
}

/** Features are written as the base64 of their bytes, float32 in little-endian order. */
type EncodedProduct = Omit<ShownProduct, 'features'> & { readonly features?: string };

function encoded({ items, ...slate }: LoggedSlate): unknown {
  return {
    ...slate,
    items: items.map(({ features, ...item }): EncodedProduct => {
      if (!features) return item;
      return {
        ...item,
        features: Buffer.from(features.buffer, features.byteOffset, features.byteLength).toString('base64'),
      };
    }),
  };
}

function decoded(line: string): LoggedSlate {
  const { items, ...slate } = JSON.parse(line) as Omit<LoggedSlate, 'items'> & { items: EncodedProduct[] };
  return {
    ...slate,
    items: items.map(({ features, ...item }): ShownProduct => {
      if (features === undefined) return item;
      const bytes = Uint8Array.from(Buffer.from(features, 'base64'));
      return { ...item, features: new Float32Array(bytes.buffer) };
    }),
  };
}

async function* slatesOf(path: string): AsyncGenerator<LoggedSlate> {
  const text = createGunzip();
  const file = createReadStream(path).on('error', (error) => text.destroy(error));
  try {
    for await (const line of createInterface({ input: file.pipe(text), crlfDelay: Infinity }))
      if (line.endsWith('}')) yield decoded(line);
  } catch (error) {
    // Of a member that is being written, or that a killed process left.
    if ((error as NodeJS.ErrnoException).code !== 'Z_BUF_ERROR') throw error;
  } finally {
    file.destroy();
  }
}
