/**
 * What a request needs of a person, beside each sealed segment: the newest events with a product, person by person, found
 * by a search among keys and one read. Written once with its segment and never changed, so that neither recording nor an
 * import has a row of a person to keep up to date; see ADR 0012.
 *
 * Little-endian: records `[R, 7]` of doubles (time, arrival, session, price; then as halves product and quantity, value
 * and flags, kind and zero), keys `[P]`, first record of each key `[P + 1]`, first byte of each product id `[D + 1]`,
 * product ids in UTF-8, and at the end P, R, D, bytes of the ids, zero, magic as words of 32 bits.
 */
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Analytics } from '../../data/analytics.ts';
import { recentEventsKept } from '../../data/event-store.ts';
import { strangerBase } from './persons.ts';
import { kindCode } from './schema.ts';

const magic = 0x4c504550;
const slots = 7;
const recordBytes = 8 * slots;
const footerBytes = 24;
/** Events read at once while a file is written. */
const partEvents = 200_000;

/** One event of a person. */
export interface RecentEvent {
  readonly time: number;
  readonly arrival: number;
  /** -1 where unknown. */
  readonly session: number;
  /** NaN where unknown, as `value`. */
  readonly priceMinor: number;
  readonly productId: string;
  readonly quantity: number;
  readonly value: number;
  /** Index into `eventKinds`. */
  readonly kind: number;
  readonly flags: number;
}

/** @param relation - events with the columns of a segment, to select from */
export async function writePeopleFile(analytics: Analytics, relation: string, path: string): Promise<void> {
  const where = `product_id IS NOT NULL AND person < ${strangerBase}`;
  const named = await analytics.columns(
    `SELECT DISTINCT product_id FROM ${relation} WHERE ${where} ORDER BY product_id`,
  );
  const products = named['product_id'] as string[];
  const type = 'people_products';
  if (products.length > 0)
    await analytics.execute(
      `CREATE TYPE ${type} AS ENUM (SELECT DISTINCT product_id FROM ${relation} WHERE ${where} ORDER BY product_id)`,
    );
  const file = await open(path, 'w');
  try {
    const index = new PeopleIndex();
    const [found] = await analytics.rows<{ n: number }>(`SELECT count(*) AS n FROM ${relation} WHERE ${where}`);
    // Keys are random: equal spans hold about as many events.
    const parts = Math.ceil(found!.n / partEvents);
    for (let part = 0; part < parts; part++) {
      const [from, to] = [part, part + 1].map((p) => Math.floor((strangerBase / parts) * p));
      const columns = await analytics.columns(
        `SELECT person, time, arrival, coalesce(session, -1) AS session, price_minor,
           enum_code(CAST(product_id AS ${type})) AS product, coalesce(quantity, 1) AS quantity, value,
           ${kindCode} AS kind, flags
         FROM ${relation} WHERE ${where} AND person >= ${from} AND person < ${to} ORDER BY person, time, arrival`,
      );
      await file.writeFile(recordsOf(columns as Record<string, Float64Array>, index));
    }
    await file.writeFile(index.bytes(products));
    await file.sync();
  } finally {
    await file.close();
    if (products.length > 0) await analytics.execute(`DROP TYPE ${type}`);
  }
}

/** Which records are whose, while they are written. */
class PeopleIndex {
  readonly #keys: number[] = [];
  readonly #starts: number[] = [0];

  add(person: number, records: number): void {
    this.#keys.push(person);
    this.#starts.push(this.#starts.at(-1)! + records);
  }

