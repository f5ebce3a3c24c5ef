/** Numbers and prices as people write them. */

/** The number in a text; NaN where it is none. Accepts `1,234.5`, `1.234,50` and `1 234,5`. */
export function parseNumber(text: string): number {
  const trimmed = text.trim();
  if (trimmed === '') return Number.NaN;
  const plain = Number(trimmed);
  if (!Number.isNaN(plain)) return plain;
  if (!/^[+-]?[\d.,\s'’]+$/.test(trimmed)) return Number.NaN;
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

/**
 * A price with or without its currency.
 *
 * @example parsePrice('15.00 USD') // {amount: 15, currency: 'USD'}
 */
export function parsePrice(text: string): { amount: number; currency: string } {
  const plain = Number(text);
  if (!Number.isNaN(plain) && text.trim() !== '') return { amount: plain, currency: '' };
  const match = /^\s*([A-Z]{3}|[£€$¥￥₹])?\s*([+-]?[\d.,\s'’]+?)\s*([A-Z]{3}|[£€$¥￥₹])?\s*$/i.exec(text);
  if (!match) return { amount: Number.NaN, currency: '' };
  const mark = (match[1] ?? match[3] ?? '').toUpperCase();
  return { amount: parseNumber(match[2]!), currency: symbols[mark] ?? mark };
}
