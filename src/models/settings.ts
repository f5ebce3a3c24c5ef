/** Declared settings: their defaults with what a user chose laid over them, checked. */
import { ShelfwiseError } from '../core/errors.ts';
import type { Setting, SettingSpec, Settings } from './model.ts';

/**
 * @param owner - whose settings they are, for messages
 * @throws ShelfwiseError `SW_SETTING` for an unknown name, a wrong type or a value out of bounds
 */
export function completeSettings(
  owner: string,
  specs: Readonly<Record<string, SettingSpec>>,
  chosen: Readonly<Record<string, Setting>> = {},
): Settings {
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
  return complete;
}
