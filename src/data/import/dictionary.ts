/** Texts as codes, for columns whose values repeat: a code is a small integer, the texts are written once. */
import type { Analytics } from '../analytics.ts';

export class Dictionary {
  readonly texts: string[] = [];
  readonly #codes = new Map<string, number>();
  #last = '';
  #lastCode = -1;

  /** The code of a text, given on first sight; -1 for ''. */
  code(text: string): number {
    if (text === this.#last) return this.#lastCode;
    const known = this.#codes.get(text);
    if (known !== undefined) {
      this.#last = this.texts[known]!;
      this.#lastCode = known;
      return known;
    }
    if (text === '') return -1;
    // A slice of a chunk would keep the whole chunk in memory.
    const copy = Buffer.from(text).toString();
    const code = this.texts.length;
    this.texts.push(copy);
    this.#codes.set(copy, code);
    return code;
  }

  /** Writes a table `(code INTEGER, name VARCHAR)`. */
  async write(analytics: Analytics, table: string): Promise<void> {
    await analytics.execute(`CREATE TABLE ${table} (code INTEGER, name VARCHAR)`);
    await this.writeFrom(analytics, table, 0);
  }

  /** Adds the texts from a code on to the table that `write` made. */
  async writeFrom(analytics: Analytics, table: string, first: number): Promise<void> {
    for (let start = first; start < this.texts.length; start += 100_000) {
      const values = this.texts.slice(start, start + 100_000);
      await analytics.append(table, [
        { name: 'code', type: 'INTEGER', values: Int32Array.from(values, (_, i) => start + i) },
        { name: 'name', type: 'VARCHAR', values },
      ]);
    }
  }
}
