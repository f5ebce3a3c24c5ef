/**
 * How a shop stands up to faults: processes killed while they record, seal, import and train; each file of a shop deleted,
 * emptied, cut, zeroed and with a flipped bit; hostile values and files; and how long a record() waits beside a large import.
 *
 * node bench/faults.ts [--only kills,damages,hostile,waiting] [--kills 200] [--damages 300] [--files 200] [--rows 5000000]
 *   [--seed 1] [--json] [--save]
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Random } from '../src/core/random.ts';
import { damages } from './faults/damages.ts';
import { hostile } from './faults/hostile.ts';
import { kills } from './faults/kills.ts';
import { waiting } from './faults/waiting.ts';
import { benchFlags, print } from './peers/comparison.ts';

const flags = benchFlags({
  only: { type: 'string', default: 'kills,damages,hostile,waiting' },
  kills: { type: 'string', default: '200' },
  damages: { type: 'string', default: '300' },
  files: { type: 'string', default: '200' },
  rows: { type: 'string', default: '5000000' },
  seed: { type: 'string', default: '1' },
});
const parts = new Set(flags.only.split(','));
const figures: Record<string, number> = {};
const root = await mkdtemp(join(tmpdir(), 'shelfwise-faults-'));
const run = { root, figures, random: new Random(Number(flags.seed)) };
try {
  // The waiting first: it wants a quiet machine.
  if (parts.has('waiting')) await tell(waiting(run, Number(flags.rows)));
  if (parts.has('kills')) await tell(kills(run, Number(flags.kills)));
  if (parts.has('damages')) await tell(damages(run, Number(flags.damages)));
  if (parts.has('hostile')) await tell(hostile(run, Number(flags.files)));
} finally {
  await rm(root, { recursive: true, force: true });
}
print({ name: 'faults', figures, peers: {}, ratios: {} }, flags);

/** Each part's figures as it ends: all of it takes long. */
async function tell(part: Promise<void>): Promise<void> {
  const before = new Set(Object.keys(figures));
  await part;
  for (const [name, value] of Object.entries(figures)) if (!before.has(name)) console.error(`${name}: ${value}`);
}
