/**
 * Whether a sentence says what the engine's reasons say, and nothing else. Reasons come as claims with slots in place of names
 * and numbers, so that a sentence can neither change them nor learn them; it is cut into clauses, and each has to hold all
 * words and slots of one claim, by themselves or by a word that means the same, and besides them only words that state nothing.
 */
import { stemmer } from 'stemmer';
import { intlSegmenter } from '../../encoders/text/words.ts';
import type { ReasonLanguage } from './reason.ts';

export interface Claims {
  /** Sentences of the engine with `{1}`, `{2}` ... in place of what is particular. */
  readonly texts: readonly string[];
  /** What stands in the slots, the first at 0. */
  readonly fills: readonly string[];
}

/** @param name - of a product that the sentence names in quotation marks */
export function claimsOf(sentences: readonly { readonly text: string; readonly name?: string | undefined }[]): Claims {
  const fills: string[] = [];
  const slot = (what: string): string => `{${fills.push(what)}}`;
  const texts = sentences.map(({ text, name }) => {
    const quoted = name === undefined ? undefined : [`“${name}”`, `《${name}》`].find((one) => text.includes(one));
    const [before, ...after] = quoted === undefined ? [text] : text.split(quoted);
    const numbers = (part: string): string => part.replace(/\d+(?:[.,]\d+)*/gu, slot);
    return numbers(before!) + after.map((part) => slot(quoted!) + numbers(part)).join('');
  });
  return { texts, fills };
}

export function filled(text: string, fills: readonly string[]): string {
  return text.replace(/\{(\d+)\}/gu, (_, n) => fills[Number(n) - 1]!);
}

const mostCharacters = 300;

/**
 * @param text - a sentence with the slots of the claims
 * @returns what is wrong with it; undefined where each clause of it is a claim, the first claim among them
 */
export function wrongIn(text: string, claims: readonly string[], language: ReasonLanguage): string | undefined {
  if (text.length > mostCharacters) return `${text.length} characters`;
  const end = language === 'zh' ? '。' : '.';
  if (!text.endsWith(end)) return `no ${end} at its end`;
  const left = claims.map((claim) => tokensOf(claim, language));
  const clauses = clausesOf(tokensOf(text.slice(0, -1), language), language);
  let isFirst = false;
  for (let from = 0; from < clauses.length; ) {
    const end = spanOf(clauses, from, left, language);
    if (!end) return `no reason says: ${clauses[from]!.join(' ')}`;
    if (end.claim !== undefined) {
      isFirst ||= end.claim === 0;
      // What is said once is not said again.
      left[end.claim] = [];
    }
    from = end.to;
  }
  return isFirst ? undefined : 'it leaves out the strongest reason';
}

/** Clauses that one claim has at most. */
const mostClauses = 3;

/** So many clauses from one on as are a claim together, or one that states nothing. */
function spanOf(
  clauses: readonly (readonly string[])[],
  from: number,
  claims: readonly (readonly string[])[],
  language: ReasonLanguage,
): { readonly to: number; readonly claim?: number } | undefined {
  if (clauses[from]!.every((token) => states.nothing[language].has(token))) return { to: from + 1 };
  for (let to = from + 1; to <= Math.min(clauses.length, from + mostClauses); to++) {
    const claim = claims.findIndex((one) => isSame(clauses.slice(from, to).flat(), one, language));
    if (claim >= 0) return { to, claim };
  }
  return undefined;
}

/** All that the claim states is said, in the order of its slots, and nothing beside it. */
function isSame(says: readonly string[], claim: readonly string[], language: ReasonLanguage): boolean {
  const slots = (tokens: readonly string[]): string => tokens.filter((token) => token.startsWith('{')).join();
  if (slots(says) !== slots(claim)) return false;
  const meaning = (tokens: readonly string[]): Set<string> =>
    new Set(
      tokens
        .filter((token) => ![states.nothing, cuts].some((of) => of[language].has(token)) && !token.startsWith('{'))
        .map((token) => meanings[language].get(token) ?? token),
    );
  const [said, stated] = [meaning(says), meaning(claim)];
  for (const word of said) if (!stated.has(word)) return false;
  for (const word of stated) if (!said.has(word) && !states.little[language].has(word)) return false;
  return said.size > 0;
}

