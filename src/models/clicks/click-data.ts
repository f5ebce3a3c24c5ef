/** What models of clicks learn from. */
import type { KnowledgeGraph } from '../../data/knowledge-graph.ts';
import type { LabelledPairs } from '../../data/labelled-pairs.ts';

export interface ClickData {
  readonly userCount: number;
  readonly itemCount: number;
  readonly train: LabelledPairs;
  /** Held back, to stop by. */
  readonly validation: LabelledPairs;
  /** Of the items, where something is known of them. */
  readonly graph?: KnowledgeGraph;
}

/** What each user chose by the first task, each item once, as rows of a sparse matrix. */
export function choicesOf({ userCount, train }: ClickData): { offsets: Int32Array; items: Int32Array } {
  const [labels] = Object.values(train.labels);
  const rows: Set<number>[] = Array.from({ length: userCount }, () => new Set());
  for (const [n, user] of train.users.entries()) if (labels![n] === 1) rows[user]!.add(train.items[n]!);
  const offsets = new Int32Array(userCount + 1);
  for (const [user, row] of rows.entries()) offsets[user + 1] = offsets[user]! + row.size;
  return { offsets, items: Int32Array.from(rows.flatMap((row) => [...row].sort((a, b) => a - b))) };
}
