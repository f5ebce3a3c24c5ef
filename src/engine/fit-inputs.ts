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
  if (parts.some((part) => part !== 'vectors')) return undefined;
  const { dimensions, values } = data.vectors!;
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return createHash('sha256').update(`vectors ${dimensions} `).update(bytes).digest('hex');
}
