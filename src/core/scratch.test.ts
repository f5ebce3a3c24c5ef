import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { isGone, isOfThisHost, ownTag, sweepScratch, tagIn, tagOfThread } from './scratch.ts';

const folder = mkdtempSync(join(tmpdir(), 'scratch-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const [host, pid, start] = ownTag.split('-') as [string, string, string];
const deadPid = spawnSync(process.execPath, ['-p', 'process.pid'], { encoding: 'utf8' }).stdout.trim();
const dead = `${host}-${deadPid}-${start}-0`;
const foreign = `${host === '00000000' ? '11111111' : '00000000'}-${deadPid}-${start}-0`;

test('the dead are told from the living, other hosts from this one', () => {
  expect([isGone(ownTag), isGone(tagOfThread(77)), isGone(dead), isGone(foreign)]).toEqual([false, false, true, false]);
  expect([isOfThisHost(dead), isOfThisHost(foreign)]).toEqual([true, false]);
  // A container that is started again has the same process number, and began at another time.
  if (start !== '0') expect(isGone(`${host}-${pid}-${start}z-0`)).toBe(true);
});

test('names give their tags, and names of others give none', () => {
  expect(tagIn(`.writing-${ownTag}-a.parquet`)).toBe(ownTag);
  expect(tagIn(`spill-${ownTag}`)).toBe(ownTag);
  expect(tagIn(`manifest.json.${ownTag}.tmp`)).toBe(ownTag);
  for (const name of ['notes.tmp', '.writing-mine', 'spill-7', `x-${ownTag}`, `${ownTag}.txt`])
    expect(tagIn(name)).toBeUndefined();
});

test('what the dead left is swept, and nothing else', () => {
  const old = `.writing-${foreign}-old`;
  const names = [`.writing-${dead}-x`, `a.${dead}.tmp`, old];
  const stay = [`.writing-${ownTag}-x`, `a.${ownTag}.tmp`, `.writing-${foreign}-new`, 'a.tmp', '.writing-mine'];
  for (const name of [...names, ...stay]) writeFileSync(join(folder, name), 'x');
  mkdirSync(join(folder, `spill-${dead}`, 'deep'), { recursive: true });
  mkdirSync(join(folder, `spill-${ownTag}`));
  const before = Date.now() / 1000 - 2 * 86_400;
  utimesSync(join(folder, old), before, before);
  sweepScratch(folder);
  expect(readdirSync(folder).sort()).toEqual([...stay, `spill-${ownTag}`].sort());
  sweepScratch(join(folder, 'none'));
  expect(existsSync(join(folder, 'none'))).toBe(false);
});
