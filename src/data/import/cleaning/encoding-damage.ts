/**
 * Text that went through the wrong encoding. UTF-8 read as Windows-1252 ("CafÃ©", "â€™") is taken back, once or twice,
 * when every character has a byte and the bytes are UTF-8 again; U+FFFD and the GBK trace of it (锟斤拷) cannot be undone
 * and stay as flags.
 *
 * @source WHATWG Encoding Standard, windows-1252 index
 */
import { isUtf8 } from 'node:buffer';

// A lead byte of UTF-8 followed by a continuation byte, both as Windows-1252 shows them.
const mojibake =
  /[\u00c2-\u00f4][\u0080-\u00bf\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc\u2013\u2014\u2018-\u201e\u2020-\u2022\u2026\u2030\u2039\u203a\u20ac\u2122]/;
const lost = /\ufffd|锟斤拷|烫烫烫|屯屯屯/;
// Damage has a letter outside ASCII; most texts end here.
const suspicious = /[\u0080-\u{10ffff}]/u;

export function hasEncodingDamage(text: string): boolean {
  return suspicious.test(text) && (lost.test(text) || mojibake.test(text));
}

/** @returns the text as it was meant, or the same text where that cannot be known */
export function repairEncoding(text: string): string {
  let current = text;
  for (let round = 0; round < 2 && mojibake.test(current); round++) {
    const bytes = windows1252Bytes(current);
    if (!bytes || !isUtf8(bytes)) break;
    current = bytes.toString('utf8');
  }
  return current;
}

const highBytes: ReadonlyMap<string, number> = new Map(
  Array.from({ length: 32 }, (_, i) => {
    const byte = 0x80 + i;
    return [new TextDecoder('windows-1252').decode(Uint8Array.of(byte)), byte] as const;
  }),
);

/** Undefined where a character has no byte in Windows-1252. */
function windows1252Bytes(text: string): Buffer | undefined {
  const bytes = Buffer.alloc(text.length);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const byte = highBytes.get(text[i]!) ?? (code < 0x100 ? code : undefined);
    if (byte === undefined) return undefined;
    bytes[i] = byte;
  }
  return bytes;
}
