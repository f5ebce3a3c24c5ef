/** The report of an import, and a preview, as a person reads them in a terminal. */
import { basename } from 'node:path';
import type { FileReading, ImportPreview, ImportReport, UndoneImport } from '../data/import-log.ts';
import { withFlags } from './option-flags.ts';
import { duration, printable, table } from './output.ts';

const number = (value: number): string => value.toLocaleString('en');

export function importText(report: ImportReport): string {
  const files = report.files.map(({ path }) => path).join(', ');
  const rate = report.seconds > 0 ? `, ${number(Math.round(report.rowsRead / report.seconds))} rows/s` : '';
  const lines = [
    report.preview
      ? `Preview (${report.kind}): ${files}; nothing is stored`
      : `Import ${report.importId} (${report.kind}): ${files}`,
    `${number(report.rowsRead)} rows read in ${duration(report.seconds)}${rate}`,
    `${report.preview ? 'would keep' : 'kept'}: ${number(report.eventsKept)} events${report.eventsKnown ? ` (${number(report.eventsKnown)} more were known)` : ''}, ${number(report.productsKept)} products, ${number(report.usersKept)} profiles, ${number(report.factsKept)} prices and stock facts`,
  ];
  if (report.readings && report.readings.length > 0) lines.push('', ...report.readings.flatMap(readingText));
  const rows = report.steps
    .filter(({ matched }) => matched > 0)
    .map(({ step, matched, acted, action }) => [step, number(matched), number(acted), action]);
  if (rows.length > 0) lines.push('', table(['cleaning step', 'matched', 'acted on', 'how'], rows));
  const quiet = report.steps.filter(({ matched }) => matched === 0).map(({ step }) => step);
  if (quiet.length > 0) lines.push('', `Found nothing: ${quiet.join(', ')}.`);
  if (report.notes && report.notes.length > 0)
    lines.push('', ...report.notes.map((note) => `Note: ${withFlags(note)}`));
  if (report.preview) {
    lines.push('', previewText(report.preview));
    return lines.join('\n');
  }
  if (report.steps.some(({ acted, action }) => acted > 0 && action === 'set-aside'))
    lines.push('', 'What was set aside: shelfwise import --quarantine');
  return lines.join('\n');
}

function readingText({ file, kind, role, columns, unused, encoding }: FileReading): string[] {
  const used = Object.entries(columns).map(([field, column]) => (field === column ? field : `${field}=${column}`));
  const as = role === undefined || kind === role ? kind : `${role} (${kind})`;
  const lines = [`${printable(file)}: ${as}${encoding === undefined ? '' : `, text in ${encoding}`}`];
  if (used.length > 0) lines.push(`  used: ${printable(used.join(', '))}`);
  if (unused.length > 0)
    lines.push(`  not used: ${printable(unused.map((name) => name || '(without a name)').join(', '))}`);
  return lines;
}

/** Tables of what would be stored. */
function previewText({ events, products, users, facts }: ImportPreview): string {
  const money = (minor: number | undefined, currency: string | undefined): string =>
    minor === undefined ? '' : `${minor} ${currency ?? ''}`;
  const time = (ms: number | undefined): string =>
    ms === undefined ? '' : new Date(ms).toISOString().replace('.000Z', 'Z');
  const parts: string[] = [];
  if (events.length > 0)
    parts.push(
      table(
        [
          'event',
          'time',
          'user',
          'visitor',
          'order or session',
          'product',
          'variant',
          'quantity',
          'price (minor)',
          'value',
        ],
        events.map((e) => [
          ...[e.kind ?? '', time(e.time), e.userId ?? '', e.visitorId ?? '', e.sessionId ?? '', e.productId ?? ''],
          ...[e.variantId ?? '', e.quantity ?? '', money(e.priceMinor, e.currency), e.value ?? ''],
        ]),
      ),
    );
  if (products.length > 0)
    parts.push(
      table(
        ['product', 'title', 'categories', 'brand', 'variants', 'attributes', ''],
        products.map((p) => [
          ...[p.productId, p.title, p.categories.map((path) => path.join(' > ')).join(' | '), p.brand ?? ''],
          p.variants.map(({ variantId, options }) => [variantId, ...Object.values(options)].join(' ')).join(', '),
          Object.entries(p.attributes)
            .map(([name, value]) => `${name}=${value.slice(0, 30)}`)
            .join(', '),
          p.hidden ? 'not offered' : '',
        ]),
      ),
    );
  if (facts.length > 0)
    parts.push(
      table(
        ['fact', 'variant', 'place', 'from', 'what'],
        facts.map((f) => [
          ...[f.fact, f.variantId, f.place, time(f.from)],
          f.fact === 'price'
            ? `${money(f.priceMinor, f.currency)}${f.listPriceMinor === undefined ? '' : ` (list ${f.listPriceMinor})`}`
            : f.fact === 'stock'
              ? `${f.unitsOnHand} on hand`
              : `${f.promotionId} ${f.discount}`,
        ]),
      ),
    );
  if (users.length > 0)
    parts.push(
      table(
        ['person', 'attributes'],
        users.map((u) => [
          u.userId,
          Object.entries(u.attributes)
            .map(([name, value]) => `${name}=${value}`)
            .join(', '),
        ]),
      ),
    );
  return parts.join('\n\n') || 'Nothing would be stored.';
}

/** One line for each import; its number is what `--undo` takes. */
export function importsText(imports: readonly ImportReport[]): string {
  if (imports.length === 0) return 'Nothing was imported.';
  const rows = imports.map(({ importId, files, kind, eventsKept, productsKept }) => [
    ...[importId, files.map(({ path }) => basename(path)).join(', '), kind, number(eventsKept), number(productsKept)],
  ]);
  return [
    table(['import', 'files', 'kind', 'events', 'products'], rows),
    '',
    'Take one back with: shelfwise import --undo IMPORT',
  ].join('\n');
}

export function undoText({ importId, events, products, profiles, facts, people }: UndoneImport): string {
  const parts = [
    `${number(events)} events`,
    `${number(products)} products`,
    `${number(profiles)} profiles`,
    `${number(facts)} prices and stock facts`,
    `${number(people)} people whom nothing else names`,
  ];
  return `Import ${importId} is taken back: ${parts.join(', ')}.\nWhat it had replaced stands again. Train again: shelfwise train`;
}
