/** Several saved states in one: arrays under `part/name`, the parts' own settings under `parts`. */
import type { ModelState } from '../models/model.ts';

export function nestStates(
  meta: Readonly<Record<string, unknown>>,
  parts: Readonly<Record<string, ModelState>>,
): ModelState {
  const arrays: Record<string, ModelState['arrays'][string]> = {};
  const metas: Record<string, unknown> = {};
  for (const [part, state] of Object.entries(parts)) {
    metas[part] = state.meta;
    for (const [name, array] of Object.entries(state.arrays)) arrays[`${part}/${name}`] = array;
  }
  return { meta: { ...meta, parts: metas }, arrays };
}

export function unnestState(state: ModelState): Record<string, ModelState> {
  const metas = state.meta['parts'] as Record<string, ModelState['meta']>;
  const parts: Record<string, { meta: ModelState['meta']; arrays: Record<string, ModelState['arrays'][string]> }> = {};
  for (const [part, meta] of Object.entries(metas)) parts[part] = { meta, arrays: {} };
  for (const [name, array] of Object.entries(state.arrays)) {
    const slash = name.indexOf('/');
    const part = parts[name.slice(0, slash)];
    if (part) part.arrays[name.slice(slash + 1)] = array;
  }
  return parts;
}
