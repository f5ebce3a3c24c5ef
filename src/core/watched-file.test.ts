import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { WatchedFile } from './watched-file.ts';

test('a file that is made, written, replaced or removed is another; one that rests is the same', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'watched-'));
  const path = join(folder, 'one.json');
  const file = new WatchedFile(path);
  const settled = async (): Promise<boolean[]> => {
    const first = file.isSame();
    await sleep(80);
    file.isSame();
    return [first, file.isSame()];
  };
  expect(await settled()).toEqual([false, true]);
  writeFileSync(path, 'a');
  expect(await settled()).toEqual([false, true]);
  writeFileSync(path, 'b');
  expect(await settled()).toEqual([false, true]);
  writeFileSync(`${path}.new`, 'b');
  renameSync(`${path}.new`, path);
  expect(await settled()).toEqual([false, true]);
  rmSync(path);
  expect(await settled()).toEqual([false, true]);
  rmSync(folder, { recursive: true });
});
