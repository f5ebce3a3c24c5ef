/**
 * Where a person was, SQLite may leave bytes: deleted rows are overwritten, but not the copies that stay in the gaps of a
 * page when its rows move to another. Whoever is forgotten is looked for in the file's bytes, as rows write them.
 */
import { closeSync, openSync, readSync } from 'node:fs';

/** The bytes of a row of `persons`: the id, then the key as a number of 6 or 8 bytes. */
export function traceOfPerson(id: string, person: number): Buffer[] {
  const text = Buffer.from(id, 'utf8');
  return [6, 8].map((width) => {
    const key = Buffer.alloc(8);
    key.writeBigUInt64BE(BigInt(person));
    return Buffer.concat([text, key.subarray(8 - width)]);
  });
}

const chunk = 1 << 20;

export function holdsAny(path: string, traces: readonly Buffer[]): boolean {
  const overlap = Math.max(0, ...traces.map(({ length }) => length - 1));
  const buffer = Buffer.alloc(chunk + overlap);
  const file = openSync(path, 'r');
  try {
    for (let at = 0; ; at += chunk) {
      const read = readSync(file, buffer, 0, buffer.length, at);
      if (read === 0) return false;
      const bytes = buffer.subarray(0, read);
      if (traces.some((trace) => trace.length > 0 && bytes.includes(trace))) return true;
    }
  } finally {
    closeSync(file);
  }
}
