/** The text steps in the stream: each text is mended once per row, and rows are counted once per step. */
import { hasEncodingDamage, repairEncoding } from './encoding-damage.ts';
import { hasHtml, stripHtml } from './html.ts';

export interface TextCounts {
  matched: number;
  acted: number;
}

export class TextCleaner {
  readonly encoding: TextCounts = { matched: 0, acted: 0 };
  readonly html: TextCounts = { matched: 0, acted: 0 };
  readonly #repairEncoding: boolean;
  readonly #stripHtml: boolean;
  #seen = 0;

  constructor(switches: { readonly encoding: boolean; readonly html: boolean }) {
    this.#repairEncoding = switches.encoding;
    this.#stripHtml = switches.html;
  }

  startRow(): void {
    this.#seen = 0;
  }

  clean(text: string): string {
    let cleaned = text;
    if (hasEncodingDamage(cleaned)) {
      const repaired = repairEncoding(cleaned);
      this.#count(this.encoding, 1, this.#repairEncoding && repaired !== cleaned);
      if (this.#repairEncoding) cleaned = repaired;
    }
    if (hasHtml(cleaned)) {
      this.#count(this.html, 4, this.#stripHtml);
      if (this.#stripHtml) cleaned = stripHtml(cleaned);
    }
    return cleaned;
  }

  /** Bit `bit` of a row: matched; the next one: acted. */
  #count(counts: TextCounts, bit: number, acted: boolean): void {
    if (!(this.#seen & bit)) counts.matched++;
    if (acted && !(this.#seen & (bit * 2))) counts.acted++;
    this.#seen |= acted ? bit * 3 : bit;
  }
}
