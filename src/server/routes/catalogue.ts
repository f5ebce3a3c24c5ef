/** Products with their variants, and the timed facts of them: price, stock, promotion. */
import { z } from 'zod';
import { ShelfwiseError } from '../../core/errors.ts';
import { everywhere, type Product, type TimedFact } from '../../data/catalogue.ts';
import type { ProductChange } from '../../engine/catalogue-changes.ts';
import type { Shop } from '../../engine/shop.ts';
import { type App, bodyLimits, problems } from '../api.ts';
import { rowResultsOf, withTimes } from '../rows.ts';
import { factRow, mostRows, pageCount, product, productChangeRow, productRow, rowResults } from '../schemas.ts';

const tags = ['catalogue'];
const params = z.object({ productId: z.string().min(1) });
const admin = { config: { scope: 'admin' }, bodyLimit: bodyLimits.rows } as const;

const productPage = z.object({ products: z.array(product), next: z.string().optional() });

export function catalogueRoutes(app: App, shop: Shop, now: () => number): void {
  app.get(
    '/v1/products',
    {
      config: { scope: 'recommend' },
      schema: {
        summary: 'List products in the order of their ids',
        tags,
        querystring: z.strictObject({
          after: z.string().optional().describe('The last id of the page before'),
          count: pageCount,
        }),
        response: { 200: productPage, ...problems },
      },
    },
    async ({ query: { after, count = '100' } }) => {
      const products: Product[] = [];
      for await (const one of shop.products(after)) {
        products.push(one);
        if (products.length === Number(count)) return { products, next: one.productId };
      }
      return { products };
    },
  );
  app.get(
    '/v1/products/:productId',
    {
      config: { scope: 'recommend' },
      schema: { summary: 'One product', tags, params, response: { 200: product, ...problems } },
    },
    async ({ params: { productId } }) => (await shop.product(productId)) ?? notFound(productId),
  );
  app.put(
    '/v1/products',
    {
      ...admin,
      schema: {
        summary: 'Create or replace products',
        tags,
        body: z.strictObject({ products: z.array(productRow).min(1).max(mostRows) }),
        response: { 200: rowResults, ...problems },
      },
    },
    async ({ body }) => rowResultsOf(await shop.putProducts(body.products.map(wholeProduct))),
  );
  app.patch(
    '/v1/products',
    {
      ...admin,
      schema: {
        summary: 'Change parts of products',
        description: 'What is left out stays; null empties. `hidden: true` takes a product off the shelf.',
        tags,
        body: z.strictObject({ products: z.array(productChangeRow).min(1).max(mostRows) }),
        response: { 200: rowResults, ...problems },
      },
    },
    async ({ body }) => rowResultsOf(await shop.updateProducts(body.products.map(changeOf))),
  );
  app.post(
    '/v1/products/delete',
    {
      ...admin,
      schema: {
        summary: 'Take products out of the catalogue',
        description: 'They are not offered again; their events stay.',
        tags,
        body: z.strictObject({ productIds: z.array(z.string()).min(1).max(mostRows) }),
        response: { 200: rowResults, ...problems },
      },
    },
    async ({ body }) => rowResultsOf(await shop.removeProducts(body.productIds)),
  );
  app.delete(
    '/v1/products/:productId',
    {
      ...admin,
      schema: {
        summary: 'Take a product out of the catalogue',
        tags,
        params,
        response: { 204: z.null(), ...problems },
      },
    },
    async ({ params: { productId } }, reply) => {
      const [answer] = await shop.removeProducts([productId]);
      if (answer !== 'stored') notFound(productId);
      return reply.code(204).send(null);
    },
  );
  app.post(
    '/v1/facts',
    {
      ...admin,
      schema: {
        summary: 'Set prices, stock and promotions of variants',
        description: 'Each holds from its time on: `from` is now, and `place` everywhere, where they are left out.',
        tags,
        body: z.strictObject({ facts: z.array(factRow).min(1).max(mostRows) }),
        response: { 200: rowResults, ...problems },
      },
    },
    async ({ body }) => {
      const from = now();
      return rowResultsOf(await shop.putFacts(body.facts.map((row) => factOf(row, from))));
    },
  );
}

function notFound(productId: string): never {
  const message = `productId: expected a product of the catalogue, got ${JSON.stringify(productId.slice(0, 200))}.`;
  throw new ShelfwiseError('SW_NOT_FOUND', message, 'GET /v1/products lists them.', { field: 'productId' });
}

const isObject = (row: unknown): row is Record<string, unknown> =>
  typeof row === 'object' && row !== null && !Array.isArray(row);

/** A product that says only what it has: lists and names that are left out are empty, a variant is its own. */
function wholeProduct(row: unknown): Product {
  if (!isObject(row)) return row as Product;
  const { productId } = row;
  const variants = [{ variantId: productId, options: {} }];
  const read = withTimes(row, ['createdTime']) as object;
  return { categories: [], attributes: {}, images: [], variants, ...read } as unknown as Product;
}

const changeOf = (row: unknown): ProductChange =>
  (isObject(row) ? withTimes(row, ['createdTime']) : {}) as ProductChange;

function factOf(row: unknown, from: number): TimedFact {
  if (!isObject(row)) return row as unknown as TimedFact;
  return { place: everywhere, from, ...(withTimes(row, ['from']) as object) } as TimedFact;
}
