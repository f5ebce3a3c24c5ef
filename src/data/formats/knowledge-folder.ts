/**
 * The `clicks` layouts: who chose what, and triples about it. That of KGCN's music set (user_artists.dat with a header,
 * item_index2entity_id.txt, kg.txt) and that of RecBole (NAME.inter, NAME.link, NAME.kg with typed headers). Items, users and
 * entities get dense indices in an order of chance: in the public files they tell of popularity.
 */
import { existsSync, readdirSync } from 'node:fs';
import { basename } from 'node:path';
import { ShelfwiseError } from '../../core/errors.ts';
import { Random } from '../../core/random.ts';
import { type GraphRepairs, type KnowledgeGraph, knowledgeGraph } from '../knowledge-graph.ts';
import { readLines } from './lines.ts';
import { partsOf } from './parts.ts';

export interface KnowledgeSet {
  readonly userCount: number;
  readonly itemCount: number;
  /** Who chose what, each pair once; shape `[pairs]`. */
  readonly users: Int32Array;
  readonly items: Int32Array;
  readonly graph: KnowledgeGraph;
  readonly repairs: GraphRepairs & {
    /** Choices of items that no entity stands for, and triples of entities that no triple joins to an item. */
    readonly unlinked: number;
    readonly dangling: number;
  };
}

interface Tables {
  readonly choices: readonly (readonly [user: string, item: string])[];
  /** Entity of each item. */
  readonly links: ReadonlyMap<string, string>;
  readonly triples: readonly (readonly [head: string, relation: string, tail: string])[];
}

/** @throws ShelfwiseError `SW_INPUT_FORMAT`, `SW_INPUT_ROW`, `SW_INPUT_EMPTY` naming file and line */
export async function readKnowledge(folder: string, seed: number): Promise<KnowledgeSet> {
  return numbered(isRecbole(folder) ? await readRecbole(folder) : await readMusic(folder), folder, seed);
}

function isRecbole(folder: string): boolean {
  return existsSync(folder) && readdirSync(folder).some((name) => /\.inter(\.gz)?$/u.test(name));
}

async function readMusic(folder: string): Promise<Tables> {
  const names = ['user_artists.dat', 'item_index2entity_id.txt', 'kg.txt'];
  const [chosen, linked, known] = partsOf(folder, 'clicks', names) as [string, string, string];
  const choices = (await rowsOf(chosen, 'user, item and weight', 2)).slice(1);
  const links = await rowsOf(linked, 'item and entity', 2);
  const triples = await rowsOf(known, 'head, relation and tail', 3);
  return {
    choices: choices.map(([user, item]) => [user!, item!] as const),
    links: new Map(links.map(([item, entity]) => [item!, entity!])),
    triples: triples.map(([head, relation, tail]) => [head!, relation!, tail!] as const),
  };
}

async function readRecbole(folder: string): Promise<Tables> {
  const file = (ending: string): string => {
    const found = readdirSync(folder).filter((name) => name.endsWith(ending) || name.endsWith(`${ending}.gz`));
    if (found.length === 1) return `${folder}/${found[0]}`;
    const message = `${folder}: expected one file that ends in ${ending}, found ${found.length}.`;
    throw new ShelfwiseError('SW_INPUT_FORMAT', message, 'RecBole has NAME.inter, NAME.link and NAME.kg.');
  };
  const [choices, links, triples] = [
    await fieldsOf(file('.inter'), ['user_id', 'item_id']),
    await fieldsOf(file('.link'), ['item_id', 'entity_id']),
    await fieldsOf(file('.kg'), ['head_id', 'relation_id', 'tail_id']),
  ];
  return {
    choices: choices as unknown as Tables['choices'],
    links: new Map(links as unknown as [string, string][]),
    triples: triples as unknown as Tables['triples'],
  };
}

async function rowsOf(path: string, expected: string, least: number): Promise<string[][]> {
  const rows: string[][] = [];
  for await (const { line, text } of readLines(path)) {
    if (text.trim() === '') continue;
    const fields = text.trim().split(/\s+/u);
    if (fields.length < least) throw badRow(path, line, expected, text);
    rows.push(fields);
  }
  if (rows.length > 0) return rows;
  const message = `${path}: expected ${expected} on each line, the file is empty.`;
  throw new ShelfwiseError('SW_INPUT_EMPTY', message, 'Check the file.');
}

