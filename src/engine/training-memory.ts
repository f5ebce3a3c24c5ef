/**
 * What memory a training will take, told before it begins, and how it is kept within a bound: features that teach take
 * less first, then only the newest events are learned from. The estimates are those of `npm run bench -- train-growth`.
 */
import { totalmem } from 'node:os';
import { ShelfwiseError } from '../core/errors.ts';

export interface TrainingSize {
  readonly events: number;
  readonly people: number;
  readonly items: number;
  /** True where the texts of items are read. */
  readonly texts?: boolean;
}

export interface MemoryPlan {
  /** Most memory of the process that is expected, in bytes. */
  readonly expectedBytes: number;
  readonly limitBytes: number;
  /** For the features that teach the choice, in megabytes. */
  readonly featureMB: number;
  /** Newest events that are learned from. */
  readonly events: number;
  /** What is smaller than it would be with more memory, in sentences. */
  readonly smaller: readonly string[];
}

const megabyte = 1e6;
/** Of the process with its engines, of an event while it is read and learned from, and of a product's description. */
const processBytes = 300 * megabyte;
const eventBytes = 200;
const itemBytes = 1500;
/** Tables of four neighbour models: entries grow with the events of an item until the tables are full. */
const tables = 4;
const entryBytes = 8;
const entriesPerEvent = 10;
const mostEntries = 200;
/** Vectors of the graph filter, kept and while they are fitted. */
const vectorBytes = 128 * 4 * 2;
const fittedVectorBytes = 144 * 4 * 4;
/** Of an encoder, of an item that teaches the space of the texts, and of an item in all that reads them, past and present. */
const encoderBytes = 50 * megabyte;
const taughtTextBytes = 9000;
const mostTaughtTexts = 20_000;
const textBytes = 8000;
/** Features lie once as they were gathered and once as the kernels read them. */
const featureCopies = 2;
/** With less than this the choice learns little. */
const leastFeatureMB = 32;
/** Fewer events than this are not worth learning from. */
const leastEvents = 10_000;
const shareOfMachine = 0.75;

/** Of the machine, or what this process may have of it. */
function machineBytes(): number {
  const constrained = process.constrainedMemory();
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
}

export function expectedBytes({ events, people, items, texts = false }: TrainingSize, featureMB: number): number {
  const entries = items === 0 ? 0 : Math.min(mostEntries, (entriesPerEvent * events) / items);
  const read = processBytes + eventBytes * events + itemBytes * items + (texts ? bytesOfTexts(items) : 0);
  // Models of the world in which some products were never met stand beside the others.
  const worlds = texts ? 2 : 1;
  const models = worlds * items * (tables * entryBytes * entries + vectorBytes);
  const fitting = fittedVectorBytes * (people + items);
  return read + models + Math.max(fitting, copiesOfFeatures(texts) * featureMB * megabyte);
}

/** Choices of the world of unmet products take a third of what the others do. */
function copiesOfFeatures(texts: boolean): number {
  return featureCopies * (texts ? 4 / 3 : 1);
}

function bytesOfTexts(items: number): number {
  return encoderBytes + taughtTextBytes * Math.min(items, mostTaughtTexts) + textBytes * items;
}

/**
 * @param featureMB - where memory is no question
 * @param limitMB - most memory that the training may take; three quarters of the machine's by default
 * @throws ShelfwiseError `SW_MODEL_LIMIT` where the least that makes sense does not fit
 */
export function planMemory(size: TrainingSize, featureMB: number, limitMB?: number): MemoryPlan {
  const limitBytes = limitMB === undefined ? shareOfMachine * machineBytes() : limitMB * megabyte;
  const smaller: string[] = [];
  let features = featureMB;
  let { events } = size;
  const expected = (): number => expectedBytes({ ...size, events }, features);
  if (expected() > limitBytes) {
    features = leastFeatureMB;
    const spare = (limitBytes - expected()) / (copiesOfFeatures(size.texts ?? false) * megabyte);
    features = Math.min(featureMB, Math.max(leastFeatureMB, Math.floor(leastFeatureMB + spare)));
    smaller.push(`The choice learns from ${features} MB of features, not ${featureMB}.`);
  }
  if (expected() > limitBytes) {
    events = eventsWithin(size, features, limitBytes);
    if (events < Math.min(leastEvents, size.events)) {
      const text = (bytes: number): string => `${Math.ceil(bytes / megabyte).toLocaleString('en')} MB`;
      const needed = expectedBytes({ ...size, events: Math.min(size.events, leastEvents) }, features);
      const message = `train: expected at least ${text(needed)} of memory, may take ${text(limitBytes)}.`;
      throw new ShelfwiseError('SW_MODEL_LIMIT', message, 'Raise `memoryMB` in shelfwise.json, or train elsewhere.');
    }
    smaller.push(
      `Of ${size.events.toLocaleString('en')} events about the newest ${events.toLocaleString('en')} are learned from.`,
    );
  }
  return { expectedBytes: expected(), limitBytes, featureMB: features, events, smaller };
}

/** As a person reads it before a training begins. */
export function planText({ expectedBytes: expected, smaller }: MemoryPlan): string {
  return [`${expectation}${(expected / 1e9).toFixed(1)} GB of memory.`, ...smaller].join(' ');
}

/** How a note begins that tells of the whole and not of a part. */
export const expectation = 'It expects to take ';

/** The most events that fit. */
function eventsWithin(size: TrainingSize, featureMB: number, limitBytes: number): number {
  let [low, high] = [0, size.events];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (expectedBytes({ ...size, events: middle }, featureMB) <= limitBytes) low = middle;
    else high = middle - 1;
  }
  return low;
}
