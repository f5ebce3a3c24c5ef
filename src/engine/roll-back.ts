/** Goes back to a generation that was trained before: it answers from the next request on, in other processes once they have loaded it. */
import { ShelfwiseError } from '../core/errors.ts';
import type { ShopStore } from '../data/shop-store.ts';
import type { Compute } from '../models/model.ts';
import { generationsOf, makeCurrent } from './artefacts.ts';
import { loadGeneration } from './generation.ts';

export interface RolledBack {
  readonly from: number | undefined;
  readonly to: number;
}

/**
 * @param to - number of a generation that is kept; the newest before the current one where absent
 * @throws ShelfwiseError `SW_USAGE` where there is none, `SW_MODEL_STATE` where it is damaged, `SW_SHOP_BUSY` while a
 *   training runs; the current generation then stays
 */
export async function rollBack(
  { folder, store, compute }: { folder: string; store: Pick<ShopStore, 'beginTraining'>; compute: Compute },
  to?: number,
): Promise<RolledBack> {
  const right = await store.beginTraining();
  try {
    const { current, all } = await generationsOf(folder);
    const others = all.filter(({ number }) => number !== current);
    const wanted =
      to === undefined
        ? others.find(({ number }) => current === undefined || number < current)
        : all.find(({ number }) => number === to);
    if (!wanted) {
      const expected = to === undefined ? 'a generation before the current one' : `generation ${to}`;
      const kept = all.map(({ number }) => number).join(', ') || 'none';
      throw new ShelfwiseError(
        'SW_USAGE',
        `rollback: expected ${expected}, got a shop that keeps ${kept}${current === undefined ? '' : ` (current: ${current})`}.`,
        'Name one that is kept, or train.',
      );
    }
    await loadGeneration(wanted, compute);
    await makeCurrent(folder, right, wanted.number);
    return { from: current, to: wanted.number };
  } finally {
    right.end();
  }
}
