import { expect, test } from 'vitest';
import type { Product } from './catalogue.ts';
import type { EventColumns } from './event-store.ts';
import { VariantCodes } from './variant-codes.ts';

function product(productId: string, ...variants: readonly string[]): Product {
  const bare = { title: productId, categories: [], attributes: {}, images: [] };
  return { productId, ...bare, variants: variants.map((variantId) => ({ variantId, options: {} })) };
}

test('codes of variants count for their products; products, and what nobody knows, stay', () => {
  const all = [product('kettle', 'K-R', 'K-B'), product('mug', 'mug'), product('K-R'), product('K-B', 'other')];
  const codes = new VariantCodes(new Map(all.map((one) => [one.productId, one])));
  // K-R was a code in events before the catalogue came; K-B is a product with a variant of its own.
  expect(['kettle', 'K-R', 'K-B', 'mug', 'other', 'none'].map((id) => codes.productOf(id))).toEqual([
    ...['kettle', 'kettle', 'K-B', 'mug', 'K-B', 'none'],
  ]);
  const products = ['K-R', 'kettle', 'mug', 'none'];
  const events = { products, product: Int32Array.of(0, 1, 2, 3, -1, 0), length: 6 } as unknown as EventColumns;
  const resolved = codes.resolve(events);
  expect(resolved.products).toEqual(['kettle', 'mug', 'none']);
  expect([...resolved.product]).toEqual([0, 0, 1, 2, -1, 0]);
  const plain = { products: ['mug'], product: Int32Array.of(0), length: 1 } as unknown as EventColumns;
  expect(codes.resolve(plain)).toBe(plain);
});
