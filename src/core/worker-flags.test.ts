import { expect, test } from 'vitest';
import { workerFlags } from './worker-flags.ts';

test('threads get the flags of the process, unless these say what it runs itself', () => {
  expect(workerFlags(['--input-type=module', '-e', 'await 1', '--no-warnings'])).toEqual({ execArgv: [] });
  expect(workerFlags(['--eval=1'])).toEqual({ execArgv: [] });
  expect(workerFlags(['--max-old-space-size=4096', '--enable-source-maps', '--permission'])).toEqual({});
  expect(workerFlags([])).toEqual({});
});
