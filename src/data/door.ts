/**
 * The one door: every event, product, profile and fact passes here before any store takes it, whether it was recorded,
 * put or imported. A row that does not pass is refused by itself, with its field and what was expected; the others of its
 * batch are stored. The ranges are those that every reader, model and file format can hold.
 */
import type { Product, TimedFact } from './catalogue.ts';
import { eventFieldList, type FieldMeaning } from './event-fields.ts';
import { eventKinds, type ShopEvent, type UserProfile } from './events.ts';
import { limits } from './limits.ts';

/** A row that was not taken, and why. */
export interface Refused {
  readonly refused: string;
  /** Path of the field, empty where the row itself is none. */
  readonly field: string;
}

/** What was expected, where a value does not pass; undefined where it does. */
type Rule = (value: unknown) => string | undefined;
type Shape = Readonly<Record<string, { readonly rule: Rule; readonly required: boolean }>>;

const text =
  (most: number, least = 1): Rule =>
  (value) =>
    typeof value === 'string' && value.length >= least && value.length <= most && value.isWellFormed()
      ? undefined
      : `a text of ${least} to ${most} characters`;
const whole =
  (min: number, max: number): Rule =>
  (value) =>
    Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max
      ? undefined
      : `a whole number from ${min} to ${max}`;
const number =
  (min: number, max: number): Rule =>
  (value) =>
    typeof value === 'number' && value >= min && value <= max ? undefined : `a number from ${min} to ${max}`;
const oneOf = (values: readonly string[]): Rule => {
  const known: ReadonlySet<unknown> = new Set(values);
  return (value) => (known.has(value) ? undefined : `one of ${values.join(', ')}`);
};
const yesNo: Rule = (value) => (typeof value === 'boolean' ? undefined : 'true or false');
const list =
  (of: Rule, most: number): Rule =>
  (value) => {
    if (!Array.isArray(value) || value.length > most) return `a list of at most ${most}`;
    for (const one of value) {
      const expected = of(one);
      if (expected) return `a list, each ${expected}`;
    }
    return undefined;
  };
const record =
  (of: Rule, most: number): Rule =>
  (value) => {
    if (!isRecord(value)) return 'names with texts';
    const entries = Object.entries(value);
    if (entries.length > most) return `at most ${most} names`;
    for (const [name, one] of entries) {
      const expected = text(limits.name)(name) ?? of(one);
      if (expected) return `names with texts, each ${expected}`;
    }
    return undefined;
  };
/** Time in milliseconds; what has a fraction is rounded by the store. */
const time: Rule = (value) =>
  typeof value === 'number' && Math.abs(value) <= limits.time ? undefined : 'milliseconds since 1970';
const currency: Rule = (value) =>
  typeof value === 'string' && /^\S{1,16}$/.test(value) ? undefined : 'a currency code, as EUR';

const needed = (rule: Rule) => ({ rule, required: true }) as const;
const optional = (rule: Rule) => ({ rule, required: false }) as const;

const id = text(limits.id);
const name = text(limits.name);
/** A value may be empty: a column of an export often is. */
const value = text(limits.text, 0);

/** The greatest length of each text. */
const longest: Readonly<Partial<Record<FieldMeaning, number>>> = {
  id: limits.id,
  name: limits.name,
  text: limits.text,
};
const ruleOf: Readonly<Record<FieldMeaning, (most: number) => Rule>> = {
  id: () => id,
  kind: () => oneOf(eventKinds),
  time: () => time,
  name: () => name,
  currency: () => currency,
  text: () => text(limits.text),
  amount: (most) => number(-most, most),
  count: (most) => whole(0, most),
};
const eventShape: Shape = Object.fromEntries(
  eventFieldList.map(([field, { meaning, most, required = false }]) => [
    field,
    { rule: ruleOf[meaning](most ? limits[most] : 0), required },
  ]),
);

const variantShape: Shape = {
  variantId: needed(id),
  options: needed(record(value, 1_000)),
  gtin: optional(name),
};

const productShape: Shape = {
  productId: needed(id),
  title: needed(text(limits.name, 0)),
  description: optional(text(limits.text, 0)),
  categories: needed(list(list(name, 100), 1_000)),
  brand: optional(name),
  attributes: needed(record(value, 10_000)),
  images: needed(list(text(limits.text), 1_000)),
  language: optional(text(35)),
  hidden: optional(yesNo),
  createdTime: optional(time),
  variants: needed(list((one) => expectedOf(variantShape, one), 100_000)),
};

