/** Declared settings: their types, and their defaults with what a user chose laid over them, checked. */
import { ShelfwiseError } from '../core/errors.ts';

export type Setting = number | string | boolean;
export type Settings = Readonly<Record<string, Setting>>;

/** One declared setting: its default, its bounds or choices, and the values a search on validation may try. */
export interface SettingSpec {
  readonly default: Setting;
  readonly min?: number;
  readonly max?: number;
  readonly choices?: readonly Setting[];
  /** Values worth trying when settings are chosen on validation data. */
  readonly search?: readonly Setting[];
  readonly doc: string;
}

export type SettingSpecs = Readonly<Record<string, SettingSpec>>;

/** What complete settings hold: one of the choices where there are any, else a value of the default's type. */
export type SettingsOf<Specs extends SettingSpecs> = string extends keyof Specs
  ? Settings
  : {
      readonly [Name in keyof Specs]: Specs[Name] extends { readonly choices: readonly (infer Choice)[] }
        ? Choice
        : Specs[Name]['default'] extends number
          ? number
          : Specs[Name]['default'] extends boolean
            ? boolean
            : string;
    };

/**
 * @param owner - whose settings they are, for messages
 * @throws ShelfwiseError `SW_SETTING` for an unknown name, a wrong type or a value out of bounds
 */
export function completeSettings<const Specs extends SettingSpecs>(
  owner: string,
  specs: Specs,
  chosen: Readonly<Record<string, Setting>> = {},
): SettingsOf<Specs> {
  const complete: Record<string, Setting> = {};
  for (const [name, spec] of Object.entries(specs)) complete[name] = spec.default;
  for (const [name, value] of Object.entries(chosen)) {
    const spec = Object.hasOwn(specs, name) ? specs[name] : undefined;
    const where = `${owner}.${name}`;
    if (!spec) {
      const names = Object.keys(specs).join(', ') || 'none';
      throw new ShelfwiseError('SW_SETTING', `${where}: no such setting; got ${value}.`, `The settings are: ${names}.`);
    }
    const bounded = typeof value !== 'number' || (value >= (spec.min ?? -Infinity) && value <= (spec.max ?? Infinity));
    const listed = !spec.choices || spec.choices.includes(value);
    if (typeof value !== typeof spec.default || !bounded || !listed) {
      const expected =
        spec.choices?.join(' | ') ?? `a ${typeof spec.default} in [${spec.min ?? '-∞'}, ${spec.max ?? '∞'}]`;
      throw new ShelfwiseError('SW_SETTING', `${where}: expected ${expected}, got ${value}.`, spec.doc);
    }
    complete[name] = value;
  }
  return complete as SettingsOf<Specs>;
}
