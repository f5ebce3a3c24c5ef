import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeText } from './text.ts';

async function decode(data: Uint8Array, size: number, encoding?: string): Promise<string> {
  async function* chunks(): AsyncGenerator<Buffer> {
    for (let at = 0; at < data.length; at += size) yield Buffer.from(data.subarray(at, at + size));
  }
  let text = '';
  for await (const part of decodeText(chunks(), encoding)) text += part;
  return text;
}

// "商品,价格\n杯子,12\n" in GB18030.
const chinese = '商品名称,价格\n陶瓷杯子,12\n';
const gb = Uint8Array.from([
  0xc9, 0xcc, 0xc6, 0xb7, 0xc3, 0xfb, 0xb3, 0xc6, 0x2c, 0xbc, 0xdb, 0xb8, 0xf1, 0x0a, 0xcc, 0xd5, 0xb4, 0xc9, 0xb1,
  0xad, 0xd7, 0xd3, 0x2c, 0x31, 0x32, 0x0a,
]);

test('UTF-8 comes back wherever the chunks cut its characters', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 7 }), async (text, size) => {
      const clean = text.replace(/^\uFEFF/, '');
      expect(await decode(new TextEncoder().encode(clean), size)).toBe(clean);
    }),
  );
});

test.each([
  ['UTF-8 with a mark', Buffer.from('\uFEFFnaïve'), 'naïve'],
  ['UTF-16 little endian', Buffer.from('\uFEFFnaïve 杯', 'utf16le'), 'naïve 杯'],
  ['UTF-16 big endian', Buffer.from('\uFEFFnaïve 杯', 'utf16le').swap16(), 'naïve 杯'],
  ['GB18030', gb, chinese],
  ['GB18030 after much ASCII', Buffer.concat([Buffer.from('x'.repeat(5000)), gb]), 'x'.repeat(5000) + chinese],
  ['Windows-1252', Buffer.from('caf\xe9 cr\xe8me \xa35', 'latin1'), 'café crème £5'],
])('%s is known by its bytes', async (_, bytes, text) => {
  for (const size of [4, 1024]) expect(await decode(bytes, size)).toBe(text);
});

test('a damaged byte among UTF-8 letters stays one mark of damage', async () => {
  const bytes = Buffer.concat([Buffer.from('né '), Buffer.from([0xe9]), Buffer.from(' thé')]);
  expect(await decode(bytes, 3)).toBe('né \uFFFD thé');
});

test('an encoding that is named is used, one that is none is refused', async () => {
  expect(await decode(gb, 5, 'gb18030')).toBe(chinese);
  await expect(decode(gb, 5, 'klingon')).rejects.toMatchObject({ code: 'SW_SETTING' });
});
