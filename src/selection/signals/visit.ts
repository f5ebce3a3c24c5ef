/**
 * The visit itself: length and breadth of the history, and how sharp the models' opinions are. The same for all
 * candidates, so alone it moves nothing; a form with hidden units lets it change what the other signals mean.
 */
import type { ModelState } from '../../models/model.ts';
import { columnsOf, type FittedSignal, type SignalDefinition, type SignalRequest } from './signal.ts';

export const visit: SignalDefinition = {
  name: 'visit',
  fit: () => new Visit(),
  load: () => new Visit(),
};

class Visit implements FittedSignal {
  readonly columns = columnsOf('visit', ['length', 'repeats', 'sharpness']);

  write({ query, candidates, scores }: SignalRequest, out: Float32Array, stride: number, at: number): void {
    const length = Math.log(1 + query.items.length);
    const repeats = query.items.length === 0 ? 0 : 1 - new Set(query.items).size / query.items.length;
    let [most, sum] = [0, 0];
    for (let c = 0; c < candidates.length; c++) {
      const s = Math.max(0, scores[c]!);
      if (s > most) most = s;
      sum += s;
    }
    const sharpness = sum > 0 ? Math.log((most * candidates.length) / sum) : 0;
    for (let c = 0; c < candidates.length; c++) {
      const to = c * stride + at;
      out[to] = length;
      out[to + 1] = repeats;
      out[to + 2] = sharpness;
    }
  }

  state(): ModelState {
    return { meta: {}, arrays: {} };
  }
}
