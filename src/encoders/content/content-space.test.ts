import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Product } from '../../data/catalogue.ts';
import type { DenseMath } from '../../math/dense-math.ts';
import { openWasmDenseMath } from '../../math/wasm-dense-math.ts';
import { staticTable } from '../text/static-table.ts';
import { bilingualTable } from '../text/table-file.ts';
import type { TextEncoder } from '../text/text-encoder.ts';
import { ContentSpace } from './content-space.ts';
import { productTexts } from './product-text.ts';

const product = (productId: string, title: string, more: Partial<Product> = {}): Product => ({
  ...{ productId, title, categories: [], attributes: {}, images: [], variants: [] },
  ...more,
});
const kinds = {
  kitchen: ['Cast iron wok', 'Steel frying pan', '不锈钢炒锅', 'Bamboo steamer', 'Kitchen knife', '陶瓷汤锅'],
  garden: ['Rose shears', 'Garden hose', '园艺铲子', 'Lawn rake', 'Watering can', 'Flower pot soil'],
  sleep: ['Feather pillow', 'Cotton bed sheet', '羽绒被', 'Mattress cover', 'Wool blanket', '枕头套'],
};
const products = Object.entries(kinds).flatMap(([kind, titles]) =>
  titles.map((title, n) => product(`${kind}-${n}`, title, { description: `${title} for every home.` })),
);
let encoder: TextEncoder;
let dense: DenseMath;
beforeAll(async () => {
  encoder = staticTable(await bilingualTable());
  dense = await openWasmDenseMath(1);
});
afterAll(() => dense.close());

const options = () => ({ compute: { threads: 1, dense }, seed: 1 });
const cosine = (a: Float32Array, b: Float32Array): number => a.reduce((sum, value, f) => sum + value * b[f]!, 0);
async function fitted() {
  const { space, vectors } = (await ContentSpace.fit([...products, undefined], encoder, options()))!;
  const rowOf = (n: number): Float32Array => vectors.values.subarray(n * space.dimensions, (n + 1) * space.dimensions);
  return { space, vectors, rowOf };
}

test('products of a kind lie near each other, whatever their language; what the catalogue lacks lies nowhere', async () => {
  const { rowOf } = await fitted();
  let [own, other] = [0, 0];
  for (const a of products.keys())
    for (const b of products.keys()) {
      if (a === b) continue;
      if (Math.floor(a / 6) === Math.floor(b / 6)) own += cosine(rowOf(a), rowOf(b)) / (products.length * 5);
      else other += cosine(rowOf(a), rowOf(b)) / (products.length * 12);
    }
  expect(own).toBeGreaterThan(other + 0.1);
  expect(cosine(rowOf(0), rowOf(0))).toBeCloseTo(1, 5);
  expect(rowOf(products.length).every((value) => value === 0)).toBe(true);
});

test('a product that comes later, and a question, are placed in the same space', async () => {
  const { space, rowOf } = await fitted();
  const again = await space.vectorsOf(products.slice(0, 2));
  for (let f = 0; f < space.dimensions; f++) expect(again[f]).toBeCloseTo(rowOf(0)[f]!, 4);
  const nearest = (vector: Float32Array): string =>
    [...products.keys()]
      .sort((a, b) => cosine(rowOf(b), vector) - cosine(rowOf(a), vector))
      .map((n) => products[n]!.productId)[0]!;
  const late = await space.vectorsOf([product('late', 'Wool pillow and blanket')]);
  expect(nearest(late)).toMatch('sleep');
  expect(nearest(await space.vectorOfQuestion('炒锅'))).toMatch('kitchen');
  expect(nearest(await space.vectorOfQuestion('water my lawn'))).toMatch('garden');
});

test('saved and loaded it places alike; with another encoder it is refused', async () => {
  const { space } = await fitted();
  const loaded = ContentSpace.load(structuredClone(space.state()), encoder);
  expect(await loaded.vectorsOf(products)).toEqual(await space.vectorsOf(products));
  expect(() => ContentSpace.load(space.state(), { ...encoder, name: 'other' })).toThrowError(
    expect.objectContaining({ code: 'SW_ENCODER', message: expect.stringContaining('other') }),
  );
});

test('without a text there is no space: a title that is the id says nothing', async () => {
  const bare = ['a', 'b'].map((id) => product(id, id));
  expect(await ContentSpace.fit([...bare, undefined], encoder, options())).toBeUndefined();
  expect(productTexts(bare[0]!)).toEqual({ title: '', kind: '', description: '' });
});

test('a slow encoder reads the whole of a product at once, and no text twice', async () => {
  const asked: string[] = [];
  const slow: TextEncoder = {
    ...encoder,
    isSlow: true,
    encode: (texts, how) => {
      asked.push(...texts);
      return encoder.encode(texts, how);
    },
  };
  const twice = [...products, { ...products[0]!, productId: 'twin' }];
  const { vectors, space } = (await ContentSpace.fit(twice, slow, options()))!;
  expect(asked).toHaveLength(products.length);
  expect(asked[0]).toBe('Cast iron wok\nCast iron wok for every home.');
  const d = space.dimensions;
  expect(vectors.values.subarray(0, d)).toEqual(
    vectors.values.subarray(products.length * d, (products.length + 1) * d),
  );
});

test('bears every text', async () => {
  const { space } = await fitted();
  const odd = ['🙂🙂', '\u0000\u0007\ud800', 'wok '.repeat(250_000), 'ﷺ Ωωx 炒\u200b锅'];
  const vectors = await space.vectorsOf(odd.map((title, n) => product(`odd-${n}`, title, { description: title })));
  expect(vectors.every(Number.isFinite)).toBe(true);
  const all = await ContentSpace.fit(
    odd.map((title, n) => product(`odd-${n}`, title)),
    encoder,
    options(),
  );
  expect(all!.vectors.values.every(Number.isFinite)).toBe(true);
});
