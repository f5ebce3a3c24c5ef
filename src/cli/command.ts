/** One way to declare a command: strict flags, `--json`, exit codes and an interrupt that stops cleanly. */
import { type ArgsDef, type CommandDef, defineCommand, type ParsedArgs } from 'citty';
import { ShelfwiseError } from '../core/errors.ts';
import { Output } from './output.ts';

const everyCommand = {
  json: { type: 'boolean', description: 'Print one JSON document on stdout.' },
} as const satisfies ArgsDef;

export interface CommandContext<A extends ArgsDef> {
  readonly args: ParsedArgs<A>;
  /** All positional arguments, in order. */
  readonly positionals: readonly string[];
  /** Every value of a flag that may be given several times. */
  repeated(flag: string): string[];
  readonly output: Output;
  /** Aborted by the first Ctrl-C; the second one ends the process at once. */
  readonly signal: AbortSignal;
}

/**
 * @param args - flags by their names; `--json` is added
 * @returns a citty command that sets `process.exitCode`: 0 done, 1 unexpected failure, 2 wrong input or usage
 */
export function command<A extends ArgsDef>(declared: {
  readonly name: string;
  readonly description: string;
  readonly args: A;
  run(context: CommandContext<A>): Promise<void>;
}): CommandDef {
  const args = { ...declared.args, ...everyCommand } as ArgsDef;
  return defineCommand({
    meta: { name: declared.name, description: declared.description },
    args,
    async run({ rawArgs, args: parsed }) {
      const output = new Output(rawArgs.includes('--json'));
      const interrupt = new AbortController();
      const onInterrupt = (): void => {
        if (interrupt.signal.aborted) process.exit(130);
        output.note('Stopping; press Ctrl-C again to stop at once.');
        interrupt.abort(new ShelfwiseError('SW_CANCELLED', `${declared.name}: stopped on request.`));
      };
      process.on('SIGINT', onInterrupt);
      process.on('SIGTERM', onInterrupt);
      try {
        refuseUnknownFlags(declared.name, rawArgs, args);
        await declared.run({
          args: parsed as ParsedArgs<A>,
          positionals: parsed._,
          repeated: (flag) => valuesOf(rawArgs, flag),
          output,
          signal: interrupt.signal,
        });
      } catch (error) {
        process.exitCode = output.failure(interrupt.signal.aborted ? interrupt.signal.reason : error);
      } finally {
        process.off('SIGINT', onInterrupt);
        process.off('SIGTERM', onInterrupt);
      }
    },
  }) as CommandDef;
}

function refuseUnknownFlags(name: string, rawArgs: readonly string[], args: ArgsDef): void {
  const known = new Set(['help', 'h']);
  for (const [flag, definition] of Object.entries(args)) {
    if (definition.type === 'positional') continue;
    known.add(flag);
    if (definition.type === 'boolean') known.add(`no-${flag}`);
  }
  for (const argument of rawArgs) {
    if (argument === '--') return;
    const flag = /^--?([a-zA-Z][\w-]*)/.exec(argument)?.[1];
    if (flag === undefined || known.has(flag)) continue;
    const flags = [...known].filter((k) => k.length > 1 && !k.startsWith('no-')).map((k) => `--${k}`);
    throw new ShelfwiseError('SW_USAGE', `${name}: no flag --${flag}.`, `The flags are ${flags.join(', ')}.`);
  }
}

function valuesOf(rawArgs: readonly string[], flag: string): string[] {
  const values: string[] = [];
  for (const [i, argument] of rawArgs.entries()) {
    if (argument === `--${flag}` && rawArgs[i + 1] !== undefined) values.push(rawArgs[i + 1]!);
    else if (argument.startsWith(`--${flag}=`)) values.push(argument.slice(flag.length + 3));
  }
  return values;
}

/** A flag's number. @throws ShelfwiseError `SW_USAGE` where it is none or out of bounds */
export function numberFlag(
  flag: string,
  text: string | undefined,
  bounds: { min?: number; max?: number } = {},
): number | undefined {
  if (text === undefined) return undefined;
  const value = text.trim() === '' ? Number.NaN : Number(text);
  const { min = -Infinity, max = Infinity } = bounds;
  if (Number.isFinite(value) && value >= min && value <= max) return value;
  throw new ShelfwiseError(
    'SW_USAGE',
    `--${flag}: expected a number in [${min}, ${max}], got "${text}".`,
    'Correct the flag.',
  );
}

/** A flag's time in milliseconds since 1970. @throws ShelfwiseError `SW_USAGE` where it is none */
export function timeFlag(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const time = Date.parse(text);
  if (Number.isFinite(time)) return time;
  const message = `--${flag}: expected a time as in 2011-11-01, got "${text}".`;
  throw new ShelfwiseError('SW_USAGE', message, 'Correct the flag.');
}