const userShape: Shape = { userId: needed(id), attributes: needed(record(value, 10_000)) };

const factBase: Shape = { variantId: needed(id), place: needed(text(limits.name, 0)), from: needed(time) };
const price = whole(0, limits.priceMinor);
const factShapes: Readonly<Record<TimedFact['fact'], Shape>> = {
  price: {
    ...factBase,
    fact: needed(oneOf(['price'])),
    priceMinor: needed(price),
    currency: needed(currency),
    listPriceMinor: optional(price),
  },
  stock: {
    ...factBase,
    fact: needed(oneOf(['stock'])),
    unitsOnHand: needed(number(-limits.quantity, limits.quantity)),
  },
  promotion: {
    ...factBase,
    fact: needed(oneOf(['promotion'])),
    promotionId: needed(text(limits.id, 0)),
    discount: needed(number(0, 1)),
  },
};

/** Splits rows into those that pass, with their places, and answers for those that do not. */
export function admit<Row>(
  rows: readonly Row[],
  refuse: (row: unknown) => Refused | undefined,
): { readonly passed: readonly Row[]; readonly answers: (Refused | 'stored')[] } {
  const answers = rows.map((row) => refuse(row) ?? ('stored' as const));
  return { passed: rows.filter((_, n) => answers[n] === 'stored'), answers };
}

export function refuseEvent(event: unknown): Refused | undefined {
  return refusal('event', eventShape, event as ShopEvent);
}

export function refuseProduct(product: unknown): Refused | undefined {
  return refusal('product', productShape, product as Product);
}

export function refuseUser(user: unknown): Refused | undefined {
  return refusal('user', userShape, user as UserProfile);
}

export function refuseFact(fact: unknown): Refused | undefined {
  if (!isRecord(fact)) return refusal('fact', factBase, fact);
  const kind = fact['fact'];
  const shape = typeof kind === 'string' && Object.hasOwn(factShapes, kind) ? factShapes[kind as 'price'] : undefined;
  if (shape) return refusal('fact', shape, fact);
  return { refused: `fact.fact: expected one of price, stock, promotion, got ${show(kind)}.`, field: 'fact' };
}

/** SQL over staged events, in the columns of `stagedEventColumns`: true for a row that would not pass, false or NULL for others. */
export function refusesEventSql(): string {
  const conditions = eventFieldList.flatMap(([field, { column, meaning, most, required }]) => {
    const missing = required ? [`${column} IS NULL`] : [];
    const length = longest[meaning];
    // Bytes are counted first: that is cheap, and a text has no more letters.
    if (length !== undefined) return [...missing, `strlen(${column}) > ${length} AND length(${column}) > ${length}`];
    // NaN counts as greater than any number. Flags are made by the cleaning itself.
    if (!most || field === 'flags') return missing;
    return [...missing, `${column} > ${limits[most]} OR ${column} < ${meaning === 'count' ? 0 : -limits[most]}`];
  });
  return conditions.map((condition) => `(${condition})`).join(' OR ');
}

/** What is wrong with a row, as `what.field: expected, got.` */
function refusal(what: string, shape: Shape, row: unknown): Refused | undefined {
  if (!isRecord(row)) return { refused: `${what}: expected an object, got ${show(row)}.`, field: '' };
  for (const field in row) {
    const given = row[field];
    if (given === undefined) continue;
    if (!Object.hasOwn(shape, field))
      return { refused: `${what}.${field}: expected ${Object.keys(shape).join(', ')}, got another name.`, field };
    const expected = shape[field]!.rule(given);
    if (expected) return { refused: `${what}.${field}: expected ${expected}, got ${show(given)}.`, field };
  }
  for (const field in shape)
    if (shape[field]!.required && row[field] === undefined)
      return { refused: `${what}.${field}: expected ${shape[field]!.rule(undefined)}, got none.`, field };
  return undefined;
}

function expectedOf(shape: Shape, row: unknown): string | undefined {
  const refused = refusal('variant', shape, row);
  return refused && `a variant (${refused.refused.slice(0, -1)})`;
}

function isRecord(given: unknown): given is Record<string, unknown> {
  return typeof given === 'object' && given !== null && !Array.isArray(given);
}

function show(given: unknown): string {
  if (typeof given === 'string') return JSON.stringify(given.length > 60 ? `${given.slice(0, 60)}…` : given);
  if (typeof given === 'bigint') return `${given}n`;
  if (typeof given === 'object' && given !== null) return Array.isArray(given) ? 'a list' : 'an object';
  return String(given);
}
