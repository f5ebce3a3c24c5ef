/** What the mappers of the roles share. */

import type { Field } from '../fields.ts';
import type { KindOptions, RowMapper, RowSink, SourceShape } from '../kind.ts';
import type { Reading } from '../reading.ts';
import type { Cell, Cursor } from './cells.ts';

/** What the mappers of the roles work with. */
export interface MapContext {
  readonly source: SourceShape;
  readonly reading: Reading;
  readonly options: KindOptions;
  has(field: Field): boolean;
  /** What a field's cell says; '' where it says nothing. */
  get(field: Field, cursor: Cursor): string;
  /** An id as it stands, with what a spreadsheet added taken away. */
  id(field: Field, cursor: Cursor): string;
  /** A cell of a column as it stands. */
  column(name: string): Cell;
  /** Milliseconds since 1970; NaN where the text is no time. */
  toTime(text: string): number;
  /** Counts what the report tells once the file was read. */
  count(what: string): void;
}

/** One row or member; answers why it cannot be read, '' where it can. */
export type MapOne = (cursor: Cursor, sink: RowSink) => string;

export interface RoleRows extends Pick<RowMapper, 'fields' | 'several'> {
  readonly one: MapOne;
}
