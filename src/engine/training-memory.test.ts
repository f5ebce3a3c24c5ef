import { expect, test } from 'vitest';
import { expectedBytes, planMemory } from './training-memory.ts';

const size = { events: 2_000_000, people: 100_000, items: 100_000 };
const wide = 1_000_000;

test('a training that fits is as large as it likes, and more data takes more', () => {
  const { expectedBytes: expected, smaller, featureMB, events } = planMemory(size, 320, wide);
  expect({ smaller, featureMB, events }).toEqual({ smaller: [], featureMB: 320, events: size.events });
  for (const part of ['events', 'people', 'items'] as const)
    expect(expectedBytes({ ...size, [part]: 10 * size[part] }, 320)).toBeGreaterThan(expected);
});

test('texts that are read take more, and few products little', () => {
  expect(expectedBytes({ ...size, texts: true }, 320)).toBeGreaterThan(1.2 * expectedBytes(size, 320));
  const small = { events: 1000, people: 100, items: 300 };
  expect(expectedBytes({ ...small, texts: true }, 0) - expectedBytes(small, 0)).toBeLessThan(100e6);
});

test('features take less first, then only the newest events are learned from, and both are said', () => {
  const whole = planMemory(size, 320, wide).expectedBytes / 1e6;
  const tight = planMemory(size, 320, Math.floor(whole) - 100);
  expect(tight.events).toBe(size.events);
  expect(tight.featureMB).toBeLessThan(320);
  expect(tight.smaller).toHaveLength(1);
  const tighter = planMemory(size, 320, Math.floor(whole * 0.6));
  expect(tighter.events).toBeLessThan(size.events);
  expect(tighter.events).toBeGreaterThan(100_000);
  expect(tighter.smaller[1]).toContain('Of 2,000,000 events about the newest');
  for (const plan of [tight, tighter]) expect(plan.expectedBytes).toBeLessThanOrEqual(plan.limitBytes);
});

test('what cannot fit is refused, with what it needs', () => {
  const refused = expect.objectContaining({
    code: 'SW_MODEL_LIMIT',
    message: expect.stringMatching(/at least [\d,]+ MB/),
  });
  expect(() => planMemory(size, 320, 200)).toThrowError(refused);
});
