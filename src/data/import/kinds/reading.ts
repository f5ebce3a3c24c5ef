/** How the rows of one file are read: which column holds what, and the few rules that columns alone do not say. */
import type { EventKind } from '../../events.ts';
import type { Field, Role } from './fields.ts';
import type { EventDraft } from './kind.ts';
import type { TimeFormat } from './parse-time.ts';

export interface Reading extends ReadingRules {
  readonly role: Role;
  /** Columns (or paths of a tree) of each field; the first that holds something says it. */
  readonly columns: Partial<Readonly<Record<Field, readonly string[]>>>;
}

export interface ReadingRules {
  /** What an event is whose row does not say it. */
  readonly event?: EventKind;
  /** Own names of events; `ignore` for those that say nothing. */
  readonly eventNames?: Readonly<Record<string, EventKind | 'ignore'>>;
  readonly timeFormat?: TimeFormat;
  /** Rows in a row that share this column's value are one: empty cells of `columns` are those of the first of them. */
  readonly continues?: { readonly by: string; readonly columns: readonly string[] };
  /** Further attributes: name to column. */
  readonly attributes?: Readonly<Record<string, string>>;
  readonly options?: Readonly<Record<string, string>>;
  /** Columns of which one names an option and the other has its value; `#` stands for every number. */
  readonly optionPairs?: readonly (readonly [name: string, value: string])[];
  /** Columns of which one is filled where a row of the catalogue is of a variant; without them every row is. */
  readonly variantIf?: readonly string[];
  /** Between several values of one cell. */
  readonly separators?: Partial<Readonly<Record<'category' | 'tags' | 'image', string>>>;
  /** Between the levels of a category's path; `>` and `/` where absent. */
  readonly levels?: RegExp;
  /** A JSON list of categories is one path, and not several. */
  readonly listIsPath?: boolean;
  /** Columns of which one, where it is filled, says that the order was not bought (a time of cancellation). */
  readonly unsoldIf?: readonly string[];
  /** A column whose matching cells say that the product is not offered, where the usual words do not. */
  readonly hiddenIf?: readonly [column: string, cell: RegExp];
  /** Columns of which one, where it is filled, says that the row repeats another. */
  readonly skipIf?: readonly string[];
  /** Only rows in which a column's cell matches are read. */
  readonly onlyIf?: readonly [column: string, cell: RegExp];
  /** Column of milliseconds to add to the time. */
  readonly timeOffset?: string;
  /** Other ids of the row's product or variant, by which files of the same import may name it. */
  readonly otherIds?: readonly string[];
  /** Column of attributes as `color=Black,size=M`. */
  readonly attributeList?: string;
  /** Column of a product's variations as `sku=A-M,size=M|sku=A-L,size=L`. */
  readonly variationList?: string;
  /** One row for each property: the columns of its name and value, and what the known names are. */
  readonly property?: {
    readonly name: string;
    readonly value: string;
    readonly known: Readonly<Record<string, 'category' | 'available'>>;
  };
  /** Rows that name an id: which attribute holds it, and the column of its name or of its parent. */
  readonly naming?: {
    readonly attribute: string;
    readonly id: string;
    readonly name?: string;
    readonly parent?: string;
  };
  /** Columns that stand for an id; the names come from another file: attribute to the id's column. */
  readonly named?: Readonly<Record<string, string>>;
  /** Currency of prices that do not say it. */
  readonly currency?: string;
  /** Ids of products that are none: postage, fees. */
  readonly nonProducts?: RegExp;
  /** What the rows lack and another file of the import has to bring. */
  readonly needs?: 'orders';
  /** Columns that are known to say nothing of use; not told as unused. */
  readonly ignored?: readonly string[];
  /** Columns that no field claims are attributes of the product or of the person. */
  readonly keepsRest?: boolean;
  /** What rows of time and order say where there are none: file order. */
  readonly timeless?: boolean;
  /** Two rows that are equal are two sales: the data has no quantity and no id of a line. */
  readonly everyRowCounts?: boolean;
  /** Titles of products in rows of events are texts of their own (a review's headline). */
  readonly ownTitles?: boolean;
  /** Last words on an event before it counts. @returns why its row cannot be read; '' where it can */
  adjust?(event: EventDraft): string;
}
