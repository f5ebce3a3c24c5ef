/** The cleaning steps in the order in which they run. */
import { ShelfwiseError } from '../../../core/errors.ts';
import { exactDuplicates } from './exact-duplicates.ts';
import { impossibleQuantities, negativePrices, zeroPrices } from './impossible-amounts.ts';
import { impossibleTimes } from './impossible-times.ts';
import { impossibleValues } from './impossible-values.ts';
import { missingPrices, missingQuantities, missingTimes, missingUsers } from './missing-values.ts';
import { nonProducts } from './non-products.ts';
import { outliers } from './outliers.ts';
import { refundPairing } from './refund-pairing.ts';
import type { CleaningContext, CleaningStep, Counts } from './step.ts';
import { botTraffic, testTraffic } from './traffic.ts';

export const unparsableRows = 'unparsable-rows';
export const boilerplateStep = 'boilerplate';

export const unmatchedLines = 'unmatched-lines';

/** What was set aside while rows were read and joined. */
async function countAside(context: CleaningContext, step: string): Promise<Counts> {
  const [row] = await context.analytics.rows<{ n: number }>(
    `SELECT count(DISTINCT raw_row) AS n FROM aside WHERE step = '${step}'`,
  );
  return { matched: row!.n, acted: row!.n };
}

/** Counted while the file is read: they cannot be switched to another place in the order. */
const inStream: readonly CleaningStep[] = [
  {
    name: unparsableRows,
    action: 'set-aside',
    summary: 'a row that cannot be read: broken quotes or JSON, another number of cells, a number or time that is none',
    run: (context) => Promise.resolve({ matched: context.unparsable, acted: context.unparsable }),
  },
  {
    name: 'unknown-events',
    action: 'set-aside',
    summary: 'an event whose name is neither known nor given by `eventNames`',
    run: (context) => countAside(context, 'unknown-events'),
  },
  {
    name: unmatchedLines,
    action: 'set-aside',
    summary: 'a line of an order that the file of orders does not have',
    run: (context) => countAside(context, unmatchedLines),
  },
  {
    name: 'unsold-orders',
    action: 'set-aside',
    summary: 'a line of an order that was cancelled, failed or never paid',
    run: (context) => countAside(context, 'unsold-orders'),
  },
  {
    name: 'encoding-damage',
    action: 'repaired',
    summary: 'a text holds U+FFFD or the traces of a wrong encoding (CafÃ©); taken back where that is possible',
    run: (context) => Promise.resolve({ ...context.texts.encoding }),
  },
  {
    name: 'html',
    action: 'repaired',
    summary: 'a text holds tags or entities; tags go, entities become characters',
    run: (context) => Promise.resolve({ ...context.texts.html }),
  },
];

export const cleaningSteps: readonly CleaningStep[] = [
  ...inStream,
  exactDuplicates,
  impossibleValues,
  nonProducts,
  impossibleTimes,
  testTraffic,
  botTraffic,
  zeroPrices,
  negativePrices,
  impossibleQuantities,
  outliers,
  refundPairing,
  missingTimes,
  missingQuantities,
  missingPrices,
  missingUsers,
];

/** Names of every step, for flags and messages. */
export const stepNames: readonly string[] = [...cleaningSteps.map(({ name }) => name), boilerplateStep];

/** Steps that may not be left out: without them there is no event. */
const needed: ReadonlySet<string> = new Set([
  ...[unparsableRows, 'unknown-events', unmatchedLines, 'impossible-values', 'missing-times'],
]);

/** @throws ShelfwiseError `SW_USAGE` for a step that is none or is needed */
export function switchOff(names: readonly string[]): ReadonlySet<string> {
  for (const name of names) {
    if (!stepNames.includes(name))
      throw new ShelfwiseError(
        'SW_USAGE',
        `\`without\`: expected a cleaning step, got "${name}".`,
        `The steps are ${stepNames.join(', ')}.`,
      );
    if (needed.has(name))
      throw new ShelfwiseError(
        'SW_USAGE',
        `\`without\` ${name}: this step is always on.`,
        'Leave it out of `without`.',
      );
  }
  return new Set(names);
}
