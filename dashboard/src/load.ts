/** Reads what the view at an address shows. */
import { type Api, ApiProblem } from './api.ts';
import type { Loaded } from './app.tsx';
import { viewAt } from './routes.ts';
import type { Desk } from './view.ts';

/** @param hasKey - true where a key went with the calls */
export async function loadAt(
  path: string,
  api: Api,
  desk: Pick<Desk, 'language' | 'acts'>,
  hasKey: boolean,
): Promise<Loaded> {
  const found = viewAt(path);
  if (!found) return { failed: path };
  try {
    return { data: await found.view.load(api, found.params, desk) };
  } catch (error) {
    if (error instanceof ApiProblem && (error.status === 401 || error.status === 403))
      return { locked: true, refused: hasKey };
    return { failed: error instanceof Error ? error.message : String(error) };
  }
}
