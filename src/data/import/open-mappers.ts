/** Finds out what every file of an import is, and how its rows are read; files that belong together are looked at together. */
import { ShelfwiseError } from '../../core/errors.ts';
import type { FieldMap, ReadSettings } from './import-options.ts';
import { generic } from './kinds/generic.ts';
import { headerError, type ImportKind, type KindOptions, namesOf, type RowMapper } from './kinds/kind.ts';
import { fitsHeaderless, type Layout, layoutKind } from './kinds/layout.ts';
import type { TimeFormat } from './kinds/parse-time.ts';
import { askedFor, kindOf, layouts, nearlyFits } from './kinds/registry.ts';
import type { RowSource } from './readers/open-rows.ts';
import { type ImportSource, peek } from './source.ts';

export interface OpenedFile {
  readonly source: ImportSource;
  readonly kind: string;
  readonly mapper: RowMapper;
  /** Of the text, where it is not UTF-8, as far as its beginning says. */
  readonly encoding: () => string | undefined;
}

/**
 * @param formats - of times, for files whose later rows proved another than the first let one think
 * @throws ShelfwiseError `SW_INPUT_FORMAT` where a file, or a file without the one it belongs to, cannot be read surely
 */
export async function openMappers(
  sources: readonly ImportSource[],
  options: ReadSettings,
  formats: ReadonlyMap<string, TimeFormat>,
  now: number,
): Promise<OpenedFile[]> {
  const asked = askedFor(options.kind);
  const peeked: { source: ImportSource; shape: RowSource }[] = [];
  for (const source of sources) peeked.push(await named(source, options, asked.kind));
  const shapes = peeked.map(({ shape }) => shape);
  const opened = peeked.map(({ source, shape }) => {
    const map = mapOf(options.map ?? {}, shape, shapes);
    const kind = asked.kind ?? kindOf(shape, Object.keys(map).length > 0);
    const { currency, event, eventNames, utcOffsetMinutes = 0 } = options;
    const timeFormat = formats.get(shape.name) ?? options.timeFormat;
    const kindOptions: KindOptions = {
      map,
      currency,
      event,
      eventNames,
      timeFormat,
      utcOffsetMinutes,
      now,
      role: asked.role,
    };
    if (kind === generic && !asked.kind && Object.keys(map).length === 0) refuseRenamed(shape);
    const mapper = kind.open(shape, kindOptions);
    return { source, shape, kind, kindOptions, mapper };
  });
  const completed = together(opened);
  return completed.map(({ source, shape, kind, mapper }) => ({
    source,
    kind: kind.name,
    mapper,
    encoding: shape.encoding,
  }));
}

/** @throws ShelfwiseError `SW_INPUT_FORMAT` where a plugin seems to have renamed columns of an export that is known */
function refuseRenamed(shape: RowSource): void {
  const near = nearlyFits(shape);
  if (!near) return;
  const { layout, missing } = near;
  throw new ShelfwiseError(
    'SW_INPUT_FORMAT',
    `${shape.name}: expected the columns of ${layout.name}, which the others are of, got no ${missing.join(', no ')} among ${namesOf(shape).join(', ')}.`,
    `Call the renamed columns as the export does, or map every field by itself: shelfwise import ${shape.path} --as generic --map FIELD=COLUMN --preview`,
    { nearly: layout.name, missing },
  );
}

/** A source as its rows are named: by its header, by a layout without one, or by the caller's word that there is none. */
async function named(
  source: ImportSource,
  { noHeader }: ReadSettings,
  asked: ImportKind | undefined,
): Promise<{ source: ImportSource; shape: RowSource }> {
  const shape = await peek(source);
  if (!shape.columns || shape.headerless !== undefined) return { source, shape };
  for (const layout of layouts) {
    const { headerless } = layout;
    if (!headerless || (asked && asked.name !== layout.name && asked !== generic)) continue;
    const { names, heading } = headerless;
    const first = shape.columns;
    if (heading ? !(first.length === 1 && heading.test(first[0]!)) : first.length !== names.length) continue;
    const sample = [first, ...shape.sample.slice(0, 50).map(({ fields }) => fields)];
    if (!heading && !fitsHeaderless(headerless, sample)) continue;
    const again = source.reread({ noHeader: names, headerless: layout.name, ...(heading && { heading }) });
    const known = await peek(again);
    if (
      heading &&
      !fitsHeaderless(
        headerless,
        known.sample.slice(0, 50).map(({ fields }) => fields),
      )
    )
      continue;
    return { source: again, shape: known };
  }
  if (!noHeader) return { source, shape };
  const again = source.reread({ noHeader: true });
  return { source: again, shape: await peek(again) };
}

