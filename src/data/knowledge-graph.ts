/**
 * What is known of items as triples of an entity, a relation and an entity. Items are the first entities: entity i is item i.
 */
import { ShelfwiseError } from '../core/errors.ts';

export interface KnowledgeGraph {
  readonly entityCount: number;
  readonly relationCount: number;
  /** Triple n says that `heads[n]` stands in `relations[n]` to `tails[n]`; each of shape `[triples]`. */
  readonly heads: Int32Array;
  readonly relations: Int32Array;
  readonly tails: Int32Array;
}

/** What was put right. */
export interface GraphRepairs {
  /** Triples that came more than once. */
  readonly repeated: number;
  /** Of an entity with itself. */
  readonly loops: number;
}

/**
 * @throws ShelfwiseError `SW_INPUT_EMPTY` where no triple is left
 */
export function knowledgeGraph(
  counts: { readonly entities: number; readonly relations: number },
  triples: Iterable<readonly [head: number, relation: number, tail: number]>,
): { readonly graph: KnowledgeGraph; readonly repairs: GraphRepairs } {
  const seen = new Set<string>();
  const kept: (readonly [number, number, number])[] = [];
  let [repeated, loops] = [0, 0];
  for (const triple of triples) {
    const key = triple.join(' ');
    if (triple[0] === triple[2]) loops++;
    else if (seen.has(key)) repeated++;
    else kept.push(triple);
    seen.add(key);
  }
  if (kept.length === 0) {
    const message = 'knowledge graph: expected triples between two entities, found none.';
    throw new ShelfwiseError('SW_INPUT_EMPTY', message, 'Check the file of triples.');
  }
  const column = (n: 0 | 1 | 2): Int32Array => Int32Array.from(kept, (triple) => triple[n]);
  return {
    graph: {
      ...{ entityCount: counts.entities, relationCount: counts.relations },
      ...{ heads: column(0), relations: column(1), tails: column(2) },
    },
    repairs: { repeated, loops },
  };
}

/** Edges of each entity, both ways: the other entity, and the relation, that of the way back being `relation + relationCount`. */
export interface Neighbourhoods {
  readonly offsets: Int32Array;
  readonly entities: Int32Array;
  readonly relations: Int32Array;
}

export function neighbourhoods({
  entityCount,
  relationCount,
  heads,
  relations,
  tails,
}: KnowledgeGraph): Neighbourhoods {
  const offsets = new Int32Array(entityCount + 1);
  for (const ends of [heads, tails]) for (const entity of ends) offsets[entity + 1]!++;
  for (let e = 0; e < entityCount; e++) offsets[e + 1]! += offsets[e]!;
  const next = offsets.slice();
  const entities = new Int32Array(2 * heads.length);
  const own = new Int32Array(2 * heads.length);
  for (const [n, head] of heads.entries()) {
    const tail = tails[n]!;
    entities[next[head]!] = tail;
    own[next[head]!++] = relations[n]!;
    entities[next[tail]!] = head;
    own[next[tail]!++] = relations[n]! + relationCount;
  }
  return { offsets, entities, relations: own };
}