const parts = /\{\d+\}|\p{Script=Han}+|[\p{L}\p{M}]+(?:['’]\p{L}+)*|\S/gu;

/** Words (English ones stemmed), slots, and every other mark by itself. */
function tokensOf(text: string, language: ReasonLanguage): string[] {
  const plain = text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[.。]$/u, '');
  return Array.from(plain.matchAll(parts), ([part]) => part).flatMap((part) =>
    language === 'zh' && /^\p{Script=Han}/u.test(part) ? intlSegmenter.cut(part).map(bareWord) : [stemOf(part)],
  );
}

/** A Chinese word without what a segmenter may leave at its ends: 买过, 过的, 被选. */
function bareWord(word: string): string {
  return word.replace(/^[被在]+(?=.)/u, '').replace(/(?<=.)[的了过]+$/u, '');
}

function stemOf(word: string): string {
  return /^[a-z]+$/u.test(word) ? stemmer(word) : word;
}

function clausesOf(tokens: readonly string[], language: ReasonLanguage): string[][] {
  const clauses: string[][] = [[]];
  for (const token of tokens) {
    if (cuts[language].has(token)) clauses.push([]);
    else clauses.at(-1)!.push(token);
  }
  return clauses;
}

const marks = [',', ';', ':', '-', '–', '—', '、'];
/** Where one statement ends and another may begin. */
const cuts: Readonly<Record<ReasonLanguage, ReadonlySet<string>>> = {
  en: new Set([...marks, ...['and', 'while', 'plus', 'also', 'because', 'since', 'too'].map(stemOf)]),
  zh: new Set([...marks, '并', '并且', '而且', '同时', '且', '又', '也', '还', '因为', '由于', '所以', '因此', '而']),
};

const words = (list: string): ReadonlySet<string> => new Set(list.split(' ').map(stemOf));

const states = {
  /** Words that state nothing of a product by themselves. */
  nothing: {
    en: words(
      "a an the this that these it it's its is are was were be been has have had you you've your we us our for to of with by in on at from as so which what here one recommend suggest",
    ),
    zh: words(
      '的 了 过 是 在 和 与 跟 同 对 您 你 这 那 这款 这件 那 款 件 它 此 本 为 为您 有 到 以 把 被 推荐 我们 它们',
    ),
  },
  /** Words of the claims that may be left out. */
  little: {
    en: words('much before'),
    zh: words('以往 之前 平时 以'),
  },
} as const satisfies Readonly<Record<string, Readonly<Record<ReasonLanguage, ReadonlySet<string>>>>>;

/** Words that mean the same in a reason, by the first of their line. */
const meanings: Readonly<Record<ReasonLanguage, ReadonlyMap<string, string>>> = {
  en: sameWords(
    `bought purchased buy purchase
     looked viewed browsed look view
     chose picked selected choose chosen pick select
     often frequently
     product item products items
     average typical
     before earlier previously already
     usually normally usual
     usual normal
     like similar similarly alike
     described description
     near close
     fits suits matches fit suit match
     lately recently recent
     kind type category
     shares share`,
  ),
  zh: sameWords(
    `买 购买
     看 浏览
     选 选择 挑选 选购
     商品 产品
     一般 普通
     平时 通常
     以往 之前 以前 曾 曾经 过去 此前
     相近 接近 相似 类似 近似
     近期 最近 近来
     适合 合适 相合 契合 符合
     同类 同一类`,
  ),
};

function sameWords(lines: string): ReadonlyMap<string, string> {
  const of = new Map<string, string>();
  for (const line of lines.split('\n')) {
    const [first, ...others] = line.trim().split(' ').map(stemOf);
    for (const word of [first!, ...others]) if (!of.has(word)) of.set(word, first!);
  }
  return of;
}
