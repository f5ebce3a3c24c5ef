/** What the API takes and gives, as zod schemas: they check requests, type the routes and make the OpenAPI document. */
import { z } from 'zod';
import type { Product } from '../data/catalogue.ts';
import { eventFieldList } from '../data/event-fields.ts';
import { eventKinds, type UserProfile } from '../data/events.ts';
import { limits } from '../data/limits.ts';
import type { HistoryEvent } from '../engine/history.ts';
import type { Recommendation, RecommendRequest } from '../engine/recommendation.ts';
import { mostBoosts, objectives, slateOrders } from '../engine/scenario.ts';
import type { RowResults } from './rows.ts';

export const mostEvents = 1_000;
export const mostRows = 1_000;
export const mostBatched = 100;

const id = z.string().min(1).max(limits.id);
const condition = z.string().min(1).max(4_000).describe('A condition on products; docs/reference/filters.md');

const meaningSchemas = {
  id: { type: 'string', minLength: 1, maxLength: limits.id },
  kind: { type: 'string', enum: [...eventKinds] },
  time: { anyOf: [{ type: 'integer' }, { type: 'string', format: 'date-time' }] },
  name: { type: 'string', maxLength: limits.name },
  currency: { type: 'string', pattern: '^\\S{1,16}$' },
  text: { type: 'string', maxLength: limits.text },
  amount: { type: 'number' },
  count: { type: 'integer', minimum: 0 },
} as const;

/** Rows are checked one by one, so that one that is wrong refuses itself alone: here they are only described. */
const row = (name: string, properties: Record<string, object>, required: readonly string[]): z.ZodType =>
  z.unknown().meta({ id: name, type: 'object', properties, required: [...required], additionalProperties: false });

const eventProperties = Object.fromEntries(
  eventFieldList.map(([name, { meaning }]) => [name, meaningSchemas[meaning]]),
);
export const eventRow: z.ZodType = row('Event', eventProperties, ['eventId', 'kind']);

const texts = { type: 'object', additionalProperties: { type: 'string' } };
const variant = {
  type: 'object',
  properties: { variantId: meaningSchemas.id, options: texts, gtin: meaningSchemas.name },
  required: ['variantId', 'options'],
  additionalProperties: false,
};
const productProperties = {
  productId: meaningSchemas.id,
  title: meaningSchemas.name,
  description: meaningSchemas.text,
  categories: { type: 'array', items: { type: 'array', items: { type: 'string' } } },
  brand: meaningSchemas.name,
  attributes: texts,
  images: { type: 'array', items: { type: 'string' } },
  language: { type: 'string', maxLength: 35 },
  hidden: { type: 'boolean' },
  createdTime: { type: 'integer' },
  variants: { type: 'array', items: variant },
};
export const productRow: z.ZodType = row('Product', productProperties, ['productId', 'title']);
const orNull = (schema: object): object => ({ anyOf: [schema, { type: 'null' }] });
const textsOrNull = { type: 'object', additionalProperties: orNull({ type: 'string' }) };
const changes = Object.entries({ ...productProperties, attributes: textsOrNull }).map(([name, schema]) => [
  name,
  name === 'productId' ? schema : orNull(schema),
]);
export const productChangeRow: z.ZodType = row('ProductChange', Object.fromEntries(changes), ['productId']);
export const userRow: z.ZodType = row('User', { userId: meaningSchemas.id, attributes: texts }, [
  'userId',
  'attributes',
]);
export const factRow: z.ZodType = row(
  'Fact',
  {
    fact: { type: 'string', enum: ['price', 'stock', 'promotion'] },
    variantId: meaningSchemas.id,
    place: meaningSchemas.name,
    from: meaningSchemas.time,
    priceMinor: { type: 'integer', minimum: 0 },
    currency: meaningSchemas.currency,
    listPriceMinor: { type: 'integer', minimum: 0 },
    unitsOnHand: { type: 'number' },
    promotionId: { type: 'string' },
    discount: { type: 'number', minimum: 0, maximum: 1 },
  },
  ['fact', 'variantId'],
);

const rowResultsSchema = z
  .object({
    results: z.array(
      z.object({
        status: z.enum(['stored', 'duplicate', 'refused']),
        reason: z.string().optional().describe('Why the row was refused'),
        field: z.string().optional(),
      }),
    ),
    stored: z.number().int(),
    duplicates: z.number().int(),
    refused: z.number().int(),
  })
  .meta({ id: 'RowResults' })
  .describe('One result per row, in order');

const ids = z.array(id).max(mostRows);
const slateFields = {
  user: id.optional().describe('Customer id'),
  visitor: id.optional().describe('Anonymous visitor id'),
  session: id.optional().describe('Stands for the visitor where neither a customer nor a visitor is named'),
  personalise: z.boolean().optional().describe('False answers as for a stranger'),
  scenario: z.string().min(1).max(63).optional().describe('Where the slate stands; `home` where absent'),
  order: z.enum(slateOrders).optional(),
  objective: z.enum(objectives).optional(),
  filter: condition.optional(),
  boosts: z
    .array(z.strictObject({ when: condition, factor: z.number().positive().max(1_000) }))
    .max(mostBoosts)
    .optional(),
  viewing: ids.optional().describe('Products that the shopper looks at now'),
  cart: ids.optional(),
  exclude: ids.optional(),
  count: z.number().int().min(1).max(1_000).optional().describe('10 where absent'),
  after: z.string().min(1).max(5_000_000).optional().describe('The `next` of an answer: the page that follows it'),
  place: z.string().min(1).max(limits.name).optional(),
  device: z.string().min(1).max(limits.name).optional(),
  page: z.string().min(1).max(limits.name).optional(),
  text: z.string().min(1).max(limits.text).optional().describe('What the shopper typed'),
  explain: z.boolean().optional().describe('Reasons beside each product; true where absent'),
  signals: z.boolean().optional().describe('What each signal adds to each product’s score; false where absent'),
  log: z.boolean().optional().describe('False where nobody will see it: it is not noted as shown'),
  language: z.enum(['en', 'zh']).optional(),
  deadlineMs: z.number().positive().max(60_000).optional(),
};
export type SlateRequest = {
  readonly [Field in keyof Omit<RecommendRequest, 'signal'>]?: RecommendRequest[Field] | undefined;
} & { readonly session?: string | undefined };
export const slateRequest: z.ZodType<SlateRequest> = z.strictObject(slateFields).meta({ id: 'RecommendationRequest' });

