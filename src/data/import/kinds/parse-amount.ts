/** Numbers and prices as people write them. */

/** A number as programs write it; neither hexadecimal nor a word. */
const plainNumber = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
/** Digits, at least one, with the signs that group them. */
const grouped = /^[+-]?[.,\s'’]*\d[\d.,\s'’]*$/;

/** The number in a text; NaN where it is none. Accepts `1,234.5`, `1.234,50` and `1 234,5`. */
export function parseNumber(text: string): number {
  const trimmed = text.trim();
  if (plainNumber.test(trimmed)) return Number(trimmed);
  if (!grouped.test(trimmed)) return Number.NaN;
  const bare = trimmed.replaceAll(/[\s'’]/g, '');
  const comma = bare.lastIndexOf(',');
  const dot = bare.lastIndexOf('.');
  if (comma > dot) {
    // One comma before exactly three digits groups thousands; any other is the decimal sign.
    const groups = dot < 0 && /^[+-]?\d{1,3}(,\d{3})+$/.test(bare);
    return Number(groups ? bare.replaceAll(',', '') : bare.replaceAll('.', '').replace(',', '.'));
  }
  return Number(bare.replaceAll(',', ''));
}

/** What a sign stands for where nothing else is said; of several currencies that use it, the first. */
const signs: Readonly<Record<string, readonly string[]>> = {
  '£': ['GBP', 'EGP', 'LBP', 'GIP', 'FKP'],
  '€': ['EUR'],
  $: ['USD', 'AUD', 'CAD', 'NZD', 'HKD', 'SGD', 'TWD', 'MXN', 'ARS', 'CLP', 'COP', 'UYU', 'JMD', 'BSD', 'FJD'],
  '¥': ['JPY', 'CNY'],
  '￥': ['CNY', 'JPY'],
  元: ['CNY', 'TWD', 'HKD'],
  圆: ['CNY'],
  人民币: ['CNY'],
  RMB: ['CNY'],
  円: ['JPY'],
  '₹': ['INR'],
  RS: ['INR', 'PKR', 'LKR', 'NPR', 'MUR'],
  'RS.': ['INR', 'PKR', 'LKR', 'NPR', 'MUR'],
  R$: ['BRL'],
  US$: ['USD'],
  A$: ['AUD'],
  AU$: ['AUD'],
  C$: ['CAD'],
  CA$: ['CAD'],
  NZ$: ['NZD'],
  HK$: ['HKD'],
  NT$: ['TWD'],
  S$: ['SGD'],
  MX$: ['MXN'],
  '₽': ['RUB'],
  'РУБ.': ['RUB'],
  РУБ: ['RUB'],
  '₩': ['KRW'],
  원: ['KRW'],
  '₺': ['TRY'],
  TL: ['TRY'],
  ZŁ: ['PLN'],
  KČ: ['CZK'],
  FT: ['HUF'],
  '฿': ['THB'],
  '₫': ['VND'],
  Đ: ['VND'],
  '₪': ['ILS'],
  '₴': ['UAH'],
  '₱': ['PHP'],
  '₦': ['NGN'],
};
/** Crowns are of four countries: a sign alone does not say which. */
const crowns: ReadonlySet<string> = new Set(['SEK', 'NOK', 'DKK', 'ISK']);
const crownSigns: ReadonlySet<string> = new Set(['KR', 'KR.']);

const mark = '(?:[A-Z]{2}\\$|[A-Z]\\$|[£€$¥￥₹₽₩₺฿₫₪₴₱₦元圆円원]|人民币|KR\\.?|RS\\.?|РУБ\\.?|ZŁ|KČ|FT|TL|Đ|[A-Z]{3})';
const leadingMark = new RegExp(`^${mark}`, 'i');
const trailingMark = new RegExp(`${mark}$`, 'i');

export interface Price {
  /** In whole units; NaN where the text is no price. */
  readonly amount: number;
  /** ISO 4217; '' where nothing says it. */
  readonly currency: string;
  /** What has to be decided before the price can be read. */
  readonly doubt?: string;
}

/**
 * A price with or without its currency. A code in the text counts; a sign that several currencies use gives way to the
 * declared one of them.
 *
 * @param declared - currency of the row or of the import, '' where none is
 * @param ofRow - the row itself has a currency: it beats every sign
 * @example parsePrice('15.00 USD') // {amount: 15, currency: 'USD'}
 * @example parsePrice('R$ 49,90') // {amount: 49.9, currency: 'BRL'}
 */
export function parsePrice(text: string, declared = '', ofRow = false): Price {
  let rest = text.trim();
  const before = leadingMark.exec(rest)?.[0] ?? '';
  rest = rest.slice(before.length).trimStart();
  const after = before === '' ? (trailingMark.exec(rest)?.[0] ?? '') : '';
  // 9.- and 9,- are nine and nothing.
  rest = rest
    .slice(0, rest.length - after.length)
    .trimEnd()
    .replace(/[.,][-–—]{1,2}$/, '');
  const amount = parseNumber(rest);
  if (Number.isNaN(amount)) return { amount, currency: '' };
  const found = (before || after).toUpperCase();
  if (found === '') return { amount, currency: '' };
  if (ofRow) return { amount, currency: declared };
  if (crownSigns.has(found))
    return crowns.has(declared)
      ? { amount, currency: declared }
      : { amount: Number.NaN, currency: '', doubt: `expected SEK, NOK, DKK or ISK, got "${text}": set \`currency\`` };
  const possible = signs[found];
  if (!possible) return { amount, currency: found };
  const currency = possible.includes(declared) ? declared : possible[0]!;
  if (found === '¥' && currency === 'JPY' && declared !== 'JPY' && !Number.isInteger(amount))
    return {
      amount: Number.NaN,
      currency: '',
      doubt: `expected whole yen, got "${text}": set \`currency\`, CNY for instance`,
    };
  return { amount, currency };
}
