/** The library's errors and notes name options as `timeFormat`; a terminal reads them as the flags that set them. */
const flags: Readonly<Record<string, string>> = {
  kind: '--as',
  map: '--map FIELD=COLUMN',
  timeFormat: '--time-format',
  currency: '--currency',
  eventNames: '--event-name NAME=KIND',
  skipRows: '--skip-rows',
  noHeader: '--no-header',
  encoding: '--encoding',
  sheet: '--sheet',
  without: '--without',
  again: '--again',
  model: '--model',
  settings: '--set',
  refit: '--refit',
  force: '--force',
  quarantined: '--quarantine',
  releaseQuarantined: '--release',
  undoImport: '--undo',
};

/** @example withFlags('Name a sheet with `sheet`.') // 'Name a sheet with --sheet.' */
export function withFlags(text: string): string {
  return text.replaceAll(/`(\w+)(?:\.([\w.]+))?`/g, (whole, option: string, field: string | undefined) => {
    if (!Object.hasOwn(flags, option)) return whole;
    return option === 'map' && field !== undefined ? `--map ${field}` : flags[option]!;
  });
}
