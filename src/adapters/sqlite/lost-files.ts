/**
 * What lies in a folder of the shop and belongs to nothing that the shop knows. Nothing of it is deleted: a file under a
 * name that Shelfwise gives is moved to `lost/`, where it can be looked at and put back; any other file is left alone.
 */
import { existsSync, mkdirSync, readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';

/** Names of the files of sealed segments. */
export const segmentName: RegExp = /^[0-9a-z]+-[0-9a-f]{8}\.(parquet|ids|people)$/;
/** Names of quarantine files: the import's id and a random part. */
export const quarantineName: RegExp = /^.+-[0-9a-f]{6}\.parquet$/;

/**
 * @param part - folder inside the shop
 * @returns what was moved, as paths inside the shop
 */
export function moveLost(shopFolder: string, part: string, own: RegExp, known: ReadonlySet<string>): string[] {
  const folder = join(shopFolder, part);
  if (!existsSync(folder)) return [];
  const moved: string[] = [];
  for (const name of readdirSync(folder).sort()) {
    if (known.has(name) || !own.test(name)) continue;
    moved.push(`${part}/${name}`);
    moveAside(shopFolder, `${part}/${name}`);
  }
  return moved;
}

/** Moves a file of the shop into `lost/`, beside what may lie there under its name. */
export function moveAside(shopFolder: string, file: string): string {
  const target = join(shopFolder, 'lost', file);
  mkdirSync(join(target, '..'), { recursive: true });
  let free = target;
  for (let n = 1; existsSync(free); n++) free = `${target}.${n}`;
  renameSync(join(shopFolder, file), free);
  return free;
}

/** Parts of a shop that lie in a folder: what a new shop may not be made over. */
export function tracesOfShop(shopFolder: string): string[] {
  const traces: string[] = [];
  if (existsSync(join(shopFolder, 'manifest.json'))) traces.push('manifest.json');
  for (const [part, own] of [
    ['segments', segmentName],
    ['quarantine', quarantineName],
    ['models', /^(\d{6}|current\.json)$/],
  ] as const) {
    const folder = join(shopFolder, part);
    if (existsSync(folder) && readdirSync(folder).some((name) => own.test(name))) traces.push(`${part}/`);
  }
  return traces;
}
