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

const symbols: Readonly<Record<string, string>> = {
  '£': 'GBP',
  '€': 'EUR',
  $: 'USD',
  '¥': 'JPY',
  '￥': 'CNY',
  '₹': 'INR',
};

const leadingMark = /^(?:[A-Z]{3}|[£€$¥￥₹])/i;
const trailingMark = /(?:[A-Z]{3}|[£€$¥￥₹])$/i;

/**
 * A price with or without its currency.
 *
 * @example parsePrice('15.00 USD') // {amount: 15, currency: 'USD'}
 */
export function parsePrice(text: string): { amount: number; currency: string } {
  let rest = text.trim();
  const before = leadingMark.exec(rest)?.[0] ?? '';
  rest = rest.slice(before.length).trimStart();
  const after = before === '' ? (trailingMark.exec(rest)?.[0] ?? '') : '';
  rest = rest.slice(0, rest.length - after.length).trimEnd();
  const amount = parseNumber(rest);
  if (Number.isNaN(amount)) return { amount, currency: '' };
  const mark = (before || after).toUpperCase();
  return { amount, currency: symbols[mark] ?? mark };
}
