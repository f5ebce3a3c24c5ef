/** What rerankers and writers of sentences said, and what they cost, in a database file of its own that several processes may use at once. */
import { type CallMemory, memoryOfProcess } from '../../selection/rerank/bounded-calls.ts';
import { openCacheFile } from './cache-file.ts';

/** Answers that are kept at most; the ones that hold shortest go first. */
const mostKept = 200_000;

/** Where nothing can be written, it lasts as long as the process. @param path - of the file; its folder is made */
export function openRerankFile(path: string): CallMemory & { close(): void } {
  const database = openCacheFile(
    path,
    `CREATE TABLE IF NOT EXISTS kept (key TEXT PRIMARY KEY, until REAL NOT NULL, answer TEXT NOT NULL) WITHOUT ROWID;
     CREATE INDEX IF NOT EXISTS kept_until ON kept (until);
     CREATE TABLE IF NOT EXISTS spent (day TEXT PRIMARY KEY, tokens REAL NOT NULL, cost REAL NOT NULL) WITHOUT ROWID`,
  );
  if (!database) return { ...memoryOfProcess(), close() {} };
  const find = database.prepare('SELECT answer FROM kept WHERE key = ? AND until > ?');
  const keep = database.prepare('INSERT OR REPLACE INTO kept (key, until, answer) VALUES (?, ?, ?)');
  const clear = database.prepare(
    'DELETE FROM kept WHERE until <= (SELECT until FROM kept ORDER BY until DESC LIMIT 1 OFFSET ?)',
  );
  const spentOn = database.prepare('SELECT tokens, cost FROM spent WHERE day = ?');
  const spend = database.prepare(
    'INSERT INTO spent (day, tokens, cost) VALUES (?, ?, ?) ON CONFLICT (day) DO UPDATE SET tokens = tokens + excluded.tokens, cost = cost + excluded.cost',
  );
  /** What could not be written is remembered here. */
  const unwritten = memoryOfProcess();
  let kept = 0;
  return {
    known(key, now) {
      try {
        const text = find.get(key, now)?.['answer'];
        if (typeof text === 'string') return JSON.parse(text);
      } catch {
        // What cannot be read is asked again.
      }
      return unwritten.known(key, now);
    },
    keep(key, answer, until) {
      try {
        keep.run(key, until, JSON.stringify(answer));
        if (kept++ % 1000 === 999) clear.run(mostKept);
      } catch {
        unwritten.keep(key, answer, until);
      }
    },
    spent(day) {
      const here = unwritten.spent(day);
      try {
        const row = spentOn.get(day);
        return { tokens: here.tokens + Number(row?.['tokens'] ?? 0), cost: here.cost + Number(row?.['cost'] ?? 0) };
      } catch {
        return here;
      }
    },
    spend(day, spent) {
      try {
        spend.run(day, spent.tokens, spent.cost);
      } catch {
        unwritten.spend(day, spent);
      }
    },
    close: () => database.close(),
  };
}
