/** Money is an integer of the currency's smallest unit; only printing knows about decimals. */

/** The ISO 4217 code of money whose currency no one named. */
export const unknownCurrency = 'XXX';

/** Decimal digits of an ISO 4217 currency: 2 for EUR, 0 for JPY. */
export function minorDigits(currency: string): number {
  try {
    return new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2;
  } catch {
    return 2;
  }
}

/** @example formatMoney(1250, 'GBP') // '£12.50' */
export function formatMoney(minor: number, currency: string, locale = 'en'): string {
  const digits = minorDigits(currency);
  const amount = minor / 10 ** digits;
  try {
    return new Intl.NumberFormat(locale, { style: 'currency', currency, currencyDisplay: 'narrowSymbol' }).format(
      amount,
    );
  } catch {
    return `${amount.toFixed(digits)} ${currency}`.trim();
  }
}
