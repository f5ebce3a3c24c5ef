import { expect, test } from 'vitest';
import { withFlags } from './option-flags.ts';

test('options become flags, and everything else stays as it is', () => {
  expect(withFlags('Say it with `map`, or the kind with `kind`.')).toBe(
    'Say it with --map FIELD=COLUMN, or the kind with --as.',
  );
  expect(withFlags('`map.userId`: no such column.')).toBe('--map userId: no such column.');
  expect(withFlags('Run `shelfwise train`, or ask `nobody` and `constructor`.')).toBe(
    'Run `shelfwise train`, or ask `nobody` and `constructor`.',
  );
});
