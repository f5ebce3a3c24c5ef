/** What items are beside who chose them, as one row of numbers each: the vector of their texts, and their attributes. */
import type { FitData } from '../../data/fit-data.ts';

export interface FeatureForm {
  /** Length of the vectors of texts; 0 without. */
  readonly texts: number;
  /** Ids of the attributes that have a column, in the order of the columns. */
  readonly attributes: Int32Array;
}

/** Attributes that most items have; the rarer ones tell of few, and cost every step. */
const mostAttributes = 256;

/** One that a single item has, or that all share, tells nothing of what goes together. */
export function featureForm({ vectors, catalogue }: FitData, items: number): FeatureForm {
  const counts = new Map<number, number>();
  for (const row of catalogue?.attributes?.today ?? [])
    for (const id of new Set(row)) counts.set(id, (counts.get(id) ?? 0) + 1);
  const telling = [...counts].filter(([, count]) => count > 1 && count < items);
  telling.sort(([a, countA], [b, countB]) => countB - countA || a - b);
  const attributes = Int32Array.from(telling.slice(0, mostAttributes), ([id]) => id);
  return { texts: vectors?.dimensions ?? 0, attributes };
}

export const widthOf = ({ texts, attributes }: FeatureForm): number => texts + attributes.length;

/** @returns shape `[items, width]` */
export function featuresOf(form: FeatureForm, { vectors, catalogue }: FitData, items: number): Float32Array {
  const width = widthOf(form);
  const features = new Float32Array(items * width);
  const rows = catalogue?.attributes?.today;
  for (let item = 0; item < items; item++) {
    const row = features.subarray(item * width, (item + 1) * width);
    if (vectors) writeTexts(row, form, vectors.values.subarray(item * form.texts, (item + 1) * form.texts));
    const ids = rows?.[item];
    if (ids) writeAttributes(row, form, ids);
  }
  return features;
}

export function writeTexts(row: Float32Array, { texts }: FeatureForm, vector: Float32Array): void {
  row.set(vector.subarray(0, texts));
}

/** As long as 1 in all, however many attributes an item has. */
export function writeAttributes(row: Float32Array, { texts, attributes }: FeatureForm, ids: Int32Array): void {
  row.fill(0, texts);
  const own = new Set(ids);
  let count = 0;
  for (const id of attributes) if (own.has(id)) count++;
  for (const [column, id] of attributes.entries()) if (own.has(id)) row[texts + column] = 1 / Math.sqrt(count);
}
