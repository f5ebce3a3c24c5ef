/**
 * The calls of Gorse's REST API that have a counterpart here, so that a shop moves by changing the address of its client;
 * docs/guides/from-gorse.md says which have one.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { ShelfwiseError } from '../../core/errors.ts';
import type { Product } from '../../data/catalogue.ts';
import type { PutResult } from '../../data/catalogue-store.ts';
import type { AppendResult } from '../../data/event-store.ts';
import { type EventKind, eventKinds, type ShopEvent } from '../../data/events.ts';
import type { RecommendRequest, SlateItem } from '../../engine/recommendation.ts';
import type { Shop } from '../../engine/shop.ts';
import { type App, bodyLimits, problems } from '../api.ts';
import { mostRows } from '../schemas.ts';

/** Gorse lets each shop name its feedback: these names are surely understood, besides those of our own kinds. */
const kindOfFeedback: Readonly<Record<string, EventKind>> = {
  ...Object.fromEntries(eventKinds.map((kind) => [kind, kind])),
  ...{ read: 'view_item', view: 'view_item', click: 'view_item' },
  ...{ star: 'add_to_cart', like: 'add_to_cart', favorite: 'add_to_cart', cart: 'add_to_cart' },
  ...{ buy: 'purchase', order: 'purchase', pay: 'purchase' },
};

const id = z.string().min(1).max(512);
const feedback = z.object({
  FeedbackType: z.string().min(1),
  UserId: id,
  ItemId: id,
  Timestamp: z.string().optional(),
  Comment: z.string().optional(),
});
type Feedback = z.infer<typeof feedback>;
const item = z.object({
  ItemId: id,
  IsHidden: z.boolean().optional(),
  Categories: z.array(z.string().min(1)).nullish(),
  Timestamp: z.string().optional(),
  Labels: z.array(z.string().min(1)).nullish(),
  Comment: z.string().optional(),
});
const itemChange = item.partial({ ItemId: true });
type ItemChange = z.infer<typeof itemChange>;
const user = z.object({ UserId: id, Labels: z.array(z.string().min(1)).nullish(), Comment: z.string().optional() });
const affected = z.object({ RowAffected: z.number().int() });
const scored = z.array(z.object({ Id: z.string(), Score: z.number() }));
const number = z
  .string()
  .regex(/^\d{1,6}$/, 'expected a whole number')
  .optional();
/** Other parameters of Gorse's change nothing here, and stay unread. */
const paged = z.object({ n: number, offset: number });
const categorised = z.object({ category: z.string().optional() });
const ofItem = z.object({ itemId: id, category: z.string().optional() });
const ofUser = z.object({ userId: id, category: z.string().optional() });

/** What a label becomes as an attribute, whose name it is. */
const labelled = 'yes';

