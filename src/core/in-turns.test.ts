import { expect, test } from 'vitest';
import { inTurns } from './in-turns.ts';

test('each number once, in order, and a timer has its turn long before the end', async () => {
  const done: number[] = [];
  let doneAtTimer = -1;
  const timer = setTimeout(() => {
    doneAtTimer = done.length;
  }, 0);
  await inTurns(2_000, (n) => {
    done.push(n);
    // A tenth of a millisecond each.
    for (const until = performance.now() + 0.1; performance.now() < until; );
  });
  clearTimeout(timer);
  expect(done).toEqual(Array.from({ length: 2_000 }, (_, n) => n));
  expect(doneAtTimer).toBeGreaterThan(0);
  expect(doneAtTimer).toBeLessThan(1_000);
});

test('nothing to do ends at once, and an error stops the work', async () => {
  await inTurns(0, () => expect.unreachable());
  let calls = 0;
  const failing = inTurns(1_000, (n) => {
    calls++;
    if (n === 300) throw new Error('the 301st');
  });
  await expect(failing).rejects.toThrow('the 301st');
  expect(calls).toBe(301);
});
