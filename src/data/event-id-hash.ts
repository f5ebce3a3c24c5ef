/** One number for an event id, the same in JavaScript and in DuckDB's SQL. */
import { hash as digest } from 'node:crypto';

/** 52 bits of the MD5 of a text as a number; `eventIdHashSql` is the same in SQL. */
export function eventIdHash(text: string): number {
  const bytes = digest('md5', text, 'buffer');
  return bytes.readUInt32LE(12) * 0x100000 + (bytes.readUInt32LE(8) >>> 12);
}

export function eventIdHashSql(expression: string): string {
  return `CAST(md5_number_lower(${expression}) >> 12 AS BIGINT)`;
}
