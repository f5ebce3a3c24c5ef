/**
 * Train sessions and test prefixes with their next item, as the data set gives them; validation is every prefix of the
 * last train sessions, which are the newest where the file is in time order.
 *
 * @source Hidasi et al., Session-based recommendations with recurrent neural networks, ICLR 2016 (next-item protocol)
 * @source Ludewig & Jannach, Evaluation of session-based recommendation algorithms, UMUAI 2018
 */
import type { Histories } from '../../data/histories.ts';
import { rowCount } from '../../data/histories.ts';
import type { Case, Split } from '../cases.ts';
import { maskedFor, type Seen } from './positions.ts';

export interface NextItem {
  readonly prefix: Int32Array;
  readonly next: number;
}

export function givenSessions(
  train: Histories,
  test: readonly NextItem[],
  options: { readonly seen: Seen; readonly heldOutSessions?: number },
): Split {
  const rows = rowCount(train);
  const held = Math.min(options.heldOutSessions ?? 16_000, Math.max(1, Math.floor(rows / 5)));
  const first = rows - held;
  const validation: Case[] = [];
  for (let row = first; row < rows; row++) {
    const start = train.offsets[row]!;
    for (let at = start + 1; at < train.offsets[row + 1]!; at++) {
      const next = { prefix: train.items.subarray(start, at), next: train.items[at]! };
      validation.push({ ...caseOf(next, options.seen), group: row });
    }
  }
  const groups = sessionsOf(test);
  const seen = options.seen === 'mask' ? 'masked' : 'kept';
  return {
    protocol: {
      cut: 'given sessions and prefixes',
      details: [`items of the session ${seen}`, 'fitted on train alone'],
    },
    itemCount: train.itemCount,
    train,
    test: test.map((next, n) => ({ ...caseOf(next, options.seen), group: groups[n]! })),
    fitTrain: {
      ...train,
      offsets: train.offsets.subarray(0, first + 1),
      items: train.items.subarray(0, train.offsets[first]),
    },
    validation,
  };
}

function caseOf({ prefix, next }: NextItem, seen: Seen): Case {
  return { query: { items: prefix }, targets: Int32Array.of(next), masked: maskedFor(prefix, seen) };
}

/**
 * Which session each case was cut from, told by neighbouring lines: one is the other's prefix with its last item moved
 * to the target. Intervals draw whole sessions.
 */
export function sessionsOf(cases: readonly NextItem[]): Int32Array {
  const groups = new Int32Array(cases.length);
  for (let n = 1; n < cases.length; n++) {
    const [one, two] = [cases[n - 1]!, cases[n]!];
    groups[n] = groups[n - 1]! + (follows(one, two) || follows(two, one) ? 0 : 1);
  }
  return groups;
}

/** True where `longer` is `shorter` one step later. */
function follows(longer: NextItem, shorter: NextItem): boolean {
  const { length } = shorter.prefix;
  if (longer.prefix.length !== length + 1 || longer.prefix[length] !== shorter.next) return false;
  for (let i = 0; i < length; i++) if (longer.prefix[i] !== shorter.prefix[i]) return false;
  return true;
}
