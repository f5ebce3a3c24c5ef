import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { labelledClicks } from '../../evaluation/protocols/labelled-clicks.ts';
import { knowledgeGraph, neighbourhoods } from '../knowledge-graph.ts';
import { readKnowledge } from './knowledge-folder.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'knowledge-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

async function folder(files: Readonly<Record<string, string>>): Promise<string> {
  const at = await mkdtemp(join(root, 'set-'));
  for (const [name, text] of Object.entries(files)) await writeFile(join(at, name), text);
  return at;
}

const music = {
  'user_artists.dat': 'userID\tartistID\tweight\n2\t51\t13\n2\t52\t1\n2\t52\t9\n3\t99\t1\n3\t51\t2\n',
  'item_index2entity_id.txt': '51\t0\n52\t1\n',
  'kg.txt': '0\tgenre\t2\n1\tgenre\t2\n0\tgenre\t2\n1\tlike\t1\n7\tfilm\t8\n',
};
const recbole = {
  'lfm.inter': 'user_id:token\titem_id:token\ttimestamp:float\n2\t51\t1\n2\t52\t1\n3\t51\t1\n3\t99\t4\n',
  'lfm.link': 'item_id:token\tentity_id:token\n51\tm.0\n52\tm.1\n',
  'lfm.kg': 'head_id:token\trelation_id:token\ttail_id:token\nm.0\tgenre\tm.2\nm.1\tgenre\tm.2\nm.7\tfilm\tm.8\n',
};

test('both layouts are read, and what is wrong in them is counted', async () => {
  const first = await readKnowledge(await folder(music), 1);
  expect(first.repairs).toEqual({ repeated: 1, loops: 1, unlinked: 1, dangling: 1 });
  const second = await readKnowledge(await folder(recbole), 1);
  expect(second.repairs).toEqual({ repeated: 0, loops: 0, unlinked: 1, dangling: 1 });
  for (const { userCount, itemCount, users, items, graph } of [first, second]) {
    expect([userCount, itemCount, users.length]).toEqual([2, 2, 3]);
    expect([graph.entityCount, graph.relationCount]).toEqual([5, graph === first.graph ? 3 : 2]);
    // Both items are joined to one entity by one relation, both ways.
    const { offsets, entities, relations } = neighbourhoods(graph);
    const beside = (entity: number): number[] => [...entities.subarray(offsets[entity], offsets[entity + 1])].sort();
    expect(beside(0)).toEqual(beside(1));
    expect(beside(beside(0)[0]!)).toEqual([0, 1]);
    expect(relations[offsets[beside(0)[0]!]!]).toBe(relations[offsets[0]!]! + graph.relationCount);
    // The user of two choices chose both items.
    const twice = users.find((user, n) => users.indexOf(user) !== n)!;
    expect([...items].filter((_, n) => users[n] === twice).sort()).toEqual([0, 1]);
  }
});

test('ids are in an order of chance, by the seed', async () => {
  const rows = Array.from({ length: 50 }, (_, n) => n);
  const at = await folder({
    'user_artists.dat': `u\ta\tw\n${rows.map((n) => `${n}\t${n}\t1\n`).join('')}`,
    'item_index2entity_id.txt': rows.map((n) => `${n}\t${n}\n`).join(''),
    'kg.txt': rows.map((n) => `${n}\tr\t60\n`).join(''),
  });
  const [one, again, other] = [await readKnowledge(at, 1), await readKnowledge(at, 1), await readKnowledge(at, 2)];
  expect(one.items).toEqual(again.items);
  expect(one.items).not.toEqual(other.items);
  expect([...one.items]).not.toEqual(rows);
  expect([...one.items].sort((a, b) => a - b)).toEqual(rows);
});

test.each([
  [{ ...music, 'kg.txt': '0\tgenre\n' }, /kg\.txt:1: expected head, relation and tail/u, 'SW_INPUT_ROW'],
  [{ ...music, 'kg.txt': '' }, /the file is empty/u, 'SW_INPUT_EMPTY'],
  [{ ...music, 'item_index2entity_id.txt': '7\t0\n' }, /choices of items that entities stand for/u, 'SW_INPUT_EMPTY'],
  [{ ...recbole, 'lfm.kg': 'head\ttail\n' }, /lfm\.kg:1: expected a header with head_id/u, 'SW_INPUT_FORMAT'],
  [
    { ...recbole, 'lfm.kg': 'head_id:token\trelation_id:token\ttail_id:token\nm.0\t\tm.1\n' },
    /lfm\.kg:2/u,
    'SW_INPUT_ROW',
  ],
  [{ 'lfm.inter': recbole['lfm.inter'] }, /ends in \.link/u, 'SW_INPUT_FORMAT'],
])('what cannot be read is said with its place: %#', async (files: Record<string, string>, message, code) => {
  await expect(readKnowledge(await folder(files), 1)).rejects.toMatchObject({
    code,
    message: expect.stringMatching(message),
  });
});

test('labelled pairs have as many that were not chosen, each once, and none of them chosen', () => {
  const users = Int32Array.from({ length: 300 }, (_, n) => n % 20);
  const items = Int32Array.from({ length: 300 }, (_, n) => Math.floor(n / 20));
  const { train, validation, test: tested } = labelledClicks({ userCount: 20, itemCount: 40, users, items }, 3);
  const all = [train, validation, tested].flatMap((part) =>
    [...part.users].map((user, n) => [user, part.items[n]!, part.labels['click']![n]!] as const),
  );
  expect([train, validation, tested].map((part) => part.users.length)).toEqual([360, 120, 120]);
  expect(new Set(all.map(([user, item]) => `${user} ${item}`)).size).toBe(600);
  for (const [user, item, label] of all) expect(label).toBe(Number(item < 15 && user < 20));
});

test('a graph of nothing is refused', () => {
  expect(() => knowledgeGraph({ entities: 2, relations: 1 }, [[1, 0, 1]])).toThrowError(
    expect.objectContaining({ code: 'SW_INPUT_EMPTY' }),
  );
});
