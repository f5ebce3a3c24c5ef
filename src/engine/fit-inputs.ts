/** What a model was fitted from, beside its settings and the seed, as bytes of a hash. */
import { createHash } from 'node:crypto';
import type { FitData } from '../data/fit-data.ts';
import type { Histories } from '../data/histories.ts';
import { addHistories } from '../data/histories-hash.ts';
import type { ModelDefinition } from '../models/model.ts';

const known: WeakMap<Histories, string> = new WeakMap();

export function hashOfHistories(histories: Histories): string {
  const before = known.get(histories);
  if (before) return before;
  const hash = createHash('sha256');
  addHistories(hash, histories);
  const value = hash.digest('hex');
  known.set(histories, value);
  return value;
}

/** Undefined where the model rests on parts that are not told apart by a hash: it is fitted each time. */
export function hashOfParts({ needs = [], uses = [] }: ModelDefinition, data: FitData): string | undefined {
  const parts = [...needs, ...uses].filter((part) => data[part] !== undefined);
  if (parts.length === 0) return '';
  const attributes = parts.includes('catalogue') ? data.catalogue?.attributes : undefined;
  const isHashed = parts.every((part) => part === 'vectors' || (part === 'catalogue' && !needs.includes(part)));
  if (!isHashed) return undefined;
  const hash = createHash('sha256');
  if (parts.includes('vectors')) {
    const { dimensions, values } = data.vectors!;
    hash.update(`vectors ${dimensions} `).update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  }
  // Whoever only uses the catalogue reads what its products are, and neither prices nor reviews.
  if (attributes) hash.update(JSON.stringify(attributes.today.map((ids) => [...ids])));
  return hash.digest('hex');
}