  bytes(products: readonly string[]): Uint8Array {
    const ids = products.map((id) => Buffer.from(id));
    const offsets = new Uint32Array(ids.length + 1);
    for (const [n, id] of ids.entries()) offsets[n + 1] = offsets[n]! + id.length;
    const footer = Uint32Array.of(this.#keys.length, this.#starts.at(-1)!, ids.length, offsets.at(-1)!, 0, magic);
    const parts = [Float64Array.from(this.#keys), Uint32Array.from(this.#starts), offsets, ...ids, footer];
    return Buffer.concat(
      parts.map(({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength)),
    );
  }
}

/** The newest records of each person; the events of one stand together, by time and arrival. */
function recordsOf(columns: Record<string, Float64Array>, index: PeopleIndex): Uint8Array {
  const column = (name: string): Float64Array => columns[name]!;
  const [person, time, arrival, session] = [column('person'), column('time'), column('arrival'), column('session')];
  const [price, product, quantity] = [column('price_minor'), column('product'), column('quantity')];
  const [value, kind, flags] = [column('value'), column('kind'), column('flags')];
  const doubles = new Float64Array(slots * person.length);
  const words = new Int32Array(doubles.buffer);
  const floats = new Float32Array(doubles.buffer);
  let records = 0;
  for (let from = 0; from < person.length; ) {
    let to = from + 1;
    while (to < person.length && person[to] === person[from]) to++;
    const first = Math.max(from, to - recentEventsKept);
    for (let e = first; e < to; e++, records++) {
      const at = slots * records;
      doubles[at] = time[e]!;
      doubles[at + 1] = arrival[e]!;
      doubles[at + 2] = session[e]!;
      doubles[at + 3] = price[e]!;
      words[2 * at + 8] = product[e]!;
      floats[2 * at + 9] = quantity[e]!;
      floats[2 * at + 10] = value[e]!;
      words[2 * at + 11] = flags[e]!;
      words[2 * at + 12] = kind[e]!;
    }
    index.add(person[from]!, to - first);
    from = to;
  }
  return new Uint8Array(doubles.buffer, 0, recordBytes * records);
}

/** A file of people, open to be read; keys and product ids are held in memory, records are not. */
export class PeopleFile {
  readonly #file: number;
  readonly #keys: Float64Array;
  readonly #starts: Uint32Array;
  readonly #idStarts: Uint32Array;
  readonly #ids: Buffer;
  readonly #products: (string | undefined)[];

  /** @throws RangeError where it is no such file */
  constructor(path: string) {
    const { size } = statSync(path);
    this.#file = openSync(path, 'r');
    try {
      const footer = new Uint32Array(this.#read(Math.max(0, size - footerBytes), footerBytes));
      const [people, records, products, idBytes, , word] = footer as unknown as number[];
      const wanted = recordBytes * records! + 8 * people! + 4 * (people! + 1) + 4 * (products! + 1) + idBytes!;
      if (word !== magic || size !== wanted + footerBytes) throw new RangeError('not a file of people');
      let at = recordBytes * records!;
      const next = (bytes: number): ArrayBuffer => {
        at += bytes;
        return this.#read(at - bytes, bytes);
      };
      this.#keys = new Float64Array(next(8 * people!));
      this.#starts = new Uint32Array(next(4 * (people! + 1)));
      this.#idStarts = new Uint32Array(next(4 * (products! + 1)));
      this.#ids = Buffer.from(next(idBytes!));
      this.#products = new Array(products!);
    } catch (error) {
      closeSync(this.#file);
      throw error;
    }
  }

  /** The newest events of a key, oldest first; at most `recentEventsKept`. */
  eventsOf(person: number): RecentEvent[] {
    const place = this.#placeOf(person);
    if (place < 0) return [];
    const start = this.#starts[place]!;
    const count = this.#starts[place + 1]! - start;
    const doubles = new Float64Array(this.#read(recordBytes * start, recordBytes * count));
    const words = new Int32Array(doubles.buffer);
    const floats = new Float32Array(doubles.buffer);
    return Array.from({ length: count }, (_, n) => {
      const at = slots * n;
      return {
        time: doubles[at]!,
        arrival: doubles[at + 1]!,
        session: doubles[at + 2]!,
        priceMinor: doubles[at + 3]!,
        productId: this.#product(words[2 * at + 8]!),
        quantity: floats[2 * at + 9]!,
        value: floats[2 * at + 10]!,
        flags: words[2 * at + 11]!,
        kind: words[2 * at + 12]!,
      };
    });
  }

  close(): void {
    closeSync(this.#file);
  }

  #product(code: number): string {
    this.#products[code] ??= this.#ids.toString('utf8', this.#idStarts[code]!, this.#idStarts[code + 1]!);
    return this.#products[code];
  }

  #placeOf(person: number): number {
    let [low, high] = [0, this.#keys.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#keys[middle]! < person) low = middle + 1;
      else high = middle;
    }
    return this.#keys[low] === person ? low : -1;
  }

  #read(at: number, bytes: number): ArrayBuffer {
    const buffer = new ArrayBuffer(bytes);
    const view = new Uint8Array(buffer);
    for (let done = 0; done < bytes; ) {
      const got = readSync(this.#file, view, done, bytes - done, at + done);
      if (got === 0) throw new RangeError('the file ends early');
      done += got;
    }
    return buffer;
  }
}
