import { expect, test } from 'vitest';
import type { EventColumns } from './event-store.ts';
import { eventFlags, eventKinds } from './events.ts';
import { takenBack } from './refunds.ts';
import { indexOf, shopHistories } from './shop-histories.ts';

type Row = readonly [
  person: number,
  kind: 'purchase' | 'refund' | 'view_item',
  product: number,
  units: number,
  back?: boolean,
];

function columns(rows: readonly Row[]): EventColumns {
  return {
    length: rows.length,
    person: Float64Array.from(rows, ([person]) => person),
    time: Float64Array.from(rows.keys()),
    kind: Uint8Array.from(rows, ([, kind]) => eventKinds.indexOf(kind)),
    product: Int32Array.from(rows, ([, , product]) => product),
    products: ['a', 'b'],
    session: new Int32Array(rows.length).fill(-1),
    quantity: Float32Array.from(rows, ([, , , units]) => units),
    priceMinor: new Float64Array(rows.length).fill(Number.NaN),
    value: new Float32Array(rows.length).fill(Number.NaN),
    flags: Int32Array.from(rows, ([, , , , back]) => (back ? eventFlags.refunded : 0)),
  };
}

test('a purchase counts as taken back where none of its units is left', () => {
  const marks = takenBack(
    columns([
      [1, 'purchase', 0, 2, true],
      [1, 'purchase', 0, 1, true],
      [1, 'purchase', 1, 5, true],
      [1, 'view_item', 1, 1, true],
      [1, 'refund', 1, 3],
      [1, 'refund', 0, 1],
      [2, 'purchase', 0, 1, true],
      [2, 'purchase', 1, 4],
      [2, 'refund', 1, 4],
      [3, 'purchase', 0, 1, true],
      [3, 'refund', 0, 1],
    ]),
  );
  // Of the first product one of three came back, of the second three of five; one refund is not among the events; one was
  // recorded and not paired by an import.
  expect([...marks]).toEqual([0, 1, 0, 0, 0, 0, 1, 1, 0, 1, 0]);
  // A refund of a sale from before the data takes nothing back that was sold since.
  const before: Row[] = [
    [1, 'refund', 0, 1],
    [1, 'purchase', 0, 1],
  ];
  expect([...takenBack(columns(before))]).toEqual([0, 0]);
});

test('what was bought and returned stands in no history and answers nothing; what was looked at before does', () => {
  const { histories, targets } = shopHistories(
    columns([
      [1, 'view_item', 0, 1],
      [1, 'purchase', 0, 1, true],
      [1, 'refund', 0, 1],
      [1, 'purchase', 1, 2],
    ]),
    indexOf(['a', 'b']),
    {},
  );
  expect([[...histories.items], [...targets]]).toEqual([
    [0, 1],
    [0, 1],
  ]);
});
