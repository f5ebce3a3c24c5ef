import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { openWasmDenseMath } from '../math/wasm-dense-math.ts';
import { modelSettings } from './registry.ts';
import { sasrec } from './sasrec.ts';

const script = fileURLToPath(new URL('../../test/processes/train-sasrec.ts', import.meta.url));

/** @param lines - after so many it is killed. @returns what it printed first and last */
async function trained(args: readonly string[], lines = Infinity): Promise<{ first: string; last: string }> {
  const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  let [first, last, seen] = ['', '', 0];
  for await (const line of createInterface({ input: child.stdout })) {
    last = line;
    first ||= line;
    if (++seen >= lines) child.kill('SIGKILL');
  }
  await ended;
  return { first, last };
}

test('a training that is killed again and again ends with the bytes of an unbroken one', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sasrec-'));
  try {
    const whole = await trained([]);
    expect(whole.last).toMatch(/^weights /u);
    for (const lines of [1, 8]) expect((await trained([join(folder, 'a')], lines)).last).toMatch(/^epoch /u);
    const kept = await readdir(join(folder, 'a'));
    expect(kept.length).toBeGreaterThan(0);
    // A checkpoint that was half written, or damaged, is not gone on from.
    await writeFile(join(folder, 'a', '.writing-left'), 'half');
    await rm(join(folder, 'a', '999'), { recursive: true, force: true });
    const again = await trained([join(folder, 'a')]);
    expect(again.last).toBe(whole.last);
    expect(again.first).not.toMatch(/^epoch 1 of/u);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}, 120_000);

test('what it needs, and settings that do not go together, are said', async () => {
  const dense = await openWasmDenseMath(1);
  const histories = { itemCount: 2, items: Int32Array.of(0, 1), offsets: Int32Array.of(0, 2), ordered: true };
  const fitted = (settings: Readonly<Record<string, number>>) =>
    sasrec.fit({ histories }, modelSettings(sasrec, settings), { compute: { threads: 1, dense }, seed: 1 });
  await expect(fitted({})).rejects.toMatchObject({
    code: 'SW_PART_MISSING',
    hint: expect.stringMatching(/npm install/u),
  });
  await expect(fitted({ dimensions: 9 })).rejects.toMatchObject({ code: 'SW_SETTING' });
  await dense.close();
});