export function gorseRoutes(app: App, shop: Shop, now: () => number): void {
  // Its client says that there is a form where there is nothing.
  app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_, body, done) => {
    if (body === '') return done(null, undefined);
    const message = 'request: expected JSON, got a form.';
    return done(new ShelfwiseError('SW_MEDIA_TYPE', message, 'Send JSON with content-type: application/json.'));
  });
  const recommend = { config: { scope: 'recommend' } } as const;
  const admin = { config: { scope: 'admin' }, bodyLimit: bodyLimits.rows } as const;
  // They are Gorse's to describe: the document is of our own routes.
  const described = (summary: string) => ({ summary, hide: true });
  const page = async (request: RecommendRequest, query: z.infer<typeof paged>, category = ''): Promise<SlateItem[]> => {
    const [n, offset] = [Number(query.n ?? 10), Number(query.offset ?? 0)];
    const count = Math.min(1_000, n + offset);
    if (count < 1) return [];
    const filter = category === '' ? {} : { filter: `category = ${JSON.stringify(category)}` };
    const { items } = await shop.recommend({ explain: false, ...request, ...filter, count });
    return items.slice(offset, offset + n);
  };

  for (const method of ['POST', 'PUT'] as const)
    app.route({
      ...{ method, url: '/api/feedback', config: { scope: 'collect' }, bodyLimit: bodyLimits.rows },
      schema: {
        ...described('Gorse: insert feedback'),
        body: z.array(feedback).max(mostRows),
        response: { 200: affected, ...problems },
      },
      handler: async ({ body }) => rowsOf(await shop.record(body.map((one, n) => eventOf(one, n, now())))),
    });
  app.get(
    '/api/recommend/:userId/:category?',
    {
      ...recommend,
      schema: {
        ...described('Gorse: recommend'),
        params: ofUser,
        querystring: paged,
        response: { 200: z.array(z.string()), ...problems },
      },
    },
    async ({ params, query }) =>
      (await page({ user: params.userId }, query, params.category)).map(({ productId }) => productId),
  );
  app.post(
    '/api/session/recommend/:category?',
    {
      ...recommend,
      schema: {
        ...described('Gorse: recommend for a session'),
        params: categorised,
        querystring: paged,
        body: z.array(feedback.partial({ UserId: true, FeedbackType: true })).max(mostRows),
        response: { 200: scored, ...problems },
      },
    },
    async ({ body, params, query }) => {
      const viewing = [...new Set(body.map(({ ItemId }) => ItemId))].slice(-100);
      return scores(await page({ viewing }, query, params.category));
    },
  );
  for (const order of ['popular', 'latest'] as const)
    app.get(
      `/api/${order}/:category?`,
      {
        ...recommend,
        schema: {
          ...described(`Gorse: ${order} items`),
          params: categorised,
          querystring: paged,
          response: { 200: scored, ...problems },
        },
      },
      async ({ params, query }) => scores(await page({ order }, query, params.category)),
    );
  app.get(
    '/api/item/:itemId/neighbors/:category?',
    {
      ...recommend,
      schema: {
        ...described('Gorse: items like one'),
        params: ofItem,
        querystring: paged,
        response: { 200: scored, ...problems },
      },
    },
    async ({ params, query }) =>
      scores(await page({ order: 'similar', viewing: [params.itemId] }, query, params.category)),
  );

  app.post(
    '/api/item',
    {
      ...admin,
      schema: { ...described('Gorse: insert an item'), body: item, response: { 200: affected, ...problems } },
    },
    async ({ body }) => rowsOf(await shop.putProducts([productOf(body)])),
  );
  app.post(
    '/api/items',
    {
      ...admin,
      schema: {
        ...described('Gorse: insert items'),
        body: z.array(item).max(mostRows),
        response: { 200: affected, ...problems },
      },
    },
    async ({ body }) => rowsOf(await shop.putProducts(body.map(productOf))),
  );
  app.get(
    '/api/item/:itemId',
    {
      ...recommend,
      schema: { ...described('Gorse: one item'), params: ofItem, response: { 200: z.unknown(), ...problems } },
    },
    async ({ params }) => itemOf(await existing(shop, params.itemId)),
  );
  app.get(
    '/api/items',
    {
      ...recommend,
      schema: {
        ...described('Gorse: all items'),
        querystring: z.object({ n: number, cursor: z.string().optional(), Cursor: z.string().optional() }),
        response: { 200: z.unknown(), ...problems },
      },
    },
    async ({ query: { n = '10', cursor, Cursor = cursor } }) => {
      const items = [];
      for await (const one of shop.products(Cursor)) {
        if (items.length === Math.min(1_000, Math.max(1, Number(n))))
          return { Cursor: items.at(-1)!.ItemId, Items: items };
        items.push(itemOf(one));
      }
      return { Cursor: '', Items: items };
    },
  );
  app.patch(
    '/api/item/:itemId',
    {
      ...admin,
      schema: {
        ...described('Gorse: change an item'),
        params: ofItem,
        body: itemChange,
        response: { 200: affected, ...problems },
      },
    },
    async ({ params: { itemId }, body }) => {
      const { attributes, ...known } = await existing(shop, itemId);
      const kept = Object.entries(attributes).filter(([, value]) => body.Labels == null || value !== labelled);
      const { attributes: labels, ...change } = changeOf(body);
      const whole = { ...known, ...change, attributes: { ...Object.fromEntries(kept), ...labels } };
      return rowsOf(await shop.putProducts([whole]));
    },
  );
  app.delete(
    '/api/item/:itemId',
    {
      ...admin,
      schema: { ...described('Gorse: delete an item'), params: ofItem, response: { 200: affected, ...problems } },
    },
    async ({ params }) => rowsOf(await shop.removeProducts([params.itemId])),
  );
  for (const method of ['PUT', 'DELETE'] as const)
    app.route({
      ...{ method, url: '/api/item/:itemId/category/:category', ...admin },
      schema: {
        ...described('Gorse: the categories of an item'),
        params: z.object({ itemId: id, category: z.string().min(1) }),
        response: { 200: affected, ...problems },
      },
      handler: async ({ params: { itemId, category } }) => {
        const { categories } = await existing(shop, itemId);
        const others = categories.filter((path) => path.at(-1) !== category);
        const changed = method === 'PUT' ? [...others, [category]] : others;
        return rowsOf(await shop.updateProducts([{ productId: itemId, categories: changed }]));
      },
    });

  const usersOf = (given: readonly z.infer<typeof user>[]) =>
    given.map(({ UserId, Labels, Comment }) => ({
      userId: UserId,
      attributes: { ...labelsOf(Labels), ...(Comment && { Comment }) },
    }));
  app.post(
    '/api/user',
    {
      ...admin,
      schema: { ...described('Gorse: insert a user'), body: user, response: { 200: affected, ...problems } },
    },
    async ({ body }) => rowsOf(await shop.putUsers(usersOf([body]))),
  );
  app.post(
    '/api/users',
    {
      ...admin,
      schema: {
        ...described('Gorse: insert users'),
        body: z.array(user).max(mostRows),
        response: { 200: affected, ...problems },
      },
    },
    async ({ body }) => rowsOf(await shop.putUsers(usersOf(body))),
  );
  app.get(
    '/api/user/:userId',
    {
      ...admin,
      schema: { ...described('Gorse: one user'), params: ofUser, response: { 200: z.unknown(), ...problems } },
    },
    async ({ params: { userId } }) => {
      const known = await shop.user(userId);
      if (!known) throw absent('UserId', 'a customer of the shop');
      const { Comment = '', ...attributes } = known.attributes;
      return { UserId: userId, Labels: Object.keys(attributes), Comment };
    },
  );
  app.delete(
    '/api/user/:userId',
    {
      ...admin,
      schema: { ...described('Gorse: forget a user'), params: ofUser, response: { 200: affected, ...problems } },
    },
    async ({ params: { userId } }) => ({ RowAffected: Number(await shop.forget(userId)) }),
  );
}

