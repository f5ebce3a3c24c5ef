import { expect, test } from 'vitest';
import { ItemAttributes } from '../../data/item-attributes.ts';
import { featureForm, featuresOf, widthOf } from './item-features.ts';

const histories = { itemCount: 3, items: new Int32Array(0), offsets: Int32Array.of(0), ordered: true };

test('an attribute that all share, or one alone has, has no column', () => {
  const rows = [
    [1, 2, 5],
    [1, 2, 4],
    [1, 4, 4],
  ].map((ids) => Int32Array.from(ids));
  const data = { histories, catalogue: { attributes: ItemAttributes.of(rows) } };
  const form = featureForm(data, 3);
  expect([...form.attributes]).toEqual([2, 4]);
  const half = 1 / Math.SQRT2;
  const expected = [1, 0, half, half, 0, 1];
  for (const [n, value] of featuresOf(form, data, 3).entries()) expect(value).toBeCloseTo(expected[n]!, 6);
});

test('texts stand before attributes, and what is missing leaves zeros', () => {
  const vectors = { dimensions: 2, values: Float32Array.of(1, 2, 3, 4, 0, 0) };
  const attributes = ItemAttributes.of([Int32Array.of(1), Int32Array.of(1), new Int32Array(0)]);
  const data = { histories, vectors, catalogue: { attributes } };
  const form = featureForm(data, 3);
  expect(widthOf(form)).toBe(3);
  expect([...featuresOf(form, data, 3)]).toEqual([1, 2, 1, 3, 4, 1, 0, 0, 0]);
  expect(widthOf(featureForm({ histories }, 3))).toBe(0);
});
