/**
 * Bytes to text. UTF-16 is known by its byte order mark; otherwise the text is UTF-8 until a byte says no: then, if all
 * before it was ASCII, it is GB18030 where the bytes are valid in it and pair up as Chinese text does, Shift-JIS where they
 * are valid in that and give kana, Windows-1251 where they give words of Cyrillic letters, else Windows-1252.
 * A file that already held UTF-8 letters stays UTF-8, and what is damaged in it becomes U+FFFD for cleaning to find.
 *
 * @source WHATWG Encoding Standard (decoders); GB 18030-2022
 */
import { isAscii, isUtf8 } from 'node:buffer';
import { ShelfwiseError } from '../../../core/errors.ts';

/**
 * @param encoding - a WHATWG label such as `utf-8`, `gb18030`, `windows-1252`; detected where absent
 * @param onEncoding - told the encoding where the bytes say that it is not UTF-8, with `?` where its letters look like another
 */
export async function* decodeText(
  bytes: AsyncIterable<Buffer>,
  encoding?: string,
  onEncoding: (encoding: string) => void = () => {},
): AsyncGenerator<string> {
  let decoder = encoding === undefined ? undefined : decoderOf(encoding);
  let carry: Buffer = Buffer.alloc(0);
  let ascii = true;
  let first = true;
  for await (const chunk of bytes) {
    if (decoder) {
      yield decoder.decode(chunk, { stream: true });
      continue;
    }
    let data = carry.length > 0 ? Buffer.concat([carry, chunk]) : chunk;
    if (first) {
      if (data.length < 3) {
        carry = data;
        continue;
      }
      first = false;
      const mark = byteOrderMark(data);
      if (mark === 'utf-8') data = data.subarray(3);
      else if (mark) {
        onEncoding(mark);
        decoder = decoderOf(mark);
        yield decoder.decode(data, { stream: true });
        continue;
      }
    }
    const end = wholeCharacters(data);
    const whole = data.subarray(0, end);
    if (isUtf8(whole)) {
      carry = data.subarray(end);
      ascii &&= isAscii(whole);
      yield whole.toString('utf8');
    } else {
      const found = ascii ? detectEncoding(data) : 'utf-8';
      onEncoding(found === 'windows-1252' && isDoubtful(data) ? `${found}?` : found);
      decoder = decoderOf(found);
      yield decoder.decode(data, { stream: true });
    }
  }
  if (decoder) yield decoder.decode();
  else if (isUtf8(carry)) yield carry.toString('utf8');
  else {
    const found = ascii ? detectEncoding(carry) : 'utf-8';
    onEncoding(found === 'windows-1252' && isDoubtful(carry) ? `${found}?` : found);
    yield decoderOf(found).decode(carry);
  }
}

function decoderOf(label: string): TextDecoder {
  try {
    return new TextDecoder(label);
  } catch {
    throw new ShelfwiseError(
      'SW_SETTING',
      `\`encoding\`: expected the name of an encoding, got "${label}".`,
      'Use for example utf-8, utf-16le, gb18030, big5, shift_jis or windows-1252.',
    );
  }
}

function byteOrderMark(data: Buffer): 'utf-8' | 'utf-16le' | 'utf-16be' | undefined {
  if (data[0] === 0xef && data[1] === 0xbb && data[2] === 0xbf) return 'utf-8';
  if (data[0] === 0xff && data[1] === 0xfe) return 'utf-16le';
  if (data[0] === 0xfe && data[1] === 0xff) return 'utf-16be';
  return undefined;
}

/** Length without a UTF-8 character that the end of the chunk cuts. */
function wholeCharacters(data: Buffer): number {
  for (let back = 1; back <= Math.min(3, data.length); back++) {
    const byte = data[data.length - back]!;
    if (byte < 0x80) break;
    if (byte >= 0xc0) {
      const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      return length > back ? data.length - back : data.length;
    }
  }
  return data.length;
}

type Legacy = 'gb18030' | 'windows-1252' | 'windows-1251' | 'shift_jis';

/** The encoding of a text whose first bytes beyond ASCII are no UTF-8. */
export function detectEncoding(data: Uint8Array): Legacy {
  if (looksJapanese(data)) return 'shift_jis';
  const found = detectLegacy(data);
  return found === 'windows-1252' && looksCyrillic(data) ? 'windows-1251' : found;
}

/** True where the bytes are Shift-JIS with kana in it: half of the pairs of Japanese text or more. */
function looksJapanese(data: Uint8Array): boolean {
  let pairs = 0;
  let kana = 0;
  for (let i = 0; i < data.length; i++) {
    const lead = data[i]!;
    if (lead < 0x80) continue;
    // Single bytes of half-width kana are too like other text to count.
    if (lead >= 0xa1 && lead <= 0xdf) continue;
    if (lead === 0x80 || lead === 0xa0 || lead > 0xfc) return false;
    const trail = data[i + 1];
    if (trail === undefined) break;
    if (trail < 0x40 || trail === 0x7f || trail > 0xfc) return false;
    pairs++;
    if ((lead === 0x82 && trail >= 0x9f) || lead === 0x83) kana++;
    i++;
  }
  return kana >= 2 && kana * 5 >= pairs;
}

/** True where runs of letters are wholly beyond ASCII, small letters most of them: in Western text a high letter stands alone. */
function looksCyrillic(data: Uint8Array): boolean {
  let letters = 0;
  let small = 0;
  let inRuns = 0;
  let run = 0;
  const close = (): void => {
    if (run >= 3) inRuns += run;
    run = 0;
  };
  for (const byte of data) {
    if (byte < 0xc0 && byte !== 0xb8 && byte !== 0xa8) {
      close();
      continue;
    }
    run++;
    letters++;
    if (byte >= 0xe0 || byte === 0xb8) small++;
  }
  close();
  return letters >= 6 && inRuns * 5 >= letters * 4 && small * 2 >= letters;
}

/** True where the letters of a text that was taken for Windows-1252 are not as Western text has them. */
export function isDoubtful(data: Uint8Array): boolean {
  let high = 0;
  let inRuns = 0;
  let odd = 0;
  let run = 0;
  for (const byte of data) {
    if (byte >= 0x80) {
      high++;
      run++;
      // Bytes that Windows-1252 leaves free.
      if (byte === 0x81 || byte === 0x8d || byte === 0x8f || byte === 0x90 || byte === 0x9d) odd++;
      continue;
    }
    if (run >= 3) inRuns += run;
    run = 0;
  }
  if (run >= 3) inRuns += run;
  return odd > 0 || (high >= 6 && inRuns * 2 > high);
}

/** GB18030 or Windows-1252, from the first bytes that are not UTF-8. */
export function detectLegacy(data: Uint8Array): 'gb18030' | 'windows-1252' {
  let pairs = 0;
  let chinese = 0;
  for (let i = 0; i + 1 < data.length; i++) {
    const lead = data[i]!;
    if (lead < 0x80) continue;
    const trail = data[i + 1]!;
    pairs++;
    if (trail >= 0x30 && trail <= 0x39 && data[i + 2]! >= 0x81 && data[i + 3]! >= 0x30) {
      chinese++;
      i += 3;
      continue;
    }
    if (lead === 0x80 || lead === 0xff || trail < 0x40 || trail === 0x7f || trail === 0xff) return 'windows-1252';
    // Chinese text is mostly of the GB 2312 plane, where both bytes are high; an accented Latin letter has an ASCII neighbour.
    if (trail >= 0xa1 && lead >= 0xa1) chinese++;
    i++;
  }
  return pairs > 0 && chinese >= pairs / 2 ? 'gb18030' : 'windows-1252';
}
