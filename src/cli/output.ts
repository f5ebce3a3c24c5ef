/**
 * The output of a command. A result goes to stdout, as one JSON document with `--json` and as text otherwise; progress and
 * notes go to stderr, so that stdout can be piped.
 */
import { ShelfwiseError } from '../core/errors.ts';
import { withFlags } from './option-flags.ts';

export interface Progress {
  /** `share` in [0, 1]. */
  update(share: number, note?: string): void;
  done(note?: string): void;
}

export class Output {
  readonly json: boolean;
  #line = '';

  constructor(json: boolean) {
    this.json = json;
  }

  /** The command's one result. */
  result(document: unknown, text: () => string): void {
    this.#clear();
    process.stdout.write(`${printable(this.json ? JSON.stringify(document, null, 2) : text())}\n`);
  }

  note(text: string): void {
    this.#clear();
    process.stderr.write(`${printable(text)}\n`);
  }

  /** A bar on a terminal (rate and time left included); elsewhere one line at the end. */
  progress(label: string): Progress {
    const started = performance.now();
    const terminal = process.stderr.isTTY === true;
    let painted = 0;
    return {
      update: (share, note = '') => {
        const now = performance.now();
        if (!terminal || now - painted < 80) return;
        painted = now;
        const done = Math.max(0, Math.min(1, share));
        const seconds = (now - started) / 1000;
        const left = done > 0.02 ? ` ${duration((seconds / done) * (1 - done))} left` : '';
        const filled = Math.round(done * 24);
        const bar = '█'.repeat(filled) + '░'.repeat(24 - filled);
        this.#paint(`${label} ${bar} ${Math.floor(done * 100)}%${left} ${note}`);
      },
      done: (note = '') => {
        this.note(`${label}: ${duration((performance.now() - started) / 1000)}${note ? `, ${note}` : ''}`);
      },
    };
  }

  failure(error: unknown): number {
    this.#clear();
    const known = error instanceof ShelfwiseError ? error : undefined;
    const code = known?.code ?? 'SW_INTERNAL';
    const message = withFlags(error instanceof Error ? error.message : String(error));
    const hint = withFlags(known?.hint ?? '');
    if (this.json) {
      const document = { error: { code, message, hint, details: known?.details ?? {} } };
      process.stdout.write(`${printable(JSON.stringify(document, null, 2))}\n`);
    } else {
      process.stderr.write(`${printable(message)}${hint && ` ${printable(hint)}`} [${code}]\n`);
    }
    if (!known || process.env['SHELFWISE_TRACE']) process.stderr.write(`${printable((error as Error)?.stack ?? '')}\n`);
    return known?.exitCode ?? 1;
  }

  #paint(line: string): void {
    const width = process.stderr.columns ?? 80;
    const shown = printable(line);
    const cut = shown.length >= width ? shown.slice(0, width - 1) : shown;
    process.stderr.write(`\r${cut.padEnd(this.#line.length)}`);
    this.#line = cut;
  }

  #clear(): void {
    if (this.#line) process.stderr.write(`\r${' '.repeat(this.#line.length)}\r`);
    this.#line = '';
  }
}

/**
 * A text that a terminal only shows: what would move its cursor, set its colours, its title or the direction of writing
 * is written as an escape (`\u001b`), which in JSON means the same. Titles and ids come from strangers.
 */
export function printable(text: string): string {
  return text.replace(control, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const control = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

/** Seconds as a person reads them: `0.4 s`, `12 s`, `3 min 20 s`. */
export function duration(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 100) return `${Math.round(seconds)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}

/** Columns padded to their widest cell, each row one line; numbers to the right. */
export function table(header: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const cells = [header, ...rows.map((row) => row.map((cell) => printable(String(cell).replace(/\s/g, ' '))))];
  const widths = header.map((_, c) => Math.max(...cells.map((row) => displayWidth(row[c] ?? ''))));
  const numeric = header.map((_, c) =>
    rows.every((row) => typeof row[c] === 'number' || /^[-\d.,%]*$/.test(String(row[c] ?? ''))),
  );
  return cells
    .map((row) =>
      row
        .map((cell, c) => padTo(cell, widths[c]!, numeric[c]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function padTo(text: string, width: number, right: boolean): string {
  const padding = ' '.repeat(Math.max(0, width - displayWidth(text)));
  return right ? padding + text : text + padding;
}

/** Terminal cells of a text: Chinese, Japanese and Korean characters take two. */
function displayWidth(text: string): number {
  let width = 0;
  for (const character of text)
    width += /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/.test(
      character,
    )
      ? 2
      : 1;
  return width;
}
