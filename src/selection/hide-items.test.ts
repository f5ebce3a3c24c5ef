import { expect, test } from 'vitest';
import { historiesOfRows } from '../../test/contract/planted-histories.ts';
import { caseWithout, hiddenItems, withoutItems } from './hide-items.ts';

const rows = Array.from({ length: 50 }, (_, n) => [n % 20, (n * 7) % 20, (n * 3) % 20]);
const histories = historiesOfRows(rows, 30, true);

test('hides a share of the items that somebody met, the same for the same seed, and no other', () => {
  const many = historiesOfRows(
    Array.from({ length: 2000 }, (_, n) => [n]),
    4000,
    true,
  );
  const hidden = hiddenItems(many, 0.1, 3);
  expect(hiddenItems(many, 0.1, 3)).toEqual(hidden);
  expect(hiddenItems(many, 0.1, 4)).not.toEqual(hidden);
  const count = hidden.reduce((sum, one) => sum + one, 0);
  expect(count).toBeGreaterThan(150);
  expect(count).toBeLessThan(250);
  expect(hidden.subarray(2000).every((one) => one === 0)).toBe(true);
});

test('takes every trace of them out of histories and questions, and leaves what was chosen', () => {
  const hidden = Uint8Array.from({ length: 30 }, (_, item) => (item % 5 === 0 ? 1 : 0));
  const stripped = withoutItems(histories, hidden);
  expect(stripped.offsets).toHaveLength(histories.offsets.length);
  expect(stripped.items.some((item) => hidden[item] === 1)).toBe(false);
  expect(stripped.items.length).toBe(histories.items.filter((item) => hidden[item] === 0).length);
  const asked = caseWithout(
    {
      query: {
        items: Int32Array.of(5, 6, 10, 7),
        times: Float64Array.of(1, 2, 3, 4),
        kinds: Uint8Array.of(0, 1, 2, 3),
        cart: Int32Array.of(10, 11),
      },
      targets: Int32Array.of(5, 8),
      masked: Int32Array.of(5, 6),
      group: 4,
    },
    hidden,
  );
  expect(asked).toEqual({
    query: {
      items: Int32Array.of(6, 7),
      times: Float64Array.of(2, 4),
      kinds: Uint8Array.of(1, 3),
      cart: Int32Array.of(11),
    },
    targets: Int32Array.of(5, 8),
    masked: Int32Array.of(6),
    group: 4,
  });
});
