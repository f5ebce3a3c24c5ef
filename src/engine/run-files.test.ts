import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { castagnoli, RunFiles } from './run-files.ts';

test('the checksum has its known value', () => {
  // RFC 3720, B.4.
  expect(castagnoli(Buffer.from('123456789'))).toBe(0xe3069283);
  expect(castagnoli(new Uint8Array(32))).toBe(0x8a9136aa);
});

test('each training has a folder of its own, with a line and an event for each record', async () => {
  const root = await mkdtemp(join(tmpdir(), 'runs-'));
  try {
    let now = Date.UTC(2026, 0, 2, 3, 4, 5);
    const runs = new RunFiles(join(root, 'runs'), () => now);
    const record = runs.begin('sasrec');
    record({ step: 10, values: { loss: 7.5, rate: 0.001 } });
    now += 1000;
    runs.begin('sasrec');
    record({ step: 20, values: { loss: 6.5, 'NDCG@10': 0.04 } });
    const [first, second] = (await readdir(join(root, 'runs'))).sort();
    expect(first).toMatch(/^sasrec-2026-01-02T03-04-05-000Z-\d+$/u);
    expect(second).not.toBe(first);
    const lines = (await readFile(join(root, 'runs', first!, 'events.jsonl'), 'utf8')).trim().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { step: 10, loss: 7.5, rate: 0.001 },
      { step: 20, loss: 6.5, 'NDCG@10': 0.04 },
    ]);
    const events = (await readdir(join(root, 'runs', first!))).find((name) => name.startsWith('events.out.tfevents'));
    const bytes = await readFile(join(root, 'runs', first!, events!));
    const nowhere = () => new RunFiles(join(root, 'runs', first!, 'events.jsonl')).begin('sasrec');
    expect(nowhere).toThrow(expect.objectContaining({ code: 'SW_USAGE' }));
    let [at, records] = [0, 0];
    for (; at < bytes.length; records++) at += 16 + Number(bytes.readBigUInt64LE(at));
    expect([at, records]).toEqual([bytes.length, 3]);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
});
