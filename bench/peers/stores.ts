/** Stores of any size, made by the script of the scale cases: for speed, memory and growth, never for quality. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { dataPath } from './comparison.ts';

export interface StoreSize {
  readonly products: number;
  readonly people: number;
  readonly events: number;
}

export const storeSizes: Readonly<Record<string, StoreSize>> = {
  S: { products: 10_000, people: 10_000, events: 200_000 },
  M: { products: 100_000, people: 100_000, events: 2_000_000 },
  L: { products: 1_000_000, people: 200_000, events: 4_000_000 },
  T: { products: 100_000, people: 500_000, events: 10_000_000 },
};

const script = join(dataPath('..'), 'cases/scale/make-store.mjs');

/** Why no store can be made; undefined where one can. */
export function whyNoStores(): string | undefined {
  return existsSync(script) ? undefined : `skipped, because ${script} is not there.`;
}

/** The names of sizes as they were given, `S,M`. */
export function sizesOf(names: string): string[] {
  return names.split(',').map((name) => {
    if (storeSizes[name]) return name;
    throw new Error(`expected sizes of ${Object.keys(storeSizes).join(', ')}, got "${name}".`);
  });
}

/** Writes a store's events to a file of comma-separated values. */
export function writeStore({ products, people, events }: StoreSize, file: string): void {
  execFileSync(process.execPath, [script, ...[products, people, events].map(String), file]);
}
