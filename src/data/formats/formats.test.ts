import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { readInteractions } from './interaction-folder.ts';
import { readSequences } from './sequence-file.ts';
import { readSessions } from './session-folder.ts';

const root = mkdtempSync(join(tmpdir(), 'shelfwise-formats-'));
afterAll(() => rmSync(root, { recursive: true }));

/** A folder with these files; `.gz` ones are compressed. */
function folder(files: Readonly<Record<string, string>>): string {
  const path = mkdtempSync(join(root, 'set-'));
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(path, name), name.endsWith('.gz') ? gzipSync(text) : text);
  }
  return path;
}
const file = (text: string): string => join(folder({ 'x.txt': text }), 'x.txt');

describe('sequence files', () => {
  test('plain and gzipped files read alike, with attributes from beside', async () => {
    const text = 'u1 a b c\r\nu2 b\r\n\n';
    const path = folder({ 'x.txt': text, 'x.txt.gz': text, 'x_item2attributes.json.gz': '{"b": [4, 5], "z": [1]}' });
    const plain = await readSequences(join(path, 'x.txt'), 1);
    const gzipped = await readSequences(join(path, 'x.txt.gz'), 1);
    expect(gzipped).toEqual(plain);
    expect([...plain.histories.offsets]).toEqual([0, 3, 4]);
    expect(plain.histories.items[1]).toBe(plain.histories.items[3]);
    expect(plain.attributes!.map((ids) => ids.length).sort()).toEqual([0, 0, 2]);
    expect([...plain.attributes![plain.histories.items[1]!]!]).toEqual([4, 5]);
  });

  test('item indices are shuffled by seed, so that their order carries nothing', async () => {
    const path = file(`u ${Array.from({ length: 200 }, (_, i) => i).join(' ')}`);
    const { items } = (await readSequences(path, 1)).histories;
    const steps = [...items].filter((item, n) => n > 0 && item === items[n - 1]! + 1).length;
    expect(steps).toBeLessThan(10);
    expect([...items].sort((a, b) => a - b)).toEqual(Array.from({ length: 200 }, (_, i) => i));
    expect((await readSequences(path, 2)).histories.items).not.toEqual(items);
  });

  test.each([
    ['a token that is no id', 'u1 a b\nu2 a,b\n', /x\.txt:2: expected `user item item \.\.\.`, got "a,b"/],
    ['an empty line inside', 'u1 a b\n\nu2 a\n', /x\.txt:2: expected .* got an empty line/],
    ['a user without items', 'u1 a b\nu2\n', /x\.txt:2: expected .* got "u2"/],
    [
      'a user twice',
      'u1 a b\nu2 a\nu1 c\n',
      /x\.txt:3: expected each user once, got user u1 again \(first on line 1\)/,
    ],
    ['an empty file', '', /x\.txt: .*empty/],
  ])('%s is refused with its line', async (_, text, message) => {
    await expect(readSequences(file(text), 1)).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringMatching(message),
    });
  });

  test('a folder, a missing file, a cut gzip and damaged attributes are told apart', async () => {
    const cut = folder({});
    writeFileSync(join(cut, 'x.gz'), gzipSync('u a b c d e f g\n'.repeat(50)).subarray(0, 40));
    const damaged = folder({ 'x.txt': 'u a b', 'x_item2attributes.json': '[' });
    const wrong = folder({ 'x.txt': 'u a b', 'x_item2attributes.json': '{"a": "red"}' });
    await expect(readSequences(cut, 1)).rejects.toThrow(/expected a file .* got a folder with x\.gz/);
    await expect(readSequences(join(cut, 'none'), 1)).rejects.toMatchObject({ code: 'SW_INPUT_NOT_FOUND' });
    await expect(readSequences(join(cut, 'x.gz'), 1)).rejects.toMatchObject({ code: 'SW_INPUT_FORMAT' });
    await expect(readSequences(join(damaged, 'x.txt'), 1)).rejects.toThrow(/expected a JSON object/);
    await expect(readSequences(join(wrong, 'x.txt'), 1)).rejects.toThrow(/attribute numbers for item a, got "red"/);
  });
});

describe('interaction folders', () => {
  test('test rows stand beside the train rows of the same users', async () => {
    const path = folder({ 'train.txt': 'u1 a b\nu2 c\nu3 a\n', 'test.txt.gz': 'u3 b\nu1 d\nu2\n' });
    const { train, test: held } = await readInteractions(path, 1);
    expect([...train.offsets]).toEqual([0, 2, 3, 4]);
    expect([...held.offsets]).toEqual([0, 1, 1, 2]);
    expect(train.itemCount).toBe(4);
    expect(held.items[1]).toBe(train.items[1]);
    expect(train.ordered).toBe(false);
  });

  test('names with a prefix are found where only one fits', async () => {
    const path = folder({ 'shop_train.txt': 'u a b\n', 'shop_test.txt': 'u c\n', 'latest.txt': 'no part of it' });
    expect((await readInteractions(path, 1)).train.items).toHaveLength(2);
    const two = folder({ 'a_train.txt': 'u a', 'b_train.txt': 'u a', 'test.txt': 'u a' });
    await expect(readInteractions(two, 1)).rejects.toThrow(/several that end so: a_train\.txt, b_train\.txt/);
  });

  test('a test user without train, and another layout, are refused', async () => {
    const unknown = folder({ 'train.txt': 'u1 a\n', 'test.txt': 'u1 b\nu9 a\n' });
    await expect(readInteractions(unknown, 1)).rejects.toThrow(
      /test\.txt:2: expected a user of .*train\.txt, got user u9/,
    );
    const sessions = folder({ 'train_sessions.txt': '1 2', 'test.txt': '1\t2' });
    await expect(readInteractions(sessions, 1)).rejects.toThrow(
      /expected a folder with train\.txt and test\.txt .* found test\.txt, train_sessions\.txt/,
    );
  });
});

describe('session folders', () => {
  test('prefixes and next items share the indices of train', async () => {
    const path = folder({ 'train_sessions.txt.gz': '1 2\n3\n', 'test.txt': '1 3\t2\n9\t1\n' });
    const { train, test: cases } = await readSessions(path, 1);
    const [one, two, three] = train.items;
    expect(cases.map(({ prefix, next }) => [...prefix, next])).toEqual([
      [one, three, two],
      [cases[1]!.prefix[0], one],
    ]);
    expect(train.itemCount).toBe(4);
  });

  test.each([
    ['no tab', '1 2 3\n'],
    ['two next items', '1\t2 3\n'],
    ['no prefix', '\t2\n'],
    ['three columns', '1\t2\t3\n'],
  ])('a test line with %s is refused', async (_, text) => {
    const path = folder({ 'train_sessions.txt': '1 2\n', 'test.txt': `1\t2\n${text}` });
    await expect(readSessions(path, 1)).rejects.toThrow(/test\.txt:2: expected `item item \.\.\.<TAB>next item`/);
  });
});
