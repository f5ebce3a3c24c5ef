/**
 * The shopper's own past with a candidate: touched before, how often, how long ago, in this session or an earlier one.
 * Sessions come back to their items; a signal that forgets this loses a fifth of them.
 */
import type { ModelState } from '../../models/model.ts';
import { columnsOf, type FittedSignal, type SignalDefinition, type SignalRequest } from './signal.ts';

const parts = ['seen', 'times', 'recent', 'last', 'steps', 'session', 'length'] as const;

export const repeat: SignalDefinition = {
  name: 'repeat',
  reason: {
    say: (_, { column }) => {
      if (!(column('repeat.seen') > 0)) return undefined;
      const times = Math.round(Math.expm1(column('repeat.times')));
      const stepsAgo = Math.round(Math.expm1(column('repeat.steps')));
      return { kind: 'repeat', items: [], facts: { times, stepsAgo } };
    },
    sentences: {
      repeat: {
        en: ({ facts: { times = 1 }, verb }) =>
          times > 1 ? `You ${verb} it ${times} times before.` : `You ${verb} it before.`,
        zh: ({ facts: { times = 1 }, verb }) => (times > 1 ? `您已${verb} ${times} 次。` : `您之前${verb}。`),
      },
    },
  },
  fit: ({ histories }) => new Repeat(histories.itemCount),
  load: ({ meta }) => new Repeat(meta['itemCount'] as number),
};

class Repeat implements FittedSignal {
  readonly columns = columnsOf('repeat', parts);
  readonly #count: Int32Array;
  /** Steps from the end of the history to the newest touch, 0 for the last. */
  readonly #step: Int32Array;

  constructor(itemCount: number) {
    this.#count = new Int32Array(itemCount);
    this.#step = new Int32Array(itemCount);
  }

  write({ query, candidates }: SignalRequest, out: Float32Array, stride: number, at: number): void {
    const { items, sessions } = query;
    const length = items.length;
    const known = this.#count.length;
    for (let p = 0; p < length; p++) {
      const item = items[p]!;
      if (item < 0 || item >= known) continue;
      this.#count[item]!++;
      this.#step[item] = length - 1 - p;
    }
    const current = sessions?.[length - 1];
    const scale = Math.log((1 + length) / 4);
    for (let c = 0; c < candidates.length; c++) {
      const item = candidates[c]!;
      const times = this.#count[item]!;
      const step = this.#step[item]!;
      const to = c * stride + at;
      const seen = times > 0 ? 1 : 0;
      out[to] = seen;
      out[to + 1] = seen * Math.log(1 + times);
      out[to + 2] = seen / (1 + step);
      out[to + 3] = seen && step === 0 ? 1 : 0;
      out[to + 4] = seen * Math.log(1 + step);
      out[to + 5] = seen && (!sessions || sessions[length - 1 - step] === current) ? 1 : 0;
      out[to + 6] = seen * scale;
    }
    for (let p = 0; p < length; p++) if (items[p]! >= 0 && items[p]! < known) this.#count[items[p]!] = 0;
  }

  state(): ModelState {
    return { meta: { itemCount: this.#count.length }, arrays: {} };
  }
}
