/** Amazon Industrial and Scientific with its texts: who chose what, cut by time, and products as a shop has them. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { Product } from '../../src/data/catalogue.ts';
import { type Histories, type Query, queryOfRow, rowCount } from '../../src/data/histories.ts';
import type { Case } from '../../src/evaluation/cases.ts';
import { keepPositions } from '../../src/evaluation/protocols/positions.ts';
import { dataPath } from './comparison.ts';

export interface Industrial {
  readonly products: readonly Product[];
  /** One row a person: what is known before the choices that are asked for. */
  readonly train: Histories;
  /** A person's later choices, one a case, with what came before each. */
  readonly cases: readonly Case[];
}

interface Row {
  readonly user: string;
  readonly history: readonly number[];
  readonly item: number;
}

function lines(file: string): string[] {
  const text = gunzipSync(readFileSync(dataPath(`amazon-industrial-text/${file}`))).toString('utf8');
  return text.split('\n').filter((line) => line !== '');
}

function rows(file: string): Row[] {
  return lines(file)
    .slice(1)
    .map((line) => {
      const [user, history, item] = line.split('\t') as [string, string, string];
      return { user, history: history.split(' ').map(Number), item: Number(item) };
    });
}

/**
 * A person's row of train is the history of their first case, so that no answer stands in train; of those without a case
 * all that is known before the end of validation.
 *
 * @param on - whose choices are asked for: `valid` to choose by, `test` to report
 */
export function readIndustrial(on: 'valid' | 'test'): Industrial {
  const products = lines('items.jsonl.gz').map((line, n) => {
    const { id, title, brand, description } = JSON.parse(line) as Record<string, string> & { id: number };
    if (id !== n) throw new Error(`items.jsonl.gz:${n + 1}: expected the id ${n}, got ${id}.`);
    return {
      ...{ productId: String(n), title: title ?? '', categories: [], attributes: {}, images: [], variants: [] },
      ...(brand && { brand }),
      ...(description && { description }),
    } satisfies Product;
  });
  const [valid, test] = [rows('valid.tsv.gz'), rows('test.tsv.gz')];
  const asked = on === 'valid' ? valid : test;
  const known = new Map<string, readonly number[]>();
  for (const { user, history } of asked) if (!known.has(user)) known.set(user, history);
  for (const { user, history, item } of on === 'valid' ? test : valid)
    if (!known.has(user)) known.set(user, on === 'valid' ? history : [...history, item]);
  const users = [...known.keys()].sort();
  const rowOf = new Map(users.map((user, row) => [user, row]));
  const offsets = new Int32Array(users.length + 1);
  for (const [r, user] of users.entries()) offsets[r + 1] = offsets[r]! + known.get(user)!.length;
  const items = Int32Array.from(users.flatMap((user) => known.get(user)!));
  return {
    products,
    train: { itemCount: products.length, offsets, items, ordered: true },
    cases: asked.map(({ user, history, item }) => ({
      query: { items: Int32Array.from(history) },
      targets: Int32Array.of(item),
      masked: Int32Array.from(new Set(history.filter((one) => one !== item))),
      group: rowOf.get(user)!,
    })),
  };
}

/** Each person's last choice held out, to teach the choice. */
export function lastOut(histories: Histories): { fitTrain: Histories; validation: Case[] } {
  const kept = new Uint8Array(histories.items.length).fill(1);
  const validation: Case[] = [];
  for (let row = 0; row < rowCount(histories); row++) {
    const [from, to] = [histories.offsets[row]!, histories.offsets[row + 1]!];
    if (to - from < 2) continue;
    kept[to - 1] = 0;
    const query: Query = queryOfRow(histories, row, to - 1);
    const target = histories.items[to - 1]!;
    const masked = Int32Array.from(new Set([...query.items].filter((item) => item !== target)));
    validation.push({ query, targets: Int32Array.of(target), masked, group: row });
  }
  return { fitTrain: keepPositions(histories, kept), validation };
}
