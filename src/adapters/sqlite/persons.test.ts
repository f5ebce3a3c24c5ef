import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ShopDatabase } from './database.ts';
import { Persons } from './persons.ts';
import { migrations } from './schema.ts';

let root: string;
let path: string;
let database: ShopDatabase | undefined;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'persons-'));
  path = join(root, 'shop.sqlite');
});
afterEach(() => {
  database?.close();
  rmSync(root, { recursive: true, force: true });
});

function keysOf(persons: Persons, ids: readonly string[]): number[] {
  return database!.transaction(() => {
    persons.begin();
    const keys = ids.map((id) => persons.keyOfUser(id));
    persons.finish();
    return keys;
  });
}

test('a key that was given is given to nobody else: not in one transaction, not later, not after its person was forgotten', () => {
  database = ShopDatabase.open(path);
  const drawn = [7, 7, 8, 7, 8, 9, 7, 8, 9, 10];
  const persons = new Persons(database, () => drawn.shift()!);
  expect(keysOf(persons, ['ann', 'ben'])).toEqual([7, 8]);
  expect(keysOf(persons, ['cat', 'ann'])).toEqual([9, 7]);
  database.transaction(() => persons.forget('ann'));
  expect(keysOf(persons, ['ann'])).toEqual([10]);
  expect(() => database!.run('INSERT INTO person_keys (person) VALUES (7)')).toThrow(/UNIQUE/);
});

test('keys are drawn from all of 48 bits, anew for each shop', () => {
  const ids = Array.from({ length: 2_000 }, (_, n) => `u${n}`);
  const shops = [0, 1].map((n) => {
    database = ShopDatabase.open(join(root, `${n}.sqlite`));
    const keys = keysOf(new Persons(database), ids);
    database.close();
    return keys;
  });
  const [first, second] = shops as [number[], number[]];
  expect(new Set([...first, ...second]).size).toBe(4_000);
  expect(first.every((key) => Number.isInteger(key) && key >= 0 && key < 2 ** 48)).toBe(true);
  const mean = first.reduce((sum, key) => sum + key, 0) / first.length / 2 ** 48;
  expect(mean).toBeGreaterThan(0.45);
  expect(mean).toBeLessThan(0.55);
});

test('a shop of the first schema keeps its keys, and they are known as given', () => {
  const old = new DatabaseSync(path);
  old.exec(`${migrations[0]}
    INSERT INTO persons (kind, id, person, joined) VALUES (0, 'ann', 5, 0), (1, 'cookie', 5, 1);
    INSERT INTO aliases (person, canonical) VALUES (6, 5);
    INSERT INTO events (arrival, event_id, kind, time, person, flags) VALUES (1, 'e', 'search', 1, 4, 0), (2, 'f', 'search', 1, 281474976710656, 0);
    INSERT INTO shop (key, value) VALUES ('next_person', 3), ('generation', 4);
    PRAGMA application_id = ${0x53575348}; PRAGMA user_version = 1`);
  old.close();
  database = ShopDatabase.open(path);
  expect(database.all('SELECT person FROM person_keys').map(([key]) => key)).toEqual([4, 5, 6]);
  expect(database.all('SELECT key, value FROM shop')).toEqual([['version', 4]]);
  const drawn = [4, 5, 6, 7];
  expect(keysOf(new Persons(database, () => drawn.shift()!), ['ann', 'ben'])).toEqual([5, 7]);
});
