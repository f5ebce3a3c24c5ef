import { expect, test } from 'vitest';
import { KernelMemory, liesIn, sharedMemory } from './kernel-memory.ts';

test('several that work over one memory have room of their own, and what lies there stays', () => {
  const { memory, at } = sharedMemory(4_000)!;
  const first = new Float32Array(memory.buffer, at, 1_000).fill(7);
  liesIn(memory, [first]);
  const owners = [new KernelMemory(first), new KernelMemory(first), new KernelMemory(first)];
  for (const owner of owners) expect(owner.holding(first)).toBe(first);
  const arrays: Float32Array[] = [];
  for (let n = 0; n < 60; n++) {
    const array = owners[(n * 7) % 3]!.f32(100 + 997 * (n % 40));
    expect([array.every((value) => value === 0), array.byteOffset % 16]).toEqual([true, 0]);
    arrays.push(array.fill(n + 1));
  }
  for (const [n, array] of arrays.entries()) expect(array.every((value) => value === n + 1)).toBe(true);
  expect(first.every((value) => value === 7)).toBe(true);
});

test('what lies elsewhere is copied, and more than one memory can have gets none', () => {
  const elsewhere = Float32Array.of(1, 2, 3);
  const copy = new KernelMemory(elsewhere).holding(elsewhere);
  expect(copy).not.toBe(elsewhere);
  expect(copy).toEqual(elsewhere);
  expect(sharedMemory(2 ** 32)).toBeUndefined();
});