/** Columns by their names in a header of `name:type` fields. */
async function fieldsOf(path: string, names: readonly string[]): Promise<string[][]> {
  let places: number[] | undefined;
  const rows: string[][] = [];
  for await (const { line, text } of readLines(path)) {
    const fields = text.split('\t');
    if (places === undefined) {
      places = names.map((name) => fields.findIndex((field) => field.split(':')[0]!.trim() === name));
      if (places.includes(-1)) {
        const message = `${path}:1: expected a header with ${names.join(', ')}, got ${text.slice(0, 80)}.`;
        throw new ShelfwiseError('SW_INPUT_FORMAT', message, 'RecBole writes `user_id:token` and the like, with tabs.');
      }
      continue;
    }
    if (text.trim() === '') continue;
    const row = places.map((place) => fields[place]?.trim() ?? '');
    if (row.includes('')) throw badRow(path, line, names.join(', '), text);
    rows.push(row);
  }
  if (rows.length > 0) return rows;
  const message = `${path}: expected rows after the header, found none.`;
  throw new ShelfwiseError('SW_INPUT_EMPTY', message, 'Check the file.');
}

function badRow(path: string, line: number, expected: string, got: string): ShelfwiseError {
  const message = `${path}:${line}: expected ${expected}, got ${JSON.stringify(got.slice(0, 60))}.`;
  return new ShelfwiseError('SW_INPUT_ROW', message, 'Correct or remove the line.', { path: basename(path), line });
}

function numbered({ choices, links, triples }: Tables, folder: string, seed: number): KnowledgeSet {
  const random = new Random(seed, 0x6a9e);
  const shuffledIds = (ids: Iterable<string>): Map<string, number> => {
    const all = [...new Set(ids)];
    const order = random.shuffle(Int32Array.from(all.keys()));
    return new Map(all.map((id, n) => [id, order[n]!]));
  };
  const linked = choices.filter(([, item]) => links.has(item));
  if (linked.length === 0) {
    const message = `${folder}: expected choices of items that entities stand for, found none.`;
    throw new ShelfwiseError('SW_INPUT_EMPTY', message, 'Check that the ids of both files are of one kind.');
  }
  const itemOf = shuffledIds(links.keys());
  const userOf = shuffledIds(linked.map(([user]) => user));
  // Items are entities as well, and stand first.
  const entityOf = new Map([...links].map(([item, entity]) => [entity, itemOf.get(item)!]));
  const others = shuffledIds(triples.flatMap(([head, , tail]) => [head, tail]).filter((id) => !entityOf.has(id)));
  for (const [id, n] of others) entityOf.set(id, itemOf.size + n);
  const relationOf = shuffledIds(triples.map(([, relation]) => relation));
  const { graph, repairs } = knowledgeGraph(
    { entities: itemOf.size + others.size, relations: relationOf.size },
    triples.map(([head, relation, tail]) => [entityOf.get(head)!, relationOf.get(relation)!, entityOf.get(tail)!]),
  );
  const pairs = new Map(linked.map(([user, item]) => [`${user} ${item}`, [userOf.get(user)!, itemOf.get(item)!]]));
  const chosen = [...pairs.values()];
  return {
    ...{ userCount: userOf.size, itemCount: itemOf.size, graph },
    users: Int32Array.from(chosen, ([user]) => user!),
    items: Int32Array.from(chosen, ([, item]) => item!),
    repairs: { ...repairs, unlinked: choices.length - linked.length, dangling: danglingOf(graph, itemOf.size) },
  };
}

/** Triples that nothing joins to an item, however far one goes. */
function danglingOf({ entityCount, heads, tails }: KnowledgeGraph, items: number): number {
  const root = Int32Array.from({ length: entityCount + 1 }, (_, n) => (n < items ? entityCount : n));
  const find = (entity: number): number => {
    let at = entity;
    while (root[at] !== at) {
      root[at] = root[root[at]!]!;
      at = root[at]!;
    }
    return at;
  };
  for (const [n, head] of heads.entries()) root[find(head)] = find(tails[n]!);
  const joined = find(entityCount);
  return heads.reduce((count, head) => count + Number(find(head) !== joined), 0);
}
