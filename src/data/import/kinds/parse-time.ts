/**
 * Times as stores write them, to milliseconds since 1970. The format of a column is found once, from a sample; what it
 * was taken for is declared in the report.
 */
export const timeFormats = ['iso', 'unix', 'mdy', 'dmy', 'none'] as const;
/** `none` rows have no times; `iso` 2011-12-09 12:50, `unix` a count since 1970 (unit by its size), `mdy` 12/9/2011 8:26, `dmy` 9.12.2011 8:26. */
export type TimeFormat = (typeof timeFormats)[number];

const isoPattern =
  /^(\d{4})[-/.]?(\d{1,2})[-/.]?(\d{1,2})(?:(?:[T ]+|(?<=^\d{8}))(\d{1,2}):?(\d{2})(?::?(\d{2})(?:[.,](\d{1,9}))?)?)?\s*(Z|UTC|[+-]\d{2}:?\d{2}|[+-]\d{2})?$/i;
const slashPattern =
  /^(\d{1,2})[-/.](\d{1,2})[-/.](\d{4}|\d{2})(?:[T ,]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?)?\s*([ap]\.?m\.?)?$/i;
const numberPattern = /^-?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i;

/** Thrown where a later row proves another format than the first rows let one think: the file is read from its beginning. */
export class ReadAgain extends Error {
  readonly file: string;
  readonly format: TimeFormat;

  constructor(file: string, format: TimeFormat) {
    super(`${file}: read again with times as ${format}`);
    this.file = file;
    this.format = format;
  }
}

/** The format that fits a sample; `iso` where nothing says otherwise. `sure` is false where day and month may be swapped. */
export function detectTimeFormat(sample: readonly string[]): { format: TimeFormat; sure: boolean } {
  let slashes = 0;
  let numbers = 0;
  let dots = 0;
  let dayFirst = false;
  let monthFirst = false;
  for (const text of sample) {
    const match = slashPattern.exec(text.trim());
    if (match) {
      slashes++;
      if (text.includes('.')) dots++;
      if (Number(match[1]) > 12) dayFirst = true;
      if (Number(match[2]) > 12) monthFirst = true;
    } else if (numberPattern.test(text.trim()) && !isCompactDate(text.trim())) numbers++;
  }
  // Whoever parts a date by full stops writes the day first.
  if (slashes * 2 > sample.length && dots === slashes && !monthFirst) return { format: 'dmy', sure: true };
  if (slashes * 2 > sample.length)
    return dayFirst && !monthFirst ? { format: 'dmy', sure: true } : { format: 'mdy', sure: monthFirst };
  return { format: numbers * 2 > sample.length ? 'unix' : 'iso', sure: true };
}

/** A function from text to milliseconds since 1970; NaN where the text is no time of the format. */
export function timeParser(format: TimeFormat, utcOffsetMinutes = 0): (text: string) => number {
  // Rows of one order carry one time: the last answer is right most of the time.
  let lastText = '';
  let lastTime = Number.NaN;
  const parse = format === 'unix' ? parseUnix : format === 'iso' ? parseIso : parseSlashes;
  if (format === 'none') return () => Number.NaN;
  return (text) => {
    if (text === lastText) return lastTime;
    lastText = text;
    lastTime = parse(text.trim(), utcOffsetMinutes, format === 'dmy');
    return lastTime;
  };
}

function parseUnix(text: string): number {
  if (!numberPattern.test(text)) return Number.NaN;
  const value = Number(text);
  const size = Math.abs(value);
  if (size < 1e11) return Math.round(value * 1000);
  if (size < 1e14) return Math.round(value);
  return Math.round(size < 1e17 ? value / 1e3 : value / 1e6);
}

function parseIso(text: string, utcOffsetMinutes: number): number {
  const match = isoPattern.exec(text);
  if (!match) return Number.NaN;
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', zone] = match;
  const time = utc(+year!, +month!, +day!, +hour, +minute, +second);
  const millis = fraction === '' ? 0 : Number(fraction.slice(0, 3).padEnd(3, '0'));
  return time + millis - 60_000 * (zone === undefined ? utcOffsetMinutes : zoneMinutes(zone));
}

function zoneMinutes(zone: string): number {
  if (!/^[+-]/.test(zone)) return 0;
  const digits = zone.slice(1).replace(':', '');
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2) || 0);
  return zone.startsWith('-') ? -minutes : minutes;
}

function parseSlashes(text: string, utcOffsetMinutes: number, dayFirst: boolean): number {
  const match = slashPattern.exec(text);
  if (!match) return Number.NaN;
  const [, first, second, year, hour = '0', minute = '0', seconds = '0', half] = match;
  const [month, day] = dayFirst ? [second!, first!] : [first!, second!];
  const fullYear = year!.length === 2 ? (Number(year) < 70 ? 2000 : 1900) + Number(year) : Number(year);
  const fullHour = half === undefined ? Number(hour) : (Number(hour) % 12) + (/^p/i.test(half) ? 12 : 0);
  return utc(fullYear, +month, +day, fullHour, +minute, +seconds) - 60_000 * utcOffsetMinutes;
}

/** NaN for days and hours that no calendar has. */
function utc(year: number, month: number, day: number, hour: number, minute: number, second: number): number {
  if (month < 1 || month > 12 || day < 1 || hour > 24 || minute > 59 || second > 60) return Number.NaN;
  if (day > new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate()) return Number.NaN;
  const time = Date.UTC(year, month - 1, day, hour, minute, second);
  return year < 100 ? Number.NaN : time;
}

/** 20111209 and 20111209125000 are dates, not counts. */
function isCompactDate(text: string): boolean {
  return /^(19[7-9]\d|20\d\d)(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(\d{6})?$/.test(text);
}
