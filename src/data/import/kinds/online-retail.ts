/**
 * Order lines in the columns of the UCI Online Retail data (both editions): an invoice that begins with C is a
 * cancellation, prices are in pounds, the description is the product's title.
 *
 * @source Chen, Online Retail, UCI Machine Learning Repository, 2015 (doi 10.24432/C5BW33)
 */
import type { RawRow } from '../readers/raw-row.ts';
import { headerError, type ImportKind, type RowMapper, type RowSink, type SourceShape } from './kind.ts';
import { columnOf } from './names.ts';
import { parseNumber } from './parse-amount.ts';
import { detectTimeFormat, timeParser } from './parse-time.ts';

/** Postage, carriage, manual entries, discounts, samples, fees, vouchers, charity and bad debt. */
const nonProducts: RegExp =
  /^(POST|DOT|M|D|S|B|C2|C3|CRUK|BANK CHARGES|AMAZONFEE|ADJUST\d*|GIFT|TEST\d*|gift_\d{4}_\d+|SP\d{4})$/i;

const fields = {
  invoice: ['InvoiceNo', 'Invoice'],
  product: ['StockCode'],
  title: ['Description'],
  quantity: ['Quantity'],
  time: ['InvoiceDate'],
  price: ['UnitPrice', 'Price'],
  customer: ['CustomerID', 'Customer ID'],
  country: ['Country'],
} as const;

export const onlineRetail: ImportKind = {
  name: 'online-retail',
  summary: 'order lines with InvoiceNo, StockCode, Description, Quantity, InvoiceDate, UnitPrice, CustomerID, Country',

  recognises: (source) =>
    source.columns !== undefined && Object.values(fields).every((names) => columnOf(source.columns!, ...names) >= 0),

  open(source, options): RowMapper {
    const at = columns(source);
    const { format, sure } = options.timeFormat
      ? { format: options.timeFormat, sure: true }
      : detectTimeFormat(source.sample.map((row) => row.fields[at.time] ?? ''));
    const toTime = timeParser(format, options.utcOffsetMinutes);
    const currency = options.currency ?? 'GBP';
    return {
      fields: ['time', 'userId', 'sessionId', 'productId', 'quantity', 'price', 'currency', 'place', 'title'],
      nonProducts,
      notes: [
        `${source.name}: prices in ${currency}, times read as ${format}${sure ? '' : ' (day and month may be swapped: set `timeFormat` to dmy)'}, UTC${options.utcOffsetMinutes === 0 ? '' : ` offset ${options.utcOffsetMinutes} min`}`,
      ],
      map(row: RawRow, sink: RowSink): string {
        const cells = row.fields;
        const invoice = cells[at.invoice]!;
        const quantity = parseNumber(cells[at.quantity]!);
        if (Number.isNaN(quantity) && cells[at.quantity] !== '')
          return `Quantity: expected a number, got "${cells[at.quantity]}"`;
        const price = parseNumber(cells[at.price]!);
        if (Number.isNaN(price) && cells[at.price] !== '')
          return `UnitPrice: expected a number, got "${cells[at.price]}"`;
        const time = toTime(cells[at.time]!);
        if (Number.isNaN(time) && cells[at.time] !== '') return `InvoiceDate: expected a time, got "${cells[at.time]}"`;
        if (cells[at.product] === '') return 'StockCode: expected a code, got nothing';
        const cancelled = invoice.startsWith('C') || invoice.startsWith('c');
        const event = sink.begin(cancelled ? 'refund' : 'purchase');
        event.time = time;
        event.sessionId = invoice;
        event.productId = cells[at.product]!;
        event.quantity = cancelled ? Math.abs(quantity) : quantity;
        event.price = price;
        event.currency = currency;
        event.place = cells[at.country]!;
        event.title = cells[at.title]!.trim();
        // A spreadsheet's number: 17850.0.
        const customer = cells[at.customer]!;
        event.userId = customer.endsWith('.0') ? customer.slice(0, -2) : customer;
        sink.emit();
        return '';
      },
    };
  },
};

function columns(source: SourceShape): Record<keyof typeof fields, number> {
  const entries = Object.entries(fields).map(([field, names]) => [field, columnOf(source.columns ?? [], ...names)]);
  const missing = entries.filter(([, at]) => (at as number) < 0).map(([field]) => fields[field as 'time'][0]);
  if (missing.length > 0) throw headerError(source, 'online-retail', missing as string[]);
  return Object.fromEntries(entries) as Record<keyof typeof fields, number>;
}
