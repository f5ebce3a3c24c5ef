/**
 * The layout of an export is data: by which columns it is known, and which field each column fills. One interpreter
 * reads them all.
 */
import type { Field, Role } from './fields.ts';
import { headerError, type ImportKind, type KindOptions, namesOf, type RowMapper, type SourceShape } from './kind.ts';
import { isPersonal, plainName } from './names.ts';
import type { Reading, ReadingRules } from './reading.ts';
import { rowMapper } from './rows/row-mapper.ts';

export interface Layout extends ReadingRules {
  readonly name: string;
  /** One line for the guide and the messages. */
  readonly summary: string;
  readonly role: Role;
  /** Columns, or top names of a tree, that only this export has together. */
  readonly signature: readonly string[];
  /** Columns of other exports that hold the signature as well. */
  readonly absent?: readonly string[];
  /** How a file of this export is known that has no header; then the signature is of its names here. */
  readonly headerless?: Headerless;
  /** How orders are read where no file of the import has their lines. */
  readonly alone?: Layout;
  /** Columns, or paths of a tree, by field; of several the first that holds something. */
  readonly columns: Partial<Readonly<Record<Field, string | readonly string[]>>>;
}

export interface Headerless {
  readonly names: readonly string[];
  /** What every cell of a column looks like. */
  readonly cells: readonly RegExp[];
  /** No file of this export has a header. */
  readonly always?: boolean;
  /** A line that heads the rows below it. */
  readonly heading?: RegExp;
}

export interface LayoutKind extends ImportKind {
  readonly layout: Layout;
}

export function layoutKind(layout: Layout): LayoutKind {
  return {
    name: layout.name,
    summary: layout.summary,
    layout,
    recognises: (source) => fits(layout, source),
    open(source, options): RowMapper {
      const missing = missingOf(layout, source);
      if (missing.length > 0) throw headerError(source, layout.name, missing);
      return rowMapper(source, layout.name, readingOf(layout, source, options), options);
    },
  };
}

/** True where the cells of a file, the first row's among them, are those of an export without a header. */
export function fitsHeaderless({ cells }: Headerless, rows: readonly (readonly string[])[]): boolean {
  return (
    rows.length > 0 &&
    rows.every((row) => row.length === cells.length && cells.every((cell, i) => cell.test(row[i]!.trim())))
  );
}

/** Columns of the signature that a file lacks. */
export function missingOf({ signature }: Layout, source: SourceShape): readonly string[] {
  const names = new Set(namesOf(source).map(plainName));
  return signature.filter((name) => !names.has(plainName(name)));
}

function fits(layout: Layout, source: SourceShape): boolean {
  if (source.headerless !== undefined) return source.headerless === layout.name;
  if (layout.headerless?.always) return false;
  if (missingOf(layout, source).length > 0) return false;
  const names = new Set(namesOf(source).map(plainName));
  return !(layout.absent ?? []).some((name) => names.has(plainName(name)));
}

function readingOf(layout: Layout, source: SourceShape, options: KindOptions): Reading {
  const {
    name: _,
    summary: __,
    signature: ___,
    absent: ____,
    headerless: _____,
    alone: ______,
    columns,
    ...rules
  } = layout;
  const names = namesOf(source);
  const byPlain = new Map(names.map((name) => [plainName(name), name]));
  /** A column as the file spells it. */
  const found = (column: string): string | undefined => {
    const exact = byPlain.get(plainName(column));
    if (exact !== undefined) return exact;
    // A tree's later values may have what its first ones lack.
    if (!source.columns) return column;
    const top = column.split('[]')[0]!;
    return column !== top && names.includes(top) ? column : undefined;
  };
  const all = (list: string | readonly string[]): string[] =>
    [list].flat().flatMap((column) => {
      const there = found(column);
      return there === undefined ? [] : [there];
    });
  const resolved: Partial<Record<Field, readonly string[]>> = {};
  for (const [field, list] of Object.entries(columns) as [Field, string | readonly string[]][]) {
    const there = all(list);
    if (there.length > 0) resolved[field] = there;
  }
  const extra = { attributes: { ...rules.attributes }, options: { ...rules.options } };
  for (const [field, column] of Object.entries(options.map)) {
    const group = /^(attribute|user|option)\.(.+)$/.exec(field);
    if (group) (group[1] === 'option' ? extra.options : extra.attributes)[group[2]!] = column;
    else resolved[field as Field] = [column];
  }
  const present = (of: Readonly<Record<string, string>> | undefined): Record<string, string> =>
    Object.fromEntries(
      Object.entries(of ?? {}).flatMap(([name, column]) => {
        const there = found(column);
        return there === undefined ? [] : [[name, there]];
      }),
    );
  const optionPairs = numbered(rules.optionPairs ?? []).flatMap(([name, value]) => {
    const [a, b] = [found(name), found(value)];
    return a === undefined || b === undefined ? [] : [[a, b] as const];
  });
  const attributes = present(extra.attributes);
  if (rules.keepsRest) {
    const claimed = new Set(
      [
        ...Object.values(resolved).flat(),
        ...Object.values(attributes),
        ...Object.values(present(rules.named)),
        ...all(rules.ignored ?? []),
      ].map((column) => (source.columns ? column : column.split(/\.|\[\]/)[0]!)),
    );
    for (const name of names)
      if (!claimed.has(name) && (rules.role === 'people' || !isPersonal(name))) attributes[name] = name;
  }
  return {
    ...rules,
    columns: resolved,
    attributes,
    options: present(extra.options),
    named: present(rules.named),
    optionPairs,
    ignored: all(rules.ignored ?? []),
    ...(rules.variantIf && { variantIf: all(rules.variantIf) }),
    ...(rules.unsoldIf && { unsoldIf: all(rules.unsoldIf) }),
    ...(rules.skipIf && { skipIf: all(rules.skipIf) }),
    ...(rules.otherIds && { otherIds: all(rules.otherIds) }),
    ...(rules.continues && {
      continues: { by: found(rules.continues.by) ?? rules.continues.by, columns: all(rules.continues.columns) },
    }),
  };
}

/** Most numbers that stand for `#`. */
const mostNumbers = 30;

function numbered(pairs: readonly (readonly [string, string])[]): (readonly [string, string])[] {
  return pairs.flatMap(([name, value]): (readonly [string, string])[] =>
    name.includes('#')
      ? Array.from(
          { length: mostNumbers },
          (_, i) => [name.replace('#', `${i + 1}`), value.replace('#', `${i + 1}`)] as const,
        )
      : [[name, value]],
  );
}
