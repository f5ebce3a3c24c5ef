/**
 * Python's literals (dictionaries, lists, texts, numbers, True, False, None) as JSON: published sets are at times the
 * printed form of Python objects.
 *
 * @source The Python Language Reference, 2.4 Literals
 */

const words: Readonly<Record<string, string>> = { True: 'true', False: 'false', None: 'null' };
const escapes: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  b: '\b',
  f: '\f',
  v: '\v',
  a: '\x07',
  '0': '\0',
};

/** @returns JSON where the text is a literal; else a text that is no JSON */
export function pythonToJson(text: string): string {
  const parts: string[] = [];
  for (let i = 0; i < text.length; ) {
    const char = text[i]!;
    const quoted = char === "'" || char === '"';
    if (quoted || ((char === 'u' || char === 'b') && (text[i + 1] === "'" || text[i + 1] === '"'))) {
      const { value, end } = readText(text, quoted ? i : i + 1);
      parts.push(JSON.stringify(value));
      i = end;
    } else if (/[A-Za-z]/.test(char)) {
      const word = /^[A-Za-z]+/.exec(text.slice(i, i + 20))![0];
      parts.push(words[word] ?? word);
      i += word.length;
    } else {
      // A tuple is a list.
      parts.push(char === '(' ? '[' : char === ')' ? ']' : char);
      i++;
    }
  }
  return parts.join('');
}

function readText(text: string, start: number): { value: string; end: number } {
  const quote = text[start];
  let value = '';
  let i = start + 1;
  while (i < text.length && text[i] !== quote) {
    if (text[i] !== '\\') {
      value += text[i++];
      continue;
    }
    const code = text[i + 1] ?? '';
    const digits = { x: 2, u: 4, U: 8 }[code] ?? 0;
    const hex = text.slice(i + 2, i + 2 + digits);
    i += 2;
    const point = hex.length === digits && /^[0-9a-f]+$/i.test(hex) ? Number.parseInt(hex, 16) : Number.NaN;
    if (point <= 0x10ffff) {
      value += String.fromCodePoint(point);
      i += digits;
    } else value += escapes[code] ?? code;
  }
  return { value, end: i + 1 };
}