/** Of a list, as a query string gives it. */
export const pageCount: z.ZodType<string | undefined> = z
  .string()
  .regex(/^(?:[1-9]\d{0,2}|1000)$/, 'expected a whole number from 1 to 1000')
  .optional();
const wholeNumber = z.string().regex(/^\d{1,6}$/, 'expected a whole number');
/** As a query string gives it. */
export interface ListQuery {
  readonly count?: string | undefined;
  readonly filter?: string | undefined;
  readonly place?: string | undefined;
  readonly after?: string | undefined;
}
export const listQuery: z.ZodType<ListQuery> = z.strictObject({
  count: wholeNumber.optional().describe('From 1 to 1000; 10 where absent'),
  filter: condition.optional(),
  place: slateFields.place,
  after: slateFields.after,
});

const slateItem = z.object({
  productId: z.string(),
  variantId: z.string().optional(),
  title: z.string(),
  image: z.string().optional().describe('Path or address of its first picture'),
  priceMinor: z.number().optional(),
  currency: z.string().optional(),
  probability: z
    .number()
    .optional()
    .describe('P(product | shopper) among the candidates; absent where it only fills the page'),
  reasons: z.array(
    z.object({
      text: z.string(),
      kind: z.string(),
      source: z.string(),
      share: z.number(),
      because: z.array(z.string()),
    }),
  ),
  sentence: z.string().optional().describe('The reasons in one sentence, checked against them'),
  signals: z
    .array(z.object({ source: z.string(), value: z.number() }))
    .optional()
    .describe('What each adds to or takes from the score of the mean candidate'),
});
const slateSchema = z
  .object({
    recommendationId: z.string().describe('Goes with the events that answer this slate'),
    generation: z.number().int().optional(),
    basis: z.string(),
    items: z.array(slateItem),
    next: z.string().optional().describe('`after` of the next page'),
    rerank: z
      .object({
        status: z.enum(['used', 'unused', 'missed']),
        model: z.string().optional(),
        ms: z.number(),
        cached: z.boolean(),
        reason: z.string().optional().describe('Code of why it was not used'),
        text: z.string().optional(),
        before: z.array(z.string()).optional().describe('With `signals`: the slate as it would have been without'),
      })
      .optional()
      .describe('What judged the likeliest candidates once more; absent where the shop has nothing for it'),
    sentences: z
      .object({
        status: z.enum(['used', 'missed']),
        model: z.string().optional(),
        written: z.number().int().describe('Products with a `sentence`'),
        refused: z.number().int().describe('Products whose sentence said something else than their reasons'),
        ms: z.number(),
        reason: z.string().optional().describe('Code of why not all were asked for'),
        text: z.string().optional(),
      })
      .optional()
      .describe('What put the reasons into sentences; absent where the shop has nothing for it'),
    candidates: z.number().int(),
    fellBack: z.array(z.object({ code: z.string(), text: z.string() })),
    ms: z.number(),
  })
  .meta({ id: 'Recommendation' });

const productSchema = z
  .object({
    productId: z.string(),
    title: z.string(),
    description: z.string().optional(),
    categories: z.array(z.array(z.string())),
    brand: z.string().optional(),
    attributes: z.record(z.string(), z.string()),
    images: z.array(z.string()),
    language: z.string().optional(),
    hidden: z.boolean().optional(),
    createdTime: z.number().optional(),
    variants: z.array(
      z.object({ variantId: z.string(), options: z.record(z.string(), z.string()), gtin: z.string().optional() }),
    ),
  })
  .meta({ id: 'StoredProduct' });
const historySchema = z
  .object({
    events: z.array(
      z.object({
        kind: z.enum(eventKinds),
        time: z.number(),
        productId: z.string().optional(),
        quantity: z.number().optional(),
        priceMinor: z.number().optional(),
        value: z.number().optional(),
        refunded: z.boolean().optional(),
      }),
    ),
  })
  .meta({ id: 'History' });
const userSchema = z
  .object({ userId: z.string(), attributes: z.record(z.string(), z.string()) })
  .meta({ id: 'StoredUser' });

// What is answered is made here and may be read only; the schemas above say the same to others.
export const rowResults: z.ZodType<RowResults> = rowResultsSchema as unknown as z.ZodType<RowResults>;
export const slate: z.ZodType<Recommendation> = slateSchema as unknown as z.ZodType<Recommendation>;
export const product: z.ZodType<Product> = productSchema as unknown as z.ZodType<Product>;
export const user: z.ZodType<UserProfile> = userSchema as unknown as z.ZodType<UserProfile>;
export const history: z.ZodType<{ events: readonly HistoryEvent[] }> = historySchema as unknown as z.ZodType<{
  events: readonly HistoryEvent[];
}>;
