/** The yield of every reader: rows of a table, or values of a tree (JSON, XML), each with its place in the file. */
export interface RawRow {
  /** Line of the file where the row begins, from 1; the row's number where the format has no lines. */
  readonly line: number;
  /** Cells of a table's row; empty for trees. */
  readonly fields: readonly string[];
  /** A JSON value, or an XML element's children by name; undefined for tables. */
  readonly value: unknown;
  /** The row as it stood in the file, for trees and for rows that cannot be read. */
  readonly text: string;
  /** Why it cannot be read; empty where it can. */
  readonly problem: string;
}

export function tableRow(line: number, fields: readonly string[]): RawRow {
  return { line, fields, value: undefined, text: '', problem: '' };
}

export function treeRow(line: number, value: unknown, text: string): RawRow {
  return { line, fields: [], value, text, problem: '' };
}

export function badRow(line: number, text: string, problem: string): RawRow {
  return { line, fields: [], value: undefined, text, problem };
}
