/** Fits the base models of a selection; one that may be missing is left out, with the reason. */
import { ShelfwiseError } from '../core/errors.ts';
import type { FitData } from '../data/fit-data.ts';
import type { Model } from '../models/model.ts';
import type { SelectionMember } from './learned-selection.ts';
import type { SelectionContext, SelectionSettings } from './selection-task.ts';

/** @throws ShelfwiseError `SW_SETTING` where no model fits the data */
export async function fitMembers(
  data: FitData,
  settings: SelectionSettings,
  context: SelectionContext,
): Promise<{ members: SelectionMember[]; skipped: string[] }> {
  const members: SelectionMember[] = [];
  const skipped: string[] = [];
  for (const [n, member] of settings.members.entries()) {
    context.signal?.throwIfAborted();
    const as = member.as ?? member.model;
    context.onProgress?.(n / settings.members.length, as);
    try {
      const model = (await context.fitBase(member.model, data, member.settings, (share, note) =>
        context.onProgress?.((n + share) / settings.members.length, note === undefined ? as : `${as}: ${note}`),
      )) as Model;
      members.push({ as, quota: member.quota ?? settings.quota, model });
    } catch (error) {
      const allowed =
        error instanceof ShelfwiseError && ['SW_MODEL_LIMIT', 'SW_MODEL_UNKNOWN', 'SW_MODEL_DATA'].includes(error.code);
      if (!member.optional || !allowed) throw error;
      // Most models say themselves who they are.
      skipped.push(error.message.startsWith(`${as}: `) ? error.message : `${as}: ${error.message}`);
    }
  }
  if (members.length > 0) return { members, skipped };
  throw new ShelfwiseError(
    'SW_SETTING',
    `selection.models: expected at least one model that fits the data, got none.`,
    skipped[0] ?? 'Name a model.',
  );
}
