import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { LoggedSlate, SlateSpan } from '../../data/slate-log.ts';
import { SlateFiles } from './slate-files.ts';

const dayMs = 86_400_000;
const noon = Date.UTC(2026, 5, 10, 12);
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slates-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const slate = (n: number, time = noon + n): LoggedSlate => ({
  ...{ recommendationId: `r${n}`, time, person: 17, generation: 2, policy: 'best', place: '', candidates: 40 },
  fellBack: ['untrained_products'],
  items: [
    { productId: '杯子', variantId: 'cup-1', probability: 0.25, features: Float32Array.of(n, -0.5, 1e-30, Infinity) },
    { productId: 'filler' },
  ],
});

async function idsOf(log: SlateFiles, span?: SlateSpan): Promise<string[]> {
  const ids: string[] = [];
  for await (const { recommendationId } of log.read(span)) ids.push(recommendationId);
  return ids;
}

test('what is added is read back as it was, by spans of time, from the files of all who write', async () => {
  const [one, two] = [new SlateFiles(folder), new SlateFiles(folder)];
  const all = [slate(0), slate(1), slate(2, noon + dayMs)];
  one.add(all[0]!, 30);
  one.add(all[2]!, 30);
  await one.flush();
  two.add(all[1]!, 30);
  await two.close();
  const read: LoggedSlate[] = [];
  for await (const found of one.read()) read.push(found);
  expect(read).toEqual(all);
  expect(await idsOf(one, { since: noon + 1 })).toEqual(['r1', 'r2']);
  expect(await idsOf(one, { until: noon + 1 })).toEqual(['r0']);
  expect(await idsOf(one, { since: noon + 1, until: noon + 2 })).toEqual(['r1']);
  expect(one.lost).toBe(0);
});

test('nobody has to ask for it to be written', async () => {
  const log = new SlateFiles(folder);
  log.add(slate(0), 30);
  await expect.poll(() => readdir(folder), { timeout: 5000 }).toEqual(['slates']);
  await expect.poll(async () => (await readdir(join(folder, 'slates'))).length).toBe(1);
});

test('a member that a killed process left torn is stopped before', async () => {
  const log = new SlateFiles(folder);
  for (let n = 0; n < 5; n++) log.add(slate(n), 30);
  await log.flush();
  const [name] = await readdir(join(folder, 'slates'));
  const path = join(folder, 'slates', name!);
  const whole = (await readFile(path)).length;
  for (let n = 5; n < 10; n++) log.add(slate(n), 30);
  await log.flush();
  expect(await idsOf(log)).toHaveLength(10);
  for (const cut of [1, 9, 40]) {
    await truncate(path, (await readFile(path)).length - cut);
    const ids = await idsOf(log);
    expect(ids.slice(0, 5)).toEqual(['r0', 'r1', 'r2', 'r3', 'r4']);
    expect(ids.length).toBeLessThanOrEqual(10);
  }
  await truncate(path, whole);
  expect(await idsOf(log)).toHaveLength(5);
});

test('days that are no longer kept go, and nothing else does', async () => {
  const log = new SlateFiles(folder);
  for (const day of [0, 1, 2]) log.add(slate(day, noon + day * dayMs), 30);
  await log.flush();
  await writeFile(join(folder, 'slates', 'mine.txt'), 'stays');
  const next = new SlateFiles(folder);
  next.add(slate(3, noon + 3 * dayMs), 2);
  expect(await idsOf(next)).toEqual(['r1', 'r2', 'r3']);
  expect(await readdir(join(folder, 'slates'))).toContain('mine.txt');
});

test('what cannot be written, or comes faster than it can be, is counted as lost and holds nobody up', async () => {
  await writeFile(join(folder, 'slates'), 'in the way');
  const log = new SlateFiles(folder);
  for (let n = 0; n < 20_003; n++) log.add(slate(n), 30);
  expect(log.lost).toBe(3);
  await log.flush();
  expect(log.lost).toBe(20_003);
  const nowhere = new SlateFiles(join(folder, 'no-shop'));
  nowhere.add(slate(0), 30);
  await nowhere.flush();
  expect(nowhere.lost).toBe(1);
  expect(await readdir(folder)).toEqual(['slates']);
});