/** One that comes twice is one: Gorse knows feedback by its type, user and item; here a second purchase is another. */
function eventOf({ FeedbackType, UserId, ItemId, Timestamp }: Feedback, place: number, time: number): ShopEvent {
  const kind = Object.hasOwn(kindOfFeedback, FeedbackType) ? kindOfFeedback[FeedbackType] : undefined;
  if (!kind) {
    const names = Object.keys(kindOfFeedback).join(', ');
    const message = `body.${place}.FeedbackType: expected one of ${names}, got ${JSON.stringify(FeedbackType)}.`;
    throw new ShelfwiseError('SW_REQUEST', message, 'Name the feedback as one of these.', {
      field: `body.${place}.FeedbackType`,
    });
  }
  const given = Timestamp === undefined || Timestamp === '' ? time : Date.parse(Timestamp);
  const said = JSON.stringify([FeedbackType, UserId, ItemId, Timestamp ?? '']);
  const eventId = `gorse-${createHash('sha256').update(said).digest('base64url').slice(0, 32)}`;
  return { eventId, kind, userId: UserId, productId: ItemId, time: given };
}

/** All rows, or the first that was refused as a problem: Gorse's clients look at nothing else. */
function rowsOf(answers: readonly (AppendResult | PutResult)[]): { RowAffected: number } {
  const refused = answers.findIndex((answer) => typeof answer === 'object');
  const first = answers[refused];
  if (typeof first === 'object')
    throw new ShelfwiseError('SW_REQUEST', `body.${refused}: ${first.refused}`, 'Correct the row.', {
      field: first.field,
    });
  return { RowAffected: answers.filter((answer) => answer === 'stored').length };
}

const scores = (items: readonly SlateItem[]): { Id: string; Score: number }[] =>
  items.map(({ productId, probability }, n) => ({ Id: productId, Score: probability ?? 1 / (n + 1) }));

const labelsOf = (labels: readonly string[] | null | undefined): Record<string, string> =>
  Object.fromEntries((labels ?? []).map((label) => [label, labelled]));

function changeOf({ Comment, Categories, Labels, IsHidden, Timestamp }: ItemChange): Partial<Product> {
  const createdTime = Timestamp ? Date.parse(Timestamp) : Number.NaN;
  return {
    ...(Comment && { title: Comment }),
    ...(Categories && { categories: Categories.map((name) => [name]) }),
    ...(Labels && { attributes: labelsOf(Labels) }),
    ...(IsHidden !== undefined && { hidden: IsHidden }),
    ...(!Number.isNaN(createdTime) && { createdTime }),
  };
}

function productOf(given: z.infer<typeof item>): Product {
  const productId = given.ItemId;
  const variants = [{ variantId: productId, options: {} }];
  return { productId, title: productId, categories: [], attributes: {}, images: [], variants, ...changeOf(given) };
}

interface GorseItem {
  readonly ItemId: string;
  readonly IsHidden: boolean;
  readonly Categories: readonly string[];
  readonly Timestamp: string;
  readonly Labels: readonly string[];
  readonly Comment: string;
}

function itemOf({ productId, title, categories, attributes, hidden = false, createdTime = 0 }: Product): GorseItem {
  return {
    ItemId: productId,
    IsHidden: hidden,
    Categories: [...new Set(categories.flatMap((path) => path.at(-1) ?? []))],
    Timestamp: new Date(createdTime).toISOString(),
    Labels: Object.entries(attributes).flatMap(([name, value]) => (value === labelled ? [name] : [])),
    Comment: title,
  };
}

async function existing(shop: Shop, productId: string): Promise<Product> {
  const known = await shop.product(productId);
  if (!known) throw absent('ItemId', 'a product of the catalogue');
  return known;
}

function absent(field: string, expected: string): ShelfwiseError {
  const message = `${field}: expected ${expected}, got another id.`;
  return new ShelfwiseError('SW_NOT_FOUND', message, 'Insert it first.', { field });
}
