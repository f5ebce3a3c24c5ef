import { afterEach, expect, test, vi } from 'vitest';
import { ShelfwiseError } from '../core/errors.ts';
import { Output, printable, table } from './output.ts';

afterEach(() => vi.restoreAllMocks());

/** What a piece of code writes to both streams. */
function written(run: () => void): string {
  let all = '';
  for (const stream of [process.stdout, process.stderr])
    vi.spyOn(stream, 'write').mockImplementation((text) => {
      all += String(text);
      return true;
    });
  run();
  return all;
}

const hostile = 'Tea\u001b]0;owned\u0007\u001b[2J\u009b31m\u202egnp.exe\r';

test('nothing that steers a terminal is printed, as text, JSON, note or error', () => {
  const error = new ShelfwiseError('SW_USAGE', hostile, hostile);
  for (const json of [false, true]) {
    const output = new Output(json);
    const text = written(() => {
      output.result({ title: hostile }, () => table(['title'], [[hostile]]));
      output.note(hostile);
      output.failure(error);
    });
    expect(text).toMatch(/Tea\\u001b/);
    expect([...text].filter((character) => printable(character) !== character)).toEqual([]);
  }
});

test('JSON keeps its meaning; other writing, line ends and tabs stay', () => {
  const text = written(() => new Output(true).result({ title: hostile }, () => ''));
  expect(JSON.parse(text)).toEqual({ title: hostile });
  expect(printable('茶\tCafé 👩‍👩‍👧\n')).toBe('茶\tCafé 👩‍👩‍👧\n');
});

test('a cell with line ends stays in its row', () => {
  expect(table(['id', 'title'], [['1', 'Tea\nfree']]).split('\n').length).toBe(2);
});
