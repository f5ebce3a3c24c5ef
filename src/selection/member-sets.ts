/** The base models that a selection unites by default: those that suit the kind of data, chosen on validation. */
import type { MemberChoice } from './selection-task.ts';

const optional = true;

const interactions: readonly MemberChoice[] = [
  { model: 'rp3beta' },
  { model: 'item-knn' },
  { model: 'als', optional },
  { model: 'graph-filter', optional },
  { model: 'ease', optional },
  { model: 'popularity', quota: 50 },
];

const sequence: readonly MemberChoice[] = [
  { model: 'transition-knn' },
  {
    model: 'transition-knn',
    as: 'transition-last',
    settings: { historyDecay: 0.1, window: 3, gapDecay: 0.5 },
    quota: 100,
  },
  { model: 'item-knn' },
  { model: 'rp3beta', quota: 100 },
  { model: 'ease', optional },
  { model: 'content-profile', optional, quota: 100 },
  { model: 'content-aligned', optional, quota: 100 },
  { model: 'popularity', quota: 100 },
];

const session: readonly MemberChoice[] = [
  { model: 'session-knn' },
  { model: 'transition-knn', settings: { backward: 0.5, historyDecay: 0.6 } },
  {
    model: 'transition-knn',
    as: 'transition-last',
    settings: { backward: 0.6, historyDecay: 0.1, window: 2 },
    quota: 100,
  },
  { model: 'item-knn', quota: 100 },
  { model: 'recently-viewed', quota: 50 },
  { model: 'popularity', quota: 20 },
];

/**
 * Longer tables and more candidates make no better choice in a shop, as measured on visits held back (a wholesaler's
 * orders before November 2011, the demo's store), and every answer pays for them.
 */
const neighbours = 200;

const shop: readonly MemberChoice[] = [
  { model: 'transition-knn', settings: { neighbours }, quota: 100 },
  {
    model: 'transition-knn',
    as: 'transition-last',
    settings: { historyDecay: 0.1, window: 3, gapDecay: 0.5, neighbours },
    quota: 50,
  },
  { model: 'item-knn', settings: { neighbours }, quota: 100 },
  { model: 'rp3beta', settings: { neighbours }, quota: 50 },
  // People come back to what they met: in a wholesaler's orders this is the best single model.
  { model: 'recently-viewed', quota: 100 },
  // It looks at many long vectors to find its best; to score what the others bring costs it little. A quarter of its usual
  // directions choose as well here, for a fifth of the time.
  { model: 'graph-filter', optional, quota: 0, settings: { rank: 128, neighbours, search: 'all' } },
  // It brings what nobody has met yet.
  { model: 'content-knn', optional, quota: 100 },
  { model: 'content-profile', optional, quota: 50 },
  { model: 'content-aligned', optional, quota: 100 },
  { model: 'popularity', quota: 50 },
];

/** @param task - sequence, interactions, session or shop */
export function defaultMembers(task: string): readonly MemberChoice[] {
  switch (task) {
    case 'interactions':
      return interactions;
    case 'session':
      return session;
    case 'shop':
      return shop;
    default:
      return sequence;
  }
}
