/** The languages of the page. */
import { en, type Words } from './en.ts';
import { zh } from './zh.ts';

export type { Words } from './en.ts';
export type Language = 'en' | 'zh';

export const wordsOf: Readonly<Record<Language, Words>> = { en, zh };

export interface Formats {
  readonly number: (value: number) => string;
  readonly percent: (share: number) => string;
  readonly money: (minor: number, currency: string) => string;
  readonly time: (milliseconds: number) => string;
}

const locales: Readonly<Record<Language, string>> = { en: 'en-GB', zh: 'zh-CN' };

export function formatsOf(language: Language): Formats {
  const locale = locales[language];
  const time = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' });
  return {
    number: (value) => value.toLocaleString(locale),
    percent: (share) => share.toLocaleString(locale, { style: 'percent', maximumFractionDigits: 1 }),
    money(minor, currency) {
      try {
        const format = new Intl.NumberFormat(locale, { style: 'currency', currency });
        return format.format(minor / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2));
      } catch {
        // A code that is no currency.
        return `${(minor / 100).toFixed(2)} ${currency}`;
      }
    },
    time: (milliseconds) => time.format(milliseconds),
  };
}
