/** Batches of rows, each with an answer of its own. */
import type { AppendResult } from '../data/event-store.ts';

export interface RowResult {
  readonly status: 'stored' | 'duplicate' | 'refused';
  readonly reason?: string;
  readonly field?: string;
}

export interface RowResults {
  readonly results: readonly RowResult[];
  readonly stored: number;
  readonly duplicates: number;
  readonly refused: number;
}

export function rowResultsOf(answers: readonly AppendResult[]): RowResults {
  const results = answers.map((answer): RowResult => {
    if (answer === 'stored' || answer === 'duplicate') return { status: answer };
    return { status: 'refused', reason: answer.refused, field: answer.field };
  });
  const count = (status: RowResult['status']): number => results.filter((one) => one.status === status).length;
  return { results, stored: count('stored'), duplicates: count('duplicate'), refused: count('refused') };
}

/** A row with texts of these fields read as times; what is none stays, and is refused by its name. */
export function withTimes(row: unknown, fields: readonly string[]): unknown {
  if (typeof row !== 'object' || row === null) return row;
  const given = row as Record<string, unknown>;
  const read = fields.flatMap((field) => {
    const text = given[field];
    const time = typeof text === 'string' ? Date.parse(text) : Number.NaN;
    return Number.isNaN(time) ? [] : [[field, time] as const];
  });
  return read.length > 0 ? { ...given, ...Object.fromEntries(read) } : row;
}
