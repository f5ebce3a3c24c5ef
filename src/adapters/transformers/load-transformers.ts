/** Brings @huggingface/transformers in, where it is installed; apart, so that no public type names the package. */
import { ShelfwiseError } from '../../core/errors.ts';

type Transformers = typeof import('@huggingface/transformers');

/** @throws ShelfwiseError `SW_PART_MISSING` where @huggingface/transformers is not installed */
export async function loadTransformers(
  load: () => Promise<Transformers> = () => import('@huggingface/transformers'),
): Promise<Transformers> {
  try {
    return await load();
  } catch (cause) {
    const message = '@huggingface/transformers: expected to be installed, it does not load.';
    const hint = 'Run: npm install --ignore-scripts @huggingface/transformers';
    throw new ShelfwiseError('SW_PART_MISSING', message, hint, {}, cause);
  }
}
