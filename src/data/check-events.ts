/** The check that an event passes before any store takes it. */
import { ShelfwiseError } from '../core/errors.ts';
import { eventKinds, type ShopEvent } from './events.ts';

const kinds: ReadonlySet<string> = new Set(eventKinds);
const numbers = ['quantity', 'priceMinor', 'value', 'position', 'flags'] as const;

/** @throws ShelfwiseError `SW_INPUT_ROW` naming the event by its place in the batch */
export function checkEvents(events: readonly ShopEvent[]): void {
  for (const [place, event] of events.entries()) {
    const fault = faultOf(event);
    if (fault)
      throw new ShelfwiseError('SW_INPUT_ROW', `events[${place}].${fault}.`, 'Correct the event; none was stored.', {
        place,
      });
  }
}

function faultOf(event: ShopEvent): string | undefined {
  if (typeof event.eventId !== 'string' || event.eventId === '')
    return `eventId: expected a text, got ${show(event.eventId)}`;
  if (!kinds.has(event.kind)) return `kind: expected one of ${eventKinds.join(', ')}, got ${show(event.kind)}`;
  if (!Number.isSafeInteger(Math.round(event.time)))
    return `time: expected milliseconds since 1970, got ${show(event.time)}`;
  for (const name of numbers) {
    const value = event[name];
    if (value !== undefined && !Number.isFinite(value)) return `${name}: expected a finite number, got ${show(value)}`;
  }
  return undefined;
}

function show(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}
