/** The answer to a file whose rows are not surely known: what stands in it, what each column could be, what to type next. */
import { ShelfwiseError } from '../../../core/errors.ts';
import { eventKindOf } from './event-names.ts';
import type { Field } from './fields.ts';
import { namesOf, type SourceShape } from './kind.ts';
import { isPersonal, plainName } from './names.ts';
import { parsePrice } from './parse-amount.ts';
import { detectTimeFormat, timeParser } from './parse-time.ts';
import { cellOf } from './rows/cells.ts';

interface SeenColumn {
  readonly column: string;
  readonly samples: readonly string[];
  readonly couldBe: Field | undefined;
}

const shownColumns = 40;

/**
 * @param why - what keeps the rows from being known
 * @param found - fields that were found by their names
 */
export function refusal(source: SourceShape, why: string, found: Partial<Record<Field, string>>): ShelfwiseError {
  const seen = namesOf(source).map((column) => look(source, column, found));
  const listed = seen
    .slice(0, shownColumns)
    .map(
      ({ column, samples, couldBe }) =>
        `  ${column}: ${samples.join(', ') || '(empty)'}${couldBe ? ` -> ${couldBe}?` : ''}`,
    );
  if (seen.length > shownColumns) listed.push(`  and ${seen.length - shownColumns} more`);
  return new ShelfwiseError(
    'SW_INPUT_FORMAT',
    `${source.name}: expected columns that say surely what the rows are, got ${why}.\n${listed.join('\n') || '  no columns'}\n`,
    nextStep(source, seen, found),
    { columns: seen.slice(0, 1000).map((one) => ({ ...one, couldBe: one.couldBe ?? null })), why },
  );
}

function look(source: SourceShape, column: string, found: Partial<Record<Field, string>>): SeenColumn {
  const cell = cellOf(source, column);
  const cells = source.sample.map((row) => cell({ row, fields: row.fields, item: undefined }));
  const samples = [...new Set(cells.filter((text) => text !== ''))].slice(0, 2).map((text) => text.slice(0, 40));
  const known = (Object.entries(found) as [Field, string][]).find(([, name]) => name === column)?.[0];
  return {
    column,
    samples,
    couldBe:
      known ??
      guess(
        plainName(column),
        cells.filter((text) => text !== ''),
      ),
  };
}

const byWord: readonly (readonly [RegExp, Field])[] = [
  [/e-?mail|邮箱/, 'userId'],
  [/order(?:id|no|nr|number|code|$)|invoice|basket|receipt|订单/, 'orderId'],
  [/user|customer|client|buyer|member|account|reviewer|kunde|用户|买家|客户/, 'userId'],
  [/visitor|cookie|device/, 'visitorId'],
  [/session/, 'sessionId'],
  [/variant|variation/, 'variantId'],
  [/title|name|标题|名称/, 'title'],
  [/qty|quantity|units|count|num|数量/, 'quantity'],
  [/rating|stars|score|overall|评分/, 'value'],
  [/total|amount|金额/, 'lineTotal'],
  [/price|cost|价/, 'price'],
  [/stock|inventory|库存/, 'stock'],
  [/categor|genre|类目|分类/, 'category'],
  [/brand|品牌/, 'brand'],
  [/event|action|behavior/, 'kind'],
  [/product|item|article|sku|movie|film|book|song|artist|game|asin|goods|business|商品|宝贝/, 'productId'],
];

/** What a column could be, by a word in its name or by its cells. */
function guess(name: string, cells: readonly string[]): Field | undefined {
  if (cells.length > 0 && looksLikeTimes(cells)) return 'time';
  const found = byWord.find(([pattern]) => pattern.test(name))?.[1];
  // A first name is no title, a billing street no place to sell at.
  const word = isPersonal(name) && found !== 'userId' ? undefined : found;
  if (word !== undefined || cells.length === 0) return word;
  if (cells.every((cell) => eventKindOf(cell) !== undefined)) return 'kind';
  if (cells.every((cell) => /[£€$¥￥]/.test(cell) && !Number.isNaN(parsePrice(cell, 'CNY').amount))) return 'price';
  return undefined;
}

function looksLikeTimes(cells: readonly string[]): boolean {
  const { format } = detectTimeFormat(cells);
  const parse = timeParser(format);
  const [from, to] = [Date.UTC(1990), Date.UTC(2040)];
  const plain = format === 'unix' && !cells.every((cell) => /^\d{9,19}(?:\.\d+)?$/.test(cell));
  return !plain && cells.every((cell) => parse(cell) > from && parse(cell) < to);
}

/** The command that would import the file, as far as its columns let one think. */
function nextStep(source: SourceShape, seen: readonly SeenColumn[], found: Partial<Record<Field, string>>): string {
  const chosen = new Map<Field, string>();
  for (const { column, couldBe } of seen)
    if (couldBe !== undefined && !chosen.has(couldBe)) chosen.set(couldBe, column);
  const quote = (text: string): string => (/^[\w.=/-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);
  const flags = [...chosen]
    .filter(([field]) => found[field] === undefined)
    .map(([field, column]) => `--map ${quote(`${field}=${column}`)}`);
  const people = !chosen.has('productId') && seen.filter(({ column }) => isPersonal(column)).length > 1;
  if (people && chosen.has('userId')) {
    const id = found.userId === undefined ? ` --map ${quote(`userId=${chosen.get('userId')}`)}` : '';
    return `If the rows are people: shelfwise import ${quote(source.path ?? source.name)} --as people${id} --preview. The fields are in docs/guides/importing.md.`;
  }
  const shopper = chosen.has('userId') || chosen.has('visitorId') || chosen.has('sessionId') || chosen.has('orderId');
  const product = chosen.has('productId');
  if (shopper && !product) flags.push('--map productId=COLUMN');
  if (shopper && product && !chosen.has('time')) flags.push('--time-format none');
  if (!shopper && !product) flags.push('--map productId=COLUMN');
  const role = shopper ? '' : product ? ' --as products' : '';
  return `If the columns are what is said beside them: shelfwise import ${quote(source.path ?? source.name)}${role}${flags.length > 0 ? ` ${flags.join(' ')}` : ''} --preview. The fields are in docs/guides/importing.md.`;
}