/** The part of the caller's map that is about a file. @throws where no file has a column, or two fields share one */
function mapOf(map: FieldMap, shape: RowSource, all: readonly RowSource[]): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [key, given] of Object.entries(map)) {
    const at = key.lastIndexOf(':');
    const file = at > 0 ? key.slice(0, at) : undefined;
    const field = at > 0 ? key.slice(at + 1) : key;
    if (file !== undefined && !all.some(({ name }) => name === file))
      throw new ShelfwiseError(
        'SW_USAGE',
        `\`map\` ${key}: expected a file of this import before the colon, got "${file}".`,
        `The files are ${all.map(({ name }) => name).join(', ')}.`,
      );
    if (file !== undefined && file !== shape.name) continue;
    const columns = [given].flat();
    const column = columns.find((one) => hasColumn(shape, one));
    if (column !== undefined) found[field] = column;
    else if (file !== undefined || !columns.some((one) => all.some((other) => hasColumn(other, one))))
      throw new ShelfwiseError(
        'SW_INPUT_FORMAT',
        `${shape.name}: \`map.${field}\`: expected the column "${columns.join('" or "')}", got ${namesOf(shape).join(', ')}.`,
        'Name one of these columns.',
      );
  }
  return found;
}

function hasColumn(shape: RowSource, column: string): boolean {
  const names = namesOf(shape);
  return names.includes(column) || (!shape.columns && names.includes(column.split(/\.|\[\]/)[0]!));
}

type Opened = {
  readonly source: ImportSource;
  readonly shape: RowSource;
  readonly kind: ImportKind;
  readonly kindOptions: KindOptions;
  readonly mapper: RowMapper;
};

/** Lines need their orders, and orders their lines. */
function together(opened: readonly Opened[]): readonly Opened[] {
  const has = (role: string): boolean => opened.some(({ mapper }) => mapper.role === role);
  const lines = opened.filter(({ mapper }) => mapper.needs === 'orders');
  const alone = lines[0];
  if (alone && !has('orders'))
    throw new ShelfwiseError(
      'SW_INPUT_FORMAT',
      `${alone.source.name}: expected the orders beside their lines, got ${alone.kind.name} alone: nothing says who bought and when.`,
      `Name the file of the orders in the same command: shelfwise import ${alone.shape.path} ORDERS`,
    );
  const result = opened.map((file): Opened => {
    if (file.mapper.role !== 'orders' || lines.length > 0 || has('events')) return file;
    const layout = layoutNamed(file.kind.name)?.alone;
    if (layout) {
      const kind = layoutKind(layout);
      return { ...file, kind, mapper: kind.open(file.shape, file.kindOptions) };
    }
    throw new ShelfwiseError(
      'SW_INPUT_FORMAT',
      `${file.source.name}: expected the lines of the orders beside them, got ${file.kind.name} alone: nothing says what was bought.`,
      `Name the file of the lines in the same command: shelfwise import ${file.shape.path} LINES`,
    );
  });
  const naming = result.find(({ mapper }) => mapper.role === 'names');
  if (naming && result.every(({ mapper }) => mapper.role === 'names'))
    throw headerError(naming.shape, naming.kind.name, ['products whose ids it names (import both in one command)']);
  return result;
}

function layoutNamed(name: string): Layout | undefined {
  return layouts.find((layout) => layout.name === name);
}
