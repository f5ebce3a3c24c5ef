/**
 * Finds the raw rows that name a person. Values are compared as the file meant them: JSON is parsed, whatever its escapes,
 * and what cannot be parsed is read with its escapes undone. A long id is looked for in every value, also inside a text; a
 * short one, which anywhere else may be a quantity, where a column says that it is about people, or where none does.
 */
import { brokenKey, treeKey } from './import/quarantine.ts';

/** Ids shorter than this may stand for other things. */
const distinctiveLength = 4;
const personColumn =
  /user|customer|client|member|visitor|shopper|buyer|person|people|account|profile|pseudo|anonymous|guest|session|visit|cookie|device.?id|e-?mail|phone|mobile|kunde|client|用户|会员|顾客|买家|客户|账号|访客|手机|邮箱/i;
const sessionColumn = /session|visit/i;
/** The visitor that stands for a session of nobody known. */
const sessionPrefix = 'session:';

export interface PersonIds {
  /** Raw ids of the person: of the customer, and of visitors who became the customer. */
  readonly ids: readonly string[];
  /** True for a raw session id of the person, which may be kept as a hash alone. */
  isSession?(sessionId: string): boolean;
}

interface Told {
  readonly reason?: string;
  readonly columns?: readonly string[];
}

export class PersonMentions {
  readonly #ids: ReadonlySet<string>;
  /** As words of their own. */
  readonly #long: RegExp | undefined;
  readonly #any: RegExp | undefined;
  readonly #isSession: (sessionId: string) => boolean;

  constructor({ ids, isSession = () => false }: PersonIds) {
    const all = ids.flatMap((id) => (id.startsWith(sessionPrefix) ? [id, id.slice(sessionPrefix.length)] : [id]));
    const meant = [...new Set(all.flatMap((id) => [id, id.trim()]))].filter((id) => id !== '');
    this.#ids = new Set(meant);
    this.#long = wordsOf(meant.filter((id) => id.length >= distinctiveLength));
    this.#any = wordsOf(meant);
    this.#isSession = isSession;
  }

  /**
   * @param row - the raw row by its columns; a tree or a broken line under its one key
   * @param told.reason - why it was set aside, which may quote it
   * @param told.columns - columns that the import was told are about people
   */
  in(row: Readonly<Record<string, string>>, { reason = '', columns: known = [] }: Told = {}): boolean {
    if (this.#long?.test(reason)) return true;
    const columns = Object.keys(row);
    const [only] = columns;
    if (columns.length === 1 && only === brokenKey) return this.#inText(row[brokenKey]!);
    // A path that was told may be any key's.
    if (columns.length === 1 && only === treeKey) return this.#inJson(row[treeKey]!, known.length > 0);
    const peopleAreNamed = columns.some((column) => personColumn.test(column) || known.includes(column));
    return Object.entries(row).some(([column, value]) =>
      this.#inValue(value, column, !peopleAreNamed || known.includes(column)),
    );
  }

  /** @param about - true where the value is about people, whatever its column is called */
  #inValue(value: string, column: string, about: boolean): boolean {
    if (this.#long?.test(value)) return true;
    const text = value.trim();
    if (/^[[{]/.test(text) && this.#inJson(text, about)) return true;
    if (sessionColumn.test(column) && this.#isSession(text)) return true;
    if (!about && !personColumn.test(column)) return false;
    // A spreadsheet's number: 7.0.
    return this.#ids.has(text) || this.#ids.has(text.replace(/\.0+$/, '')) || this.#any?.test(value) === true;
  }

  #inJson(text: string, about: boolean): boolean {
    let tree: unknown;
    try {
      // A number is kept as it is written: an id of 19 digits is none that JavaScript holds.
      tree = JSON.parse(text, (_key, value, context?: { source?: string }) =>
        typeof value === 'number' ? (context?.source ?? String(value)) : value,
      );
    } catch {
      return this.#inText(text);
    }
    return this.#inTree(tree, '', about || !namesPeople(tree));
  }

  #inTree(value: unknown, path: string, about: boolean): boolean {
    if (typeof value === 'string') return this.#inValue(value, path, about);
    if (typeof value !== 'object' || value === null) return false;
    return Object.entries(value).some(
      ([key, inner]) => this.#long?.test(key) === true || this.#inTree(inner, `${path}.${key}`, about),
    );
  }

  /** A text that could not be read as what it should be. */
  #inText(text: string): boolean {
    return this.#any !== undefined && [text, unescaped(text)].some((one) => this.#any!.test(one));
  }
}

function namesPeople(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(
    ([key, inner]) => (!Array.isArray(value) && personColumn.test(key)) || namesPeople(inner),
  );
}

function wordsOf(ids: readonly string[]): RegExp | undefined {
  if (ids.length === 0) return undefined;
  const any = ids.map((id) => id.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&')).join('|');
  return new RegExp(`(?<![\\p{L}\\p{N}_])(?:${any})(?![\\p{L}\\p{N}_])`, 'u');
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** JSON's, CSV's and XML's ways to write a character otherwise, undone. */
function unescaped(text: string): string {
  return text
    .replaceAll('""', '"')
    .replaceAll(/\\u([\da-f]{4})/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
    .replaceAll(/\\(["\\/])/g, '$1')
    .replaceAll(/&(amp|lt|gt|quot|apos);/g, (_, name: string) => entities[name]!)
    .replaceAll(/&#(?:x([\da-f]{1,6})|(\d{1,7}));/gi, (whole, hex: string | undefined, decimal: string) => {
      const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
      return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
    });
}
